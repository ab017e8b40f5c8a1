// Sends a dropped card to the server and does what the answer says.
import { busy, clear, mark } from "./card.js";
import { glide } from "./glide.js";
import { place } from "./place.js";
import { ask } from "./request.js";

function neighbour(card, side) {
  do card = card[side];
  while (card && (!card.dataset.deal || busy(card)));
  return card?.dataset.deal;
}

/** Where the card stands, said by its neighbours. */
export function standing(card) {
  const after = neighbour(card, "previousElementSibling");
  const before = neighbour(card, "nextElementSibling");
  return { stage_id: card.parentNode.dataset.stage, ...(after ? { after_id: after } : before && { before_id: before }) };
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
  const { status } = await ask("POST", card.dataset.move, card, { values: { ...to, version: card.dataset.version } });
  card.removeEventListener("htmx:beforeOnLoad", answered);
  clear(card);
  const refused = status < 200 || status >= 400;
  const asked = document.querySelector("#dialog > dialog");
  if (card.isConnected && (refused || asked)) goHome(card);
  const now = document.getElementById(card.id);
  if (refused && !asked && now) mark(now, "returned", 8000);
}
