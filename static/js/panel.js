// The deal panel over the board. Opening it goes forward in the history, closing it goes back, neither reloads the page.
import { whenArrives } from "./arrive.js";
import { keepFocus } from "./focus.js";

const panel = () => document.getElementById("panel");
const here = () => location.pathname + location.search;
const remember = () => history.replaceState({ htmx: true, panel: depth }, "");

let board = here(); // the address of what lies under the panel
let title = document.title;
let depth = 0; // how many panels were opened since the board
let back = null;

export const boardAddress = () => board;

function empty() {
  if (!panel()?.childElementCount) return;
  panel().replaceChildren();
  document.title = title;
  back?.();
  back = null;
}

function close() {
  empty();
  if (depth) history.go(-depth);
}

document.addEventListener("htmx:beforeHistoryUpdate", ({ detail }) => {
  if (detail.history.type !== "push") return;
  remember(); // htmx has just overwritten the state of the entry that is left
  depth = detail.target.id === "panel" ? depth + 1 : 0;
});

for (const name of ["htmx:pushedIntoHistory", "htmx:replacedInHistory"]) {
  document.addEventListener(name, () => {
    remember();
    if (!depth) board = here();
  });
}

// Registered before htmx's own listener, which would reload the page.
addEventListener("popstate", (event) => {
  const to = event.state?.panel;
  if (!panel() || to === undefined || (to === 0 && here() !== board)) return;
  event.stopImmediatePropagation();
  depth = to;
  if (to) htmx.ajax("GET", here(), { source: panel(), target: "#panel", swap: "innerHTML" }).catch(() => {});
  else empty();
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target.id === "panel" && !panel().childElementCount) title = document.title;
});

whenArrives("#panel > *", (record) => {
  const focused = document.activeElement;
  if (panel().contains(focused)) return;
  if (focused !== document.body) back = keepFocus(focused);
  record.tabIndex = -1;
  record.focus({ preventScroll: true });
});

// The cards' links say only where their deal is.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".card__title a");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  htmx.ajax("GET", link.getAttribute("href"), { source: link, target: "#panel" });
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("#panel [data-close-panel]")) return;
  event.preventDefault();
  close();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || !panel()?.childElementCount) return;
  if (document.querySelector(":modal, :popover-open:not(#toasts), #board[data-dragging]")) return;
  if (event.target.matches("input, textarea, select")) event.target.blur();
  else close();
});
