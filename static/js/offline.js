// The banner that says since when nothing new arrives.
const PATIENCE = 5000;
const clock = new Intl.DateTimeFormat(document.documentElement.lang || "en", { timeStyle: "short" });
let timer = null;

function show(since) {
  const banner = document.getElementById("offline");
  const time = banner?.querySelector("[data-since]");
  if (time) {
    time.textContent = clock.format(since);
    time.dateTime = new Date(since).toISOString();
  }
  if (banner) banner.hidden = false;
}

export function lost(since) {
  timer ??= setTimeout(show, PATIENCE, since);
}

export function found() {
  clearTimeout(timer);
  timer = null;
  const banner = document.getElementById("offline");
  if (banner) banner.hidden = true;
}
