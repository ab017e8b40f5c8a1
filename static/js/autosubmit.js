// Choosing is sending: [data-autosubmit] on a form or on one of its fields.
document.addEventListener("change", ({ target }) => {
  if (target.closest("[data-autosubmit]")) target.form?.requestSubmit();
});
