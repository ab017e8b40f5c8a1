// How the page shows what waits: the card or task is marked, stands where it was put, and is free again afterwards.
import { whenArrives } from "./arrive.js";
import { clear, mark } from "./card.js";
import { goHome } from "./move.js";
import { isHere, renew } from "./outbox.js";

const shown = new Map(); // the changes that elements of this page stand for, by key
let waiting = [];

/** Not waiting any more; `home` for what will not happen. */
export function free(element, home) {
  delete element.dataset.queued;
  element.inert = false;
  if (!element.matches(".card")) return element.querySelector("[data-passing]")?.remove();
  clear(element);
  if (home) goHome(element);
}

/** The column to which a change leads on this board; none when the board has others, as people where that is a stage. */
export function columnOn(fields) {
  const [key] = fields[document.getElementById("board").dataset.field] ?? [];
  return key && document.querySelector(`#board .column[data-column="${key}"]`);
}

/** Where the change put the card, on a page that shows it where it was. */
function stand(card, fields) {
  const { after_id: [after] = [], before_id: [before] = [] } = fields;
  const list = columnOn(fields)?.querySelector(".column__cards");
  if (!list) return;
  const [above, below] = [after, before].map((id) => document.getElementById(`deal-${id}`));
  const place = above?.parentNode === list ? above.nextSibling : below?.parentNode === list ? below : list.firstChild;
  if (place !== card && card.nextSibling !== place) list.insertBefore(card, place);
}

/** The address may name the filter under which the card was moved, no longer that of the board. */
function standsFor({ url, deal, fields }) {
  const card = /\/move(?:\?|$)/.test(url) && document.querySelector(`#board #deal-${deal}[data-move]`);
  if (!card) return document.querySelector(`form[data-outbox][action="${CSS.escape(url)}"]`)?.closest(".task");
  if (card.dataset.state !== "pending") stand(card, fields);
  return card;
}

function draw(change) {
  const element = standsFor(change);
  if (!element) return;
  shown.set(change.key, { change, element });
  element.dataset.queued = "";
  if (element.matches(".card")) return mark(element, "pending", 0, "queued");
  element.inert = true;
  if (element.querySelector("[data-passing]")) return;
  const note = document.getElementById("note-queued").content.cloneNode(true).firstElementChild;
  note.dataset.passing = "";
  element.append(note);
}

function settle(key, home) {
  const element = shown.get(key)?.element;
  shown.delete(key);
  if (element?.isConnected) free(element, home);
}

document.addEventListener("outbox", ({ detail: { changes } }) => {
  waiting = changes.filter((change) => change.state === "waiting" && isHere(change));
  for (const [key, { change }] of shown) {
    if (waiting.some((one) => one.key === key)) continue; // else another tab has sent it
    settle(key);
    renew(change);
  }
  waiting.forEach(draw);
});
document.addEventListener("outbox-settled", ({ detail: { change, home } }) => {
  waiting = waiting.filter((one) => one.key !== change.key);
  settle(change.key, home);
});
whenArrives("#board", () => waiting.forEach(draw)); // after a filter, say: its cards are new
