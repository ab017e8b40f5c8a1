// Cards that change their place fly there; those that leave the board fade.
import { steadily } from "./steady.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");
const calm = { duration: 200, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" };

/** By a timer: in a window behind others animations never finish. */
const removeAfter = (milliseconds, element) => setTimeout(() => steadily(() => element.remove()), milliseconds);

export const calmly = (milliseconds) => (still.matches ? 0 : milliseconds);

/** Flies the card from where it was to where it now stands, over the columns, which would clip it. */
export function glide(card, from) {
  const to = card.getBoundingClientRect();
  const [x, y] = [from.left - to.left, from.top - to.top];
  if (still.matches || !from.width || !to.width || Math.hypot(x, y) < 4) return;
  const flyer = card.cloneNode(true);
  for (const part of [flyer, ...flyer.querySelectorAll("[id]")]) part.removeAttribute("id");
  delete flyer.dataset.deal;
  flyer.inert = true;
  Object.assign(flyer.style, { position: "fixed", zIndex: 15, width: `${to.width}px`, left: `${to.left}px`, top: `${to.top}px` });
  document.body.append(flyer);
  card.animate({ opacity: [0, 0] }, calm);
  flyer.animate({ translate: [`${x}px ${y}px`, "0 0"] }, calm);
  removeAfter(calm.duration, flyer);
}

/** Takes the card off the board; one that came as won or lost is read before it goes. */
export function leave(card) {
  if (!card.isConnected) return;
  const delay = card.matches('[data-state="won"], [data-state="lost"]') ? 1600 : 0;
  if (still.matches && !delay) return card.remove();
  card.inert = true;
  card.animate({ opacity: [1, 0] }, { ...calm, delay, fill: "forwards" });
  removeAfter(delay + calm.duration, card);
}
