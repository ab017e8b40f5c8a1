// Rows of a list put into order, by their handle: dragged, or moved by the arrow keys.
import "../vendor/sortable.min.js";
import { whenArrives } from "./arrive.js";
import { calmly } from "./glide.js";
import { ask } from "./request.js";

const PAUSE = 600; // between the last arrow key and the request

const rows = (list) => [...list.querySelectorAll(":scope > [data-id]")];

function keeper(list) {
  let kept = [...list.children];
  const ids = () => rows(list).map((row) => row.dataset.id);
  let sent = ids().join();
  return async () => {
    if (ids().join() === sent) return;
    sent = ids().join();
    const { status } = await ask("POST", list.dataset.order, list, { values: { id: ids() } });
    if (status >= 200 && status < 400) kept = [...list.children];
    else list.append(...kept);
    sent = ids().join();
  };
}

whenArrives("[data-order]", (list) => {
  const save = keeper(list);
  let timer;
  new Sortable(list, {
    handle: ".order__handle", draggable: "[data-id]", ghostClass: "is-ghost",
    forceFallback: true, fallbackTolerance: 3, animation: calmly(120), onEnd: save,
  });
  list.addEventListener("keydown", (event) => {
    const row = event.target.closest(".order__handle")?.closest("[data-id]");
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!row || !step) return;
    event.preventDefault();
    const other = rows(list)[rows(list).indexOf(row) + step];
    other?.[step < 0 ? "before" : "after"](row);
    event.target.focus();
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  });
});
