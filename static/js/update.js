// On a phone a tap on a card opens the quick update: at once, from what the card shows; the server adds the rest.
import { present } from "./dialog.js";

const phone = matchMedia("(width < 48rem)");
const blank = () => document.getElementById("update-sheet");

function textOf(card, part) {
  const shown = card.querySelector(part)?.cloneNode(true);
  shown?.querySelector(".sr")?.remove(); // said instead of a colour
  return shown?.textContent.trim() ?? "";
}

/** What may not be chosen: a way back, for whom that is not allowed. */
function offerStages(dialog, card) {
  const options = [...dialog.querySelectorAll("[name=stage_id] option")];
  const here = options.findIndex(({ value }) => value === card.dataset.stage);
  const locked = card.closest("#board").dataset.back === "refused";
  options.forEach((option, index) => {
    option.toggleAttribute("selected", index === here);
    option.toggleAttribute("disabled", locked && index < here && option.dataset.kind === "open");
  });
}

function filled(card) {
  const dialog = blank().content.querySelector("dialog").cloneNode(true);
  for (const part of dialog.querySelectorAll("[data-from]")) part.textContent = textOf(card, part.dataset.from);
  dialog.querySelector("[name=version]").setAttribute("value", card.dataset.version);
  const done = dialog.querySelector("[name=done]");
  if (card.dataset.step) done.setAttribute("value", card.dataset.step);
  else done.closest("label").remove();
  dialog.querySelector("[data-open]").setAttribute("href", card.querySelector(".card__title a").pathname);
  const form = dialog.querySelector("form");
  form.dataset.outbox = form.dataset.outbox.replace("{title}", () => textOf(card, ".card__title"));
  offerStages(dialog, card);
  return dialog.outerHTML.replaceAll("/deals/0/", `/deals/${card.dataset.deal}/`);
}

// On the body: drag.js listens on the document, and takes the click away that ends a drag.
document.body.addEventListener("click", (event) => {
  const card = event.target.closest("#board .card[data-move]");
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (!phone.matches || !blank() || !card || !plain || !event.target.closest(".card__title a")) return;
  event.preventDefault();
  event.stopPropagation();
  present(filled(card));
}, true);
