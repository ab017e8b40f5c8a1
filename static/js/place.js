// A card that the server sends stands in the column of its stage, in the order of the ranks.
import { busy } from "./card.js";
import { keepFocus } from "./focus.js";
import { glide, leave } from "./glide.js";

const CARD = ".card[data-deal]";
const left = new Map(); // what the card that is being replaced leaves behind, by its id

const listOf = (card) => document.getElementById(`cards-${card.dataset.stage}`);
const isBefore = (card, other) => BigInt(card.dataset.rank) < BigInt(other.dataset.rank);
const follows = (card, other) => Boolean(card.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);

/** The list's last item when it is the "show more" button. */
export const more = (list) => list.querySelector(":scope > :is([data-more], :has([data-more]))");

/** Cards whose place is known: not in the hand, not dropped here without an answer. */
function settled(list, card) {
  const here = (other) => other !== card && other.matches(CARD) && other.dataset.stage === list.dataset.stage;
  return [...list.children].filter((other) => here(other) && !busy(other));
}

function standsRight(card, others) {
  const above = others.findLast((other) => follows(other, card));
  const below = others.find((other) => follows(card, other));
  return (!above || isBefore(above, card)) && (!below || isBefore(card, below));
}

/** Moves the card to its place, or off the board. `stays`: also behind the last card loaded so far. */
export function place(card, { stays = false } = {}) {
  const list = listOf(card);
  if (!list) return leave(card);
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
  glide(card, from);
  if (refocus) refocus();
});

document.addEventListener("htmx:oobErrorNoTarget", ({ detail: { content: card } }) => {
  if (!card.matches(CARD) || !listOf(card)) return;
  place(card);
  if (card.isConnected) htmx.process(card);
});
