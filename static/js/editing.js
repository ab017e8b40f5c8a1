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

// A form that is open in place stays when another one's answer brings the part anew in which it stands.
let asker = null;
document.addEventListener("htmx:beforeOnLoad", ({ detail }) => (asker = detail.elt));
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target } = event;
  if (target.querySelector("form:has([data-cancel])") && !target.contains(asker)) event.preventDefault();
});
