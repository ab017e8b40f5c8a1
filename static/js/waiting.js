// The list of what waits: seen, sent again, discarded one by one; and the warning before a sign-out that would lose it.
import { discard, isHere, retry, send } from "./outbox.js";

const box = document.getElementById("outbox");
const time = new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: "medium", timeStyle: "short" });
let listed = [];

function row(change) {
  const item = document.getElementById("outbox-row").content.cloneNode(true).firstElementChild;
  const part = (name) => item.querySelector(`[data-part="${name}"]`);
  item.dataset.state = isHere(change) ? change.state : "elsewhere";
  part("words").textContent = change.words;
  part("at").textContent = time.format(change.at);
  part("text").textContent = change.fields.text?.[0] ?? "";
  part("place").textContent = change.place ?? "";
  if (change.said) part("said").textContent = change.said;
  item.addEventListener("click", ({ target }) => {
    const card = document.getElementById(`deal-${change.deal}`);
    if (target.closest("[data-retry]")) retry(change, change.fields.version && card?.dataset.version);
    if (target.closest("[data-discard]")) discard(change);
  });
  return item;
}

function count(state) {
  const number = listed.filter((change) => (change.state === "refused") === (state === "refused")).length;
  const part = box.querySelector(`[data-count="${state}"]`);
  part.hidden = !number;
  part.querySelector("b").textContent = number;
  return number;
}

document.addEventListener("outbox", ({ detail: { changes } }) => {
  listed = changes;
  if (!box) return;
  box.dataset.kind = count("refused") ? "bad" : "warn";
  box.querySelector("[data-send]").hidden = !count("waiting");
  box.querySelector("ul").replaceChildren(...changes.map(row));
  box.dataset.waiting = changes.length;
  box.hidden = !changes.length;
});

box?.querySelector("[data-send]").addEventListener("click", send);

document.addEventListener("submit", (event) => {
  const warning = document.getElementById("sign-out-warning");
  if (!listed.length || !event.target.matches("[data-signs-out]") || warning.contains(event.target)) return;
  event.preventDefault();
  document.querySelectorAll("#organization, #more").forEach((menu) => menu.hidePopover());
  warning.showModal();
});
