// A value in .facts turns into its form and back.
function open(button) {
  const form = button.parentElement.querySelector(":scope > form");
  button.hidden = true;
  form.hidden = false;
  form.querySelector("[autofocus], input:not([type=hidden]), select, textarea")?.focus();
}

function close(form) {
  const button = form.parentElement.querySelector(":scope > [data-edit]");
  if (!button) return;
  form.hidden = true;
  button.hidden = false;
  button.focus();
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest(".facts [data-edit]");
  if (button) open(button);
});

document.addEventListener("reset", ({ target }) => target.closest(".facts") && close(target));

document.addEventListener("keydown", (event) => {
  const form = event.key === "Escape" && event.target.closest(".facts form");
  if (!form) return;
  event.preventDefault();
  form.reset();
});
