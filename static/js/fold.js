// Columns that this person has folded stay folded in this browser; a cookie, because signing out empties all else.
import { whenArrives } from "./arrive.js";

const NAME = `folded-${document.documentElement.dataset.person}`;
const YEAR = 31536000;

const kept = () => new Set(document.cookie.match(`(?:^|; )${NAME}=([\\w.-]+)`)?.[1].split("."));

function layTracks(board) {
  const tracks = [...board.querySelectorAll(":scope > .column")].map((column) =>
    column.matches("[data-folded], .column--folded") ? "3rem" : "minmax(13.5rem, 1fr)");
  board.style.setProperty("--tracks", tracks.join(" "));
}

function show(column, folded) {
  column.toggleAttribute("data-folded", folded);
  column.querySelector("[data-fold]")?.setAttribute("aria-expanded", String(!folded));
  layTracks(column.parentElement);
}

export function fold(column, folded) {
  const all = kept();
  all[folded ? "add" : "delete"](column.id);
  document.cookie = `${NAME}=${[...all].join(".")}; path=/; max-age=${YEAR}; samesite=lax`;
  show(column, folded);
}

whenArrives(".column__head", (head) => show(head.parentElement, kept().has(head.parentElement.id)));

document.addEventListener("click", ({ target }) => {
  const column = target.closest("#board .column");
  if (target.closest("[data-fold]")) fold(column, !column.hasAttribute("data-folded"));
  else if (column?.hasAttribute("data-folded") && !target.closest(".card")) fold(column, false);
});
