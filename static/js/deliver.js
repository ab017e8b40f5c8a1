// One change on its way to the server, and what came of it.
import { ask } from "./request.js";

const box = document.getElementById("outbox");

/** Who and where this browser is now, by the server; null when nobody answers or nobody is signed in. */
export async function sender() {
  const answer = await fetch(document.body.dataset.outbox, { headers: { "HX-Request": "true" } }).catch(() => null);
  return answer?.ok ? answer.json() : null;
}

function said(text) {
  const parts = new DOMParser().parseFromString(text, "text/html").querySelectorAll(".toast p:not(.toast__acts), .field__error");
  return [...parts].map((part) => part.textContent.trim()).join(" ");
}

/** Sends it through htmx, so that this page takes from the answer what it shows. `answered` comes before that. */
export async function deliver(change, answered) {
  box.addEventListener("htmx:beforeOnLoad", answered, { once: true });
  const headers = { "Idempotency-Key": change.key };
  const { status, responseText } = await ask("POST", change.url, box, { values: change.fields, headers });
  box.removeEventListener("htmx:beforeOnLoad", answered);
  const later = !status || status === 401 || status === 429 || status >= 500 || responseText.includes("notice-stale_tab");
  return later ? "later" : status < 400 ? "done" : { said: said(responseText) };
}

const isMissing = ({ id }) => id && !document.getElementById(id);

// The answer may hold parts of another page than the one that is open now.
box?.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const answer = document.createElement("template");
  answer.innerHTML = detail.serverResponse;
  for (const part of answer.content.querySelectorAll('[hx-swap-oob="true"]')) {
    const isNewCard = part.matches(".card") && document.getElementById("board");
    if (isMissing(part) && !isNewCard) part.remove();
  }
  detail.serverResponse = answer.innerHTML;
});
