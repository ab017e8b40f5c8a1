// Messages in the corner. Their words stand in the page: the server's own, or a template for what no server answered.
import { leave } from "./glide.js";

const SEEN = 6000;
const corner = document.getElementById("toasts");

/** A dialog covers everything but the top layer. */
function raise() {
  if (!document.querySelector(":modal")) return;
  corner.popover = "manual";
  corner.hidePopover();
  corner.showPopover();
}

function tend(toast) {
  raise();
  if (toast.dataset.kind === "bad") return;
  const look = () => (toast.matches(":hover, :focus-within") ? setTimeout(look, 1500) : leave(toast));
  setTimeout(look, SEEN);
}

/** Shows the page's template of this name, once. */
export function say(name) {
  const toast = document.getElementById(name)?.content.cloneNode(true).firstElementChild;
  if (!corner || !toast) return;
  corner.querySelector(`:scope > [data-from="${name}"]`)?.remove();
  toast.dataset.from = name;
  corner.append(toast);
}

const nameOf = (status) => ({ 404: "toast-missing", 410: "toast-missing", 429: "toast-busy" })[status] ?? "toast-broken";
const asked = ({ requestConfig }) => !requestConfig.headers["X-Live"]; // by the viewer, not by refresh.js

document.addEventListener("htmx:responseError", ({ detail }) => asked(detail) && say(nameOf(detail.xhr.status)));
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, ({ detail }) => asked(detail) && say("toast-offline"));
}

if (corner) {
  const toasts = (nodes) => [...nodes].filter((node) => node.matches?.(".toast"));
  toasts(corner.children).forEach(tend);
  new MutationObserver((changes) => changes.forEach(({ addedNodes }) => toasts(addedNodes).forEach(tend)))
    .observe(corner, { childList: true });
  corner.addEventListener("click", ({ target }) => target.closest("[data-close]") && leave(target.closest(".toast")));
}
