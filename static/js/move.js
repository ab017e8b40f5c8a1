// Sends a dropped card to the server and does what the answer says.
import { clear, isOff, mark } from "./card.js";
import { glide } from "./glide.js";
import { columnOf, place } from "./place.js";
import { ask } from "./request.js";

function neighbour(card, side) {
  do card = card[side];
  while (card && (!card.dataset.deal || isOff(card)));
  return card?.dataset.deal;
}

/** Where the card's menu is, and what takes its move. */
const moveUrl = (card) => card.querySelector(".card__menu").getAttribute("href");

/** Whether people choose where in a column a card stands; else the order does. */
export const isPlaced = () => document.getElementById("board").hasAttribute("data-placed");

/** Where the card stands: its column, in the words of the board, and its neighbours. */
function standing(card) {
  const column = { [document.getElementById("board").dataset.field]: card.parentNode.dataset.column };
  if (!isPlaced() || card.closest("[data-folded]")) return column; // of a folded one on top: nobody saw a place
  const after = neighbour(card, "previousElementSibling");
  const before = neighbour(card, "nextElementSibling");
  return { ...column, ...(after ? { after_id: after } : before && { before_id: before }) };
}

/** Sends it to where it was put, or back when that says nothing. */
export function drop(card) {
  if (!isPlaced() && columnOf(card) === card.parentNode.dataset.column) goHome(card);
  else move(card, standing(card));
}

/** Back to the column and rank that the server last gave it. */
export function goHome(card) {
  const from = card.getBoundingClientRect();
  place(card, { stays: true });
  card.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  glide(card, from);
}

export async function move(card, to) {
  mark(card, "pending");
  const answered = ({ target }) => target === card && clear(card);
  card.addEventListener("htmx:beforeOnLoad", answered);
  const { status } = await ask("POST", moveUrl(card), card, { values: { ...to, version: card.dataset.version } });
  card.removeEventListener("htmx:beforeOnLoad", answered);
  if ("queued" in card.dataset) return; // it waits for the network where it was dropped: queue.js
  clear(card);
  const refused = status < 200 || status >= 400;
  const asked = document.querySelector("#dialog > dialog");
  if (card.isConnected && (refused || asked)) goHome(card);
  const now = document.getElementById(card.id);
  if (refused && !asked && now) mark(now, "returned", 8000);
}
