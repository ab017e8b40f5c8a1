// From card to card by the arrows, without lifting one; M, N and ? while a card has the focus.
import { present } from "./dialog.js";
import { cardsIn } from "./voice.js";

const shown = (list) => cardsIn(list).filter((card) => card.offsetParent);
const help = () => present(document.getElementById("keys").innerHTML);

function across(list, card, step) {
  const lists = [...document.querySelectorAll("#board .column__cards")].filter((one) => one === list || shown(one).length);
  const next = lists[lists.indexOf(list) + step];
  return next && (shown(next)[shown(list).indexOf(card)] ?? shown(next).at(-1));
}

const ways = {
  ArrowUp: (list, card) => shown(list)[shown(list).indexOf(card) - 1],
  ArrowDown: (list, card) => shown(list)[shown(list).indexOf(card) + 1],
  ArrowLeft: (list, card) => across(list, card, -1),
  ArrowRight: (list, card) => across(list, card, 1),
  Home: (list) => shown(list)[0],
  End: (list) => shown(list).at(-1),
};
const deeds = {
  m: (card) => card.querySelector(".card__menu").click(),
  n: (card) => card.closest(".column").querySelector(".column__tools a")?.click(),
  "?": help,
};

document.addEventListener("keydown", (event) => {
  const card = !event.defaultPrevented && event.target.closest?.("#board .card__title a")?.closest(".card");
  const act = ways[event.key] ?? deeds[event.key.toLowerCase()];
  if (!card || !act || card.dataset.state === "held" || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  if (ways[event.key]) act(card.parentElement, card)?.querySelector(".card__title a").focus();
  else act(card);
});

document.addEventListener("click", ({ target }) => target.closest("[data-keys]") && help());
