// A dialog that a swap puts into #dialog opens; closed, it goes, and the focus returns to where it came from.
import { whenArrives } from "./arrive.js";
import { keepFocus } from "./focus.js";
import { menuSource } from "./menu.js";

let back = null;

/** Shows a dialog that is in the page already. */
export const present = (html) => htmx.swap("#dialog", html, { swapStyle: "innerHTML", swapDelay: 0, settleDelay: 0 });

async function closed({ target: dialog }) {
  back?.();
  back = null;
  await Promise.allSettled(dialog.getAnimations().map((motion) => motion.finished));
  dialog.remove();
}

whenArrives("#dialog > dialog", (dialog) => {
  if (dialog.open) dialog.close(); // was shown without script: not modal
  back ??= keepFocus(menuSource(document.activeElement));
  dialog.showModal();
  dialog.querySelector(".field__error")?.closest(".field")?.querySelector("input, select, textarea").focus();
  dialog.addEventListener("close", closed);
});

document.addEventListener("close-dialog", ({ target }) => {
  const dialog = target.closest("dialog") ?? document.querySelector("#dialog > dialog[open]");
  dialog?.close();
});

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-close-dialog]")) target.closest("dialog")?.close();
});

if (!("commandForElement" in HTMLButtonElement.prototype)) {
  const commands = {
    "show-modal": "showModal", close: "close",
    "show-popover": "showPopover", "hide-popover": "hidePopover", "toggle-popover": "togglePopover",
  };
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("button[commandfor]");
    document.getElementById(button?.getAttribute("commandfor"))?.[commands[button.getAttribute("command")]]?.();
  });
}
