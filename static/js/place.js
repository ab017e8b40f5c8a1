// A card that the server sends stands in its column, in the order of the ranks: the server numbers them as the board is sorted.
import { busy, isOff } from "./card.js";
import { keepFocus } from "./focus.js";
import { glide, leave } from "./glide.js";

const CARD = ".card[data-deal]";
const left = new Map(); // what the card that is being replaced leaves behind, by its id

/** A stage, unless the board has other columns. */
export const columnOf = (card) => card.dataset.column ?? card.dataset.stage;
const listOf = (card) => document.querySelector(`#board .column__cards[data-column="${columnOf(card)}"]`);
const rank = ({ dataset: { rank, deal } }) => (BigInt(`0x${rank}`) << 64n) + BigInt(deal); // ids part equal ranks
const isBefore = (card, other) => rank(card) < rank(other);
const follows = (card, other) => Boolean(card.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);

/** The list's last item when it is the "show more" button. */
export const more = (list) => list.querySelector(":scope > :is([data-more], :has([data-more]))");

/** Cards whose place is known: not in the hand, not dropped here without an answer. */
function settled(list, card) {
  const here = (other) => other !== card && other.matches(CARD) && columnOf(other) === list.dataset.column;
  return [...list.children].filter((other) => here(other) && !isOff(other));
}

function standsRight(card, others) {
  const above = others.findLast((other) => follows(other, card));
  const below = others.find((other) => follows(card, other));
  return (!above || isBefore(above, card)) && (!below || isBefore(card, below));
}

/** Off this board; or in a column that it lacks so far, as that of somebody who had no deals: refresh.js. */
function without(card) {
  leave(card);
  if (card.dataset.column) document.dispatchEvent(new CustomEvent("board-doubtful"));
}

/** Moves the card to its place, or off the board. `stays`: also behind the last card loaded so far. */
export function place(card, { stays = false } = {}) {
  const list = listOf(card);
  if (!list) return without(card);
  const others = settled(list, card);
  if (card.parentNode === list && standsRight(card, others)) return;
  const below = others.find((other) => isBefore(card, other));
  if (!below && !stays && more(list)) return leave(card);
  list.insertBefore(card, below ?? more(list));
}

document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const card = event.target;
  if (!card.matches(CARD)) return;
  if (busy(card)) return event.preventDefault();
  const held = card.contains(document.activeElement);
  left.set(card.id, { from: card.getBoundingClientRect(), refocus: held && keepFocus() });
});

document.addEventListener("htmx:oobAfterSwap", ({ target: card }) => {
  if (!card.matches(CARD) || !left.has(card.id)) return;
  const { from, refocus } = left.get(card.id);
  left.delete(card.id);
  place(card);
  queueMicrotask(() => glide(card, from)); // when the column is where it was: steady.js
  if (refocus) refocus();
});

document.addEventListener("htmx:oobErrorNoTarget", ({ detail: { content: card } }) => {
  if (!card.matches(CARD)) return;
  place(card);
  if (card.isConnected) htmx.process(card);
});
