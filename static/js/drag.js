// Cards are dragged by mouse and finger; the keyboard has lift.js.
import "../vendor/sortable.min.js";
import { aim, unaim } from "./aim.js";
import { whenArrives } from "./arrive.js";
import { busy } from "./card.js";
import { calmly } from "./glide.js";
import { drop, goHome, move } from "./move.js";
import { more } from "./place.js";

let home = null; // { list, next }: where the card in the air came from

const dock = () => document.getElementById("dock");
const fixed = (event, card) => !card?.matches("[data-move]") || busy(card) || event.target.closest(".card__menu");
const dockAt = ({ clientX, clientY }) => document.elementFromPoint(clientX, clientY)?.closest(".dock__target");

function hover(event) {
  const column = Sortable.dragged?.closest(".column");
  if (column) aim(Sortable.dragged, column, home.list.closest(".column"), dockAt(event));
}

const giveUp = (event) => event.key === "Escape" && document.dispatchEvent(new PointerEvent("pointercancel"));

/** Sortable looks only every 50 ms where the card is; a quick hand has let go before. */
const lookOnceMore = () => Sortable.active?._emulateDragOver();

function airborne(yes) {
  const listen = yes ? "addEventListener" : "removeEventListener";
  document[listen]("pointerup", lookOnceMore, true);
  document[listen]("pointermove", hover);
  document[listen]("keydown", giveUp);
  document.getElementById("board").toggleAttribute("data-dragging", yes);
  if (dock()) dock().hidden = !yes;
}

function lifted({ item, from }) {
  home = { list: from, next: item.nextElementSibling };
  Sortable.ghost.removeAttribute("id");
  delete Sortable.ghost.dataset.deal;
  Sortable.ghost.style.opacity = "";
  airborne(true);
  aim(item, from.closest(".column"), from.closest(".column"));
}

/** The click that ends a drag would open the card. */
function swallowClick() {
  const swallow = (event) => (event.preventDefault(), event.stopImmediatePropagation());
  document.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => document.removeEventListener("click", swallow, { capture: true }), 50);
}

function dropped({ item, to, originalEvent }) {
  const target = dockAt(originalEvent);
  airborne(false);
  unaim();
  swallowClick();
  if (more(to)) to.append(more(to));
  if (originalEvent.type === "pointercancel") return goHome(item);
  if (target) goHome(item);
  if (target && target.dataset.stage === item.dataset.stage) return;
  if (target) return move(item, { stage_id: target.dataset.stage });
  if (to !== home.list || item.nextElementSibling !== home.next) drop(item);
}

whenArrives("ol.column__cards[data-column]", (list) => {
  new Sortable(list, {
    group: "deals", draggable: ".card", filter: fixed, preventOnFilter: false,
    delay: 180, delayOnTouchOnly: true, touchStartThreshold: 5, fallbackTolerance: 4,
    forceFallback: true, fallbackOnBody: true, ghostClass: "is-ghost", dragClass: "is-lifted",
    animation: calmly(120), invertedSwapThreshold: 1.02, scrollSensitivity: 60, scrollSpeed: 9,
    onStart: lifted, onEnd: dropped,
  });
});

document.addEventListener("htmx:beforeCleanupElement", ({ target }) => {
  if (target.matches?.(".column__cards")) Sortable.get(target)?.destroy();
});

// A long press lifts the card; the browser's menu for its link would end that.
document.addEventListener("contextmenu", (event) => {
  if (event.pointerType === "touch" && event.target.closest(".card[data-move]")) event.preventDefault();
});
