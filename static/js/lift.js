// Cards by keyboard: Space lifts, the arrows carry, Space or Enter drops, Esc puts back.
import { aim, unaim } from "./aim.js";
import { busy, clear, mark } from "./card.js";
import { goHome, move, standing } from "./move.js";
import { more } from "./place.js";

let held = null; // { card, list, next, focus }: the card and where it came from
let carrying = false;

const say = (words) => {
  const voice = document.getElementById("announce");
  if (voice) voice.textContent = words;
};

function cards(list) {
  return [...list.querySelectorAll(":scope > .card")];
}

function announce() {
  const list = held.card.parentNode;
  const name = list.closest(".column").querySelector(".column__name")?.textContent.trim();
  say(`${name}, ${cards(list).indexOf(held.card) + 1} / ${cards(list).length}`);
}

function lift(card) {
  held = { card, list: card.parentNode, next: card.nextElementSibling, focus: document.activeElement };
  mark(card, "held");
  announce();
}

function carry(insert) {
  carrying = true;
  insert();
  held.focus.focus({ preventScroll: true });
  held.card.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  carrying = false;
  aim(held.card.closest(".column"), held.list.closest(".column"));
  announce();
}

function alongside(step) {
  const other = cards(held.card.parentNode).at(Math.max(0, cards(held.card.parentNode).indexOf(held.card) + step));
  if (other && other !== held.card) carry(() => other[step < 0 ? "before" : "after"](held.card));
}

function across(step) {
  const lists = [...document.querySelectorAll("#board .column__cards[data-stage]")];
  const list = lists[lists.indexOf(held.card.parentNode) + step];
  const index = cards(held.card.parentNode).indexOf(held.card);
  if (list) carry(() => list.insertBefore(held.card, cards(list)[index] ?? more(list)));
}

function release() {
  const { card } = held;
  const was = held;
  held = null;
  clear(card);
  unaim();
  say("");
  return { card, moved: card.parentNode !== was.list || card.nextElementSibling !== was.next, focus: was.focus };
}

function drop() {
  const { card, moved } = release();
  if (moved) move(card, standing(card));
}

function putBack() {
  const { card, focus } = release();
  goHome(card);
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
