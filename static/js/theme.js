// Light, dark, or (an empty choice) as the device.
const root = document.documentElement;

function choose(theme) {
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  for (const choice of document.querySelectorAll("[data-theme-choice]")) {
    choice.setAttribute("aria-pressed", String(choice.dataset.themeChoice === (theme ?? "")));
  }
}

document.addEventListener("click", ({ target }) => {
  const choice = target.closest("[data-theme-choice]");
  if (!choice) return;
  localStorage.setItem("theme", choice.dataset.themeChoice);
  choose(choice.dataset.themeChoice);
});

const chosen = localStorage.getItem("theme");
if (chosen !== null) choose(chosen);
