// The board of this tab, and the parts that the event stream brings for it.
import { busy, mark } from "./card.js";
import { leave } from "./glide.js";
import { steadily } from "./steady.js";

export const theBoard = () => document.getElementById("board");
export const cardOf = (deal) => document.getElementById(`deal-${deal}`);

/** Its address as the event stream takes it. */
export function boardShown() {
  if (!theBoard()) return "";
  const { cardUrl, pipeline, view } = theBoard().dataset;
  const { searchParams } = new URL(cardUrl, location);
  searchParams.set("pipeline", pipeline);
  searchParams.set("view", view);
  return searchParams.toString();
}

/** The heads heard last since the news of this window's own change: its answer, still to come, brings older ones. */
let newest = null;

const putIn = (parts) => steadily(() => htmx.swap(theBoard(), parts, { swapStyle: "none" }));
const changes = ({ requestConfig }) => requestConfig.verb !== "get";
const touches = (detail) => changes(detail) || detail.target.matches("#board, #view");

/** Answers that changed what the board shows; and how many there were when a request was sent. */
let answers = 0;
const before = new WeakMap();

/** Of one's own change the answer brings the card; its heads may be older than these. */
export function draw({ deal, card = "", heads, gone }, own) {
  if (own || newest) newest = { heads, view: theBoard().dataset.view };
  putIn((own ? "" : card) + heads);
  const here = !own && cardOf(deal);
  if (here && gone) leave(here);
  else if (here && card && !here.dataset.state) mark(here, "fresh", 2400);
}

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (touches(detail)) before.set(detail.xhr, answers);
  if (changes(detail)) newest = null;
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (!touches(detail) || !theBoard()) return;
  if (changes(detail) && theBoard().dataset.view === newest?.view) putIn(newest.heads);
  if (changes(detail)) newest = null;
  // Another answer came since it was sent: this one may be older, or of another view.
  if (before.get(detail.xhr) !== answers++) document.dispatchEvent(new CustomEvent("board-doubtful"));
});

document.addEventListener("card-gone", ({ detail: { deal } }) => {
  const card = cardOf(deal);
  if (card && !busy(card)) leave(card);
});
