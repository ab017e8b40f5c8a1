// Alt+Shift+O opens the list of organizations; arrows, Home and End move in it, Enter chooses.
const list = () => document.getElementById("organization");
const items = () => [...list().querySelectorAll("a.menu__item, button.menu__item")];
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

function place(key) {
  const all = items();
  const here = all.indexOf(document.activeElement);
  if (key === "Home") return all[0];
  if (key === "End") return all.at(-1);
  return all[(here + STEPS[key] + all.length) % all.length];
}

document.addEventListener("keydown", (event) => {
  if (!list()) return;
  if (event.altKey && event.shiftKey && event.code === "KeyO") {
    event.preventDefault();
    list().togglePopover();
    if (list().matches(":popover-open")) items()[0]?.focus();
  } else if (list().matches(":popover-open") && (event.key in STEPS || event.key === "Home" || event.key === "End")) {
    event.preventDefault();
    place(event.key)?.focus();
  }
});
