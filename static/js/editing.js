// Esc in a form that opened in place does what its Cancel does; Done takes a quick form away.
document.addEventListener("keydown", (event) => {
  const cancel = event.key === "Escape" && event.target.closest?.("form")?.querySelector("[data-cancel]");
  if (!cancel) return;
  event.preventDefault();
  event.stopPropagation();
  cancel.click();
});

document.addEventListener("click", ({ target }) => {
  const done = target.closest("[data-cancel=remove]");
  done?.closest("[data-quick-add]")?.remove();
});
