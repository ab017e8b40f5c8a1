// Says to ears what eyes see of a move. The sentences stand in the page, in its language: <template id="say-…">.
export function say(name, values = {}) {
  const words = document.getElementById(`say-${name}`).content.textContent;
  document.getElementById("announce").textContent = words.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

export const cardsIn = (list) => [...list.querySelectorAll(":scope > .card")];

/** The card's title, column, and place in it. */
export function whereIs(card) {
  const [title, column] = [card.querySelector(".card__title"), card.closest(".column").querySelector(".column__name")];
  const all = cardsIn(card.parentElement);
  const [whole] = card.closest(".column").querySelector(".column__n").textContent.trim().split(" ");
  const count = Number(whole.replace(/\D/g, "")) > all.length ? whole : all.length; // further cards come as it scrolls
  return { title: title.textContent.trim(), stage: column.textContent.trim(), position: all.indexOf(card) + 1, count };
}

function tell(id, status) {
  const card = document.getElementById(`deal-${id}`);
  if (!status || !card?.closest(".column") || document.querySelector("#dialog > dialog")) return;
  const reason = document.querySelector("#toasts > .toast:last-child b")?.textContent;
  const moved = status >= 200 && status < 400;
  say(moved ? "moved" : "not-moved", { ...whereIs(card), reason });
}

// The notice with the reason comes with the answer; when nobody answered another one says so.
document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig, xhr } }) => {
  const id = requestConfig.verb === "post" && /\/deals\/(\d+)\/move\b/.exec(requestConfig.path)?.[1];
  if (id) setTimeout(tell, 50, id, xhr.status); // once a refused card is back in its place
});
