// Ctrl, ⌘ and Shift open a link elsewhere, as everywhere on the web; htmx would open it here.
document.addEventListener("click", (event) => {
  const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
  if (elsewhere && event.target.closest("a[href][hx-get]")) event.stopPropagation();
}, true);
