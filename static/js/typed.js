// What is typed into a form with [data-keep] outlives a closed sheet, a reload and a failed request, until it is saved.
import { whenArrives } from "./arrive.js";

const { organization, person } = document.documentElement.dataset;
const PREFIX = `typed ${person} ${organization} `;
const key = (form) => PREFIX + new URL(form.action).pathname;
const TYPED = "textarea[name], select[name], input[name]:not([type=hidden])";

function read(form) {
  try {
    return JSON.parse(sessionStorage.getItem(key(form)));
  } catch {
    return null;
  }
}

/** Not the stage in which a deal stood when its sheet was opened: it may stand elsewhere by now. */
function isAnswer(field) {
  return field.options ? !field.selectedOptions[0]?.defaultSelected : !/radio|checkbox/.test(field.type) || field.checked;
}

function keep(form) {
  const kept = [...form.querySelectorAll(TYPED)].filter(isAnswer).map(({ name, value }) => [name, value]);
  sessionStorage.setItem(key(form), JSON.stringify(kept));
}

function bringBack(form) {
  const kept = read(form);
  if (!kept || form.querySelector("[aria-invalid], .field__error")) return; // a refused form comes as it was typed
  const chosen = (field) => kept.some(([name, value]) => name === field.name && value === field.value);
  for (const field of form.querySelectorAll(TYPED)) {
    if (/radio|checkbox/.test(field.type)) field.checked = chosen(field);
    else {
      const value = kept.find(([name]) => name === field.name)?.[1];
      if (value !== undefined && (!field.options || [...field.options].some((one) => one.value === value && !one.disabled))) field.value = value;
    }
  }
}

const formOf = (element) => element?.closest?.("form[data-keep]");
const forget = (form) => sessionStorage.removeItem(key(form));

whenArrives("form[data-keep]", bringBack);
for (const kind of ["input", "change"]) {
  document.addEventListener(kind, ({ target }) => formOf(target) && keep(formOf(target)));
}
document.addEventListener("htmx:beforeOnLoad", ({ detail: { elt, xhr } }) => {
  if (elt.matches("form[data-keep]") && xhr.status < 400) forget(elt); // not by what fills a part of it
});
document.addEventListener("reset", ({ target }) => formOf(target) && forget(target)); // it waits for the network
document.addEventListener("submit", ({ target }) => {
  if (target.matches('[action$="/sign-out"]')) sessionStorage.clear();
  else if (formOf(target) && !target.hasAttribute("hx-post")) forget(target);
});
