// On a phone the board shows one column at a time; the tabs above say which.
import { whenArrives } from "./arrive.js";

let current = null;

function show(stage) {
  current = stage;
  for (const tab of document.querySelectorAll(".stage-tabs a")) {
    if (tab.hash !== `#${current}`) tab.removeAttribute("aria-current");
    else {
      tab.setAttribute("aria-current", "true");
      tab.parentElement.scrollTo?.({ left: tab.offsetLeft - tab.parentElement.offsetLeft - 24, behavior: "smooth" });
    }
  }
}

whenArrives("#board", (board) => {
  const seen = (entries) => {
    const entry = entries.find(({ isIntersecting }) => isIntersecting);
    if (entry && entry.target.id !== current) show(entry.target.id);
  };
  const watch = new IntersectionObserver(seen, { root: board, threshold: 0.6 });
  board.querySelectorAll(".column[data-column]").forEach((column) => watch.observe(column));
});

// The server counts in the column's head; the tab repeats it.
whenArrives(".column__head", (head) => {
  const tab = document.querySelector(`[data-count-of="${head.closest(".column").dataset.column}"]`);
  if (tab) tab.textContent = head.querySelector(".column__n").textContent;
});

whenArrives(".stage-tabs", () => current && show(current));

document.addEventListener("click", (event) => {
  const tab = event.target.closest(".stage-tabs a[href^='#']");
  const column = tab && document.getElementById(tab.hash.slice(1));
  if (!column) return;
  event.preventDefault();
  column.scrollIntoView({ inline: "start", block: "nearest" });
});
