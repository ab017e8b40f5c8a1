// What a colleague brings must not move what is under the pointer, has the focus, or is being read.
const lists = () => [...document.querySelectorAll("#board .column__cards")];

function anchor(list) {
  const held = list.querySelector(":scope > .card:is(:hover, :focus-within)");
  if (held || !list.scrollTop) return held;
  const { top } = list.getBoundingClientRect();
  return [...list.children].find((card) => card.id && card.getBoundingClientRect().bottom > top);
}

const topOf = (card) => card.getBoundingClientRect().top;

/** Room that the list lacks to be scrolled so far; it goes when nobody is there any more. */
function pad(list, by) {
  const below = list.getBoundingClientRect().bottom - list.lastElementChild.getBoundingClientRect().bottom;
  if (by > 0) list.style.paddingBottom = `${below + by}px`;
  else list.style.paddingTop = `${parseFloat(getComputedStyle(list).paddingTop) - by}px`;
  list.dataset.padded = "";
}

function keep({ list, id, top }) {
  const card = document.getElementById(id);
  if (card?.parentNode !== list) return;
  list.scrollTop += topOf(card) - top;
  const rest = topOf(card) - top;
  if (Math.abs(rest) < 1) return;
  pad(list, rest);
  list.scrollTop += Math.max(rest, 0);
}

/** Remembers where things are; what it gives back puts them there again. */
function hold() {
  const anchors = lists().map((list) => ({ list, card: anchor(list) })).filter(({ card }) => card);
  const places = anchors.map(({ list, card }) => ({ list, id: card.id, top: topOf(card) }));
  return () => places.forEach(keep);
}

export function steadily(change) {
  const back = hold();
  change();
  back();
}

function settle() {
  for (const list of document.querySelectorAll("[data-padded]")) {
    if (list.matches(":hover, :focus-within")) continue;
    delete list.dataset.padded;
    list.style.paddingTop = list.style.paddingBottom = "";
  }
}

for (const event of ["pointerover", "focusin"]) document.addEventListener(event, settle, { passive: true });

// Answers to our own questions come through htmx; before and after them is the same moment.
let back = null;
const ours = ({ requestConfig }) => requestConfig?.headers["X-Live"];
document.addEventListener("htmx:beforeSwap", ({ detail }) => ours(detail) && (back = hold()));
document.addEventListener("htmx:afterRequest", ({ detail }) => ours(detail) && back?.());
