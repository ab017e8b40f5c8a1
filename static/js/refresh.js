// Asks the server anew for what somebody else has changed. Cards in the viewer's hand wait until they are free.
import { busy, mark } from "./card.js";
import { cardOf, draw, theBoard } from "./draw.js";
import { keepFocus } from "./focus.js";
import { leave } from "./glide.js";
import { boardAddress } from "./panel.js";
import { ask, client } from "./request.js";

const MANY = 20;
const LIVE = { headers: { "X-Live": "1" } }; // a failure of these is no news to the viewer
const waiting = new Set();
const unanswered = new Set(); // nobody was there to ask
let whole = false;
let due = false;
let asking = false;

function soon(milliseconds) {
  if (due) return;
  due = true;
  setTimeout(refresh, milliseconds);
}

async function refreshCard(deal) {
  const { status } = await ask("GET", theBoard().dataset.cardUrl.replace("/0/", `/${deal}/`), theBoard(), LIVE);
  const card = cardOf(deal);
  if (status === 0) unanswered.add(deal);
  if (!card || status === 0) return;
  if (busy(card)) waiting.add(deal);
  else if (status === 404) leave(card), everythingChanged();
  else if (status === 200 && !card.dataset.state) mark(card, "fresh", 2400);
}

/** What a swap of the whole board would lose: the focus, and deals that are being typed. */
let back = null;
document.addEventListener("htmx:beforeSwap", ({ detail: { target, requestConfig, shouldSwap } }) => {
  if (target.id !== "board" || !shouldSwap || !requestConfig.headers["X-Live"]) return;
  const refocus = target.contains(document.activeElement) && keepFocus();
  const forms = [...target.querySelectorAll("[data-quick-add]")].map((form) => ({ form, list: form.parentNode.id }));
  for (const { form } of forms) form.remove();
  back = () => {
    for (const { form, list } of forms) document.getElementById(list)?.prepend(form);
    if (refocus && document.activeElement === document.body) refocus();
  };
});

async function refreshBoard() {
  if ([...theBoard().querySelectorAll(".card")].some(busy)) return;
  whole = false;
  waiting.clear();
  const scrolled = [theBoard(), ...theBoard().querySelectorAll(".column__cards")];
  const places = scrolled.map(({ id, scrollTop, scrollLeft }) => ({ id, scrollTop, scrollLeft }));
  const { status } = await ask("GET", boardAddress(), theBoard(), { ...LIVE, target: "#board", swap: "outerHTML", select: "#board" });
  back?.();
  back = null;
  if (status !== 200) return setTimeout(everythingChanged, 10000);
  for (const { id, ...scrolls } of places) Object.assign(document.getElementById(id) ?? {}, scrolls);
}

/** Not what cards hold up that wait for the network: once settled, they let it go on. */
const isFree = (deal) => !cardOf(deal)?.matches("[data-queued]");
const more = () => (whole ? !document.querySelector("#board [data-queued]") : [...waiting].some(isFree));

async function refresh() {
  asking = true;
  whole ||= waiting.size > MANY;
  if (theBoard() && whole) await refreshBoard();
  else if (theBoard()) {
    for (const deal of [...waiting].filter((each) => !busy(cardOf(each)))) {
      waiting.delete(deal);
      await refreshCard(deal);
    }
  }
  due = asking = false;
  if (more()) soon(300);
  if (unanswered.size) setTimeout(askAgain, 3000);
}

function askAgain() {
  for (const deal of unanswered) waiting.add(deal);
  unanswered.clear();
  soon(0);
}

const tellPage = (deal) => document.body.dispatchEvent(new CustomEvent("crm:deal-changed", { detail: { deal } }));

export function dealChanged(news, shown) {
  const { deal, client: by } = news;
  const own = by === client;
  if (!own && document.querySelector(`[data-deal-page="${deal}"]`)) tellPage(deal);
  if (!theBoard()) return;
  const asked = whole || asking || waiting.has(deal) || busy(cardOf(deal));
  if (news.heads !== undefined && shown === theBoard().dataset.view && (own || !asked)) return draw(news, own);
  if (own) return;
  waiting.add(deal);
  soon(150);
}

// this window changed it, on its panel: the board below asks for the card
document.addEventListener("deal-changed", ({ detail: { deal } }) => {
  if (!theBoard()) return;
  waiting.add(deal);
  soon(0);
});

/** `within` milliseconds, so that not all windows ask at once. */
export function everythingChanged(within = 0) {
  if (document.querySelector("[data-deal-page]")) tellPage(null);
  if (!theBoard()) return;
  setTimeout(() => {
    whole = true;
    soon(150);
  }, Math.random() * within);
}

document.addEventListener("board-doubtful", () => everythingChanged());
document.addEventListener("outbox-settled", () => (whole || waiting.size) && soon(300));
