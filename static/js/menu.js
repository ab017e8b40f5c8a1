// One popover, #menu, is filled by whatever button asks for it and hangs under that button.
import { whenArrives } from "./arrive.js";
import { keepFocus } from "./focus.js";

let source = null;
let closedAt = 0;
let back = null;

const menu = () => document.getElementById("menu");

/** The button under which the menu hangs, when the element stands in the menu; else the element itself. */
export const menuSource = (element) => (source && menu()?.contains(element) ? source : element);

function hang(popover) {
  if (CSS.supports("position-area: end") || innerWidth < 640) return;
  const { bottom, right } = source.getBoundingClientRect();
  const top = Math.min(bottom + 4, innerHeight - popover.offsetHeight - 8);
  const left = Math.max(8, right - popover.offsetWidth);
  Object.assign(popover.style, { position: "fixed", inset: `${top}px auto auto ${left}px`, margin: 0 });
}

function forget() {
  if (!menu().querySelector(".htmx-request")) menu().replaceChildren();
}

// The cards' own buttons say only where their menu is.
document.addEventListener("click", (event) => {
  const button = event.target.closest(".card__menu");
  if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  htmx.ajax("GET", button.getAttribute("href"), { source: button, target: "#menu" });
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const { target, elt } = event.detail;
  // pressing the button of an open menu has just closed it
  if (target.id === "menu" && elt === source && performance.now() - closedAt < 400) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target.id === "menu") source = menuSource(detail.requestConfig.elt);
});

whenArrives("#menu > *", () => {
  if (!source) return;
  if (!menu().matches(":popover-open")) {
    back = keepFocus(source);
    menu().showPopover({ source });
    hang(menu());
  }
  if (!menu().contains(document.activeElement)) menu().querySelector("[autofocus], a[href], button:enabled")?.focus({ preventScroll: true });
});

document.addEventListener("beforetoggle", ({ target, newState }) => {
  if (target.id === "menu" && newState === "closed") closedAt = performance.now();
}, true);

document.addEventListener("toggle", ({ target, newState }) => {
  if (target.id !== "menu" || newState !== "closed") return;
  forget();
  if (document.activeElement === document.body) back?.(); // the button may have been swapped meanwhile
}, true);

document.addEventListener("htmx:afterRequest", ({ detail: { elt, target, successful, requestConfig } }) => {
  if (!menu()?.contains(elt)) return;
  const refills = requestConfig.verb === "get" && menu().contains(target);
  if (!menu().matches(":popover-open")) forget();
  else if (successful && !refills) menu().hidePopover();
});

document.addEventListener("close-dialog", () => menu()?.matches(":popover-open") && menu().hidePopover());
