// Cards by keyboard: Space lifts, the arrows carry, Space or Enter drops, Esc puts back.
import { aim, unaim } from "./aim.js";
import { busy, clear, mark } from "./card.js";
import { fold } from "./fold.js";
import { drop as send, goHome, isPlaced } from "./move.js";
import { more } from "./place.js";
import { cardsIn, say, whereIs } from "./voice.js";

let held = null; // { card, list, next, focus }: the card and where it came from
let carrying = false;

function lift(card) {
  held = { card, list: card.parentNode, next: card.nextElementSibling, focus: document.activeElement };
  mark(card, "held");
  say("lifted", whereIs(card));
}

function carry(insert) {
  carrying = true;
  insert();
  held.focus.focus({ preventScroll: true });
  held.card.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  carrying = false;
  aim(held.card, held.card.closest(".column"), held.list.closest(".column"));
  say("carried", whereIs(held.card));
}

function alongside(step) {
  if (!isPlaced()) return;
  const all = cardsIn(held.card.parentNode);
  const other = all[Math.max(0, all.indexOf(held.card) + step)];
  if (other && other !== held.card) carry(() => other[step < 0 ? "before" : "after"](held.card));
}

function across(step) {
  const lists = [...document.querySelectorAll("#board .column__cards[data-column]")];
  const list = lists[lists.indexOf(held.card.parentNode) + step];
  const index = cardsIn(held.card.parentNode).indexOf(held.card);
  if (!list) return;
  if (list.closest("[data-folded]")) fold(list.closest(".column"), false);
  carry(() => list.insertBefore(held.card, cardsIn(list)[index] ?? more(list)));
}

function release() {
  const { card } = held;
  const was = held;
  held = null;
  clear(card);
  unaim();
  return { card, moved: card.parentNode !== was.list || card.nextElementSibling !== was.next, focus: was.focus };
}

function drop() {
  const { card, moved } = release();
  if (moved) send(card);
  else say("stays", whereIs(card));
}

function putBack() {
  const { card, focus } = release();
  goHome(card);
  say("stays", whereIs(card));
  focus.focus({ preventScroll: true });
}

const keys = {
  ArrowUp: () => alongside(-1), ArrowDown: () => alongside(1), ArrowLeft: () => across(-1), ArrowRight: () => across(1),
  " ": drop, Enter: drop, Escape: putBack,
};

document.addEventListener("keydown", (event) => {
  const card = event.target.closest?.("#board .card[data-move]");
  const lifts = !held && card && event.key === " " && event.target.closest(".card__title") && !busy(card);
  const act = held ? keys[event.key] : lifts && (() => lift(card));
  if (!act || (held && card !== held.card)) return;
  event.preventDefault();
  act();
});

document.addEventListener("focusout", ({ target }) => held && !carrying && held.card.contains(target) && putBack());
