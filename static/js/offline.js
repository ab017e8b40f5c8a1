// The banner that says since when nothing new arrives: the stream is gone, or the page is a copy from then.
import { send } from "./outbox.js";
import { everythingChanged } from "./refresh.js";

const PATIENCE = 5000;
const page = document.documentElement;
const clock = new Intl.DateTimeFormat(page.lang || "en", { timeStyle: "short" });
const calendar = new Intl.DateTimeFormat(page.lang || "en", { dateStyle: "medium", timeStyle: "short" });
let timer = null;

const banner = () => document.getElementById("offline");

function show(since) {
  const [at, time] = [new Date(since), banner()?.querySelector("[data-since]")];
  if (!time) return;
  time.textContent = (at.toDateString() === new Date().toDateString() ? clock : calendar).format(at);
  time.dateTime = at.toISOString();
  banner().hidden = false;
}

const isTyped = () => [...document.querySelectorAll("input, textarea")].some((one) => one.value !== one.defaultValue);

export function lost(since) {
  if (!page.dataset.kept) timer ??= setTimeout(show, PATIENCE, since);
}

/** A copy gives way to the page itself; while somebody types on it, its news come into it. */
export function found() {
  clearTimeout(timer);
  timer = null;
  const { kept } = page.dataset;
  if (kept && !isTyped()) return location.reload();
  delete page.dataset.kept;
  if (banner()) banner().hidden = true;
  if (kept) everythingChanged();
  send();
}

document.addEventListener("kept", ({ detail }) => show(detail.value)); // a part of the page is a copy
if (page.dataset.kept) show(page.dataset.kept);
