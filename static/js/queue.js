// A change that meets a dead network waits instead of being lost: forms with data-outbox, and cards that were moved.
import { add, newKey } from "./outbox.js";
import { columnOn, free } from "./queued.js";
import { say } from "./toast.js";

const KEPT = "form[data-outbox], .card[data-move]";
const UNKEPT = ["csrf_token", "organization"];
const PATIENCE = 15000;

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.verb !== "post" || !detail.elt.matches(KEPT)) return;
  detail.headers["Idempotency-Key"] = newKey();
  detail.timeout ||= PATIENCE;
});

function fieldsOf(form) {
  const fields = {};
  for (const [name, value] of form) if (!UNKEPT.includes(name)) (fields[name] ??= []).push(value);
  return fields;
}

/** A closed stage has an icon before its name. */
function dockNameOf(stage) {
  const target = document.querySelector(`.dock__target[data-stage="${stage}"]`);
  return target?.querySelector("span") ?? target;
}

function wordsOf(element, fields) {
  if (element.dataset.outbox) return element.dataset.outbox;
  const name = columnOn(fields)?.querySelector(".column__name") ?? dockNameOf(fields.stage_id);
  return `${element.querySelector(".card__title").textContent} → ${name?.firstChild.textContent.trim() ?? ""}`;
}

async function keep(element, { headers, path, formData }) {
  const fields = fieldsOf(formData);
  const deal = path.match(/\/deals\/(\d+)\//)?.[1];
  const change = { key: headers["Idempotency-Key"], url: path, fields, deal, words: wordsOf(element, fields) };
  if (element.matches(".card")) element.dataset.queued = "";
  try {
    await add(change);
    if (!element.matches(".card")) element.reset();
    element.dispatchEvent(new CustomEvent("close-dialog", { bubbles: true }));
  } catch { // this browser keeps nothing, a private window perhaps
    if (element.matches(".card")) free(element, true);
    say("toast-offline");
  }
}

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const { elt, requestConfig } = event.detail;
    const kept = requestConfig.verb === "post" && elt.matches(KEPT);
    if (kept || elt.id === "outbox") event.stopImmediatePropagation(); // toast.js would say that nothing was saved
    if (kept) keep(elt, requestConfig);
  }, true);
}
