// Answers while the network is away: with our files, with copies of boards and deals, else with the offline page.
const PATIENCE = 10000;
const files = `files ${VERSION}`;

async function install() {
  const cache = await caches.open(files);
  await cache.addAll(FILES.map((path) => new Request(path, { cache: "reload" })));
  await skipWaiting();
}

async function takeOver() {
  await drop((name) => name.startsWith("files ") && name !== files);
  await clients.claim();
}

async function file(request, path) {
  const cache = await caches.open(files);
  const found = await cache.match(request);
  if (found) return found;
  try {
    const answer = await fetch(request);
    if (answer.headers.get("Cache-Control")?.includes("immutable")) await cache.put(request, answer.clone());
    return answer;
  } catch (error) { // an older page asks: today's file of that name is better than none
    const today = await cache.match(scope + path.replace(/^assets\/[^/]+/, `assets/${VERSION}`));
    if (today) return today;
    throw error;
  }
}

async function page(event, path) {
  const { request } = event;
  try {
    const answer = await inTime(fetch(request), KEPT.test(path));
    event.waitUntil(remember(request, path, answer.clone()));
    return answer;
  } catch (error) {
    const found = await lastSeen(request, path);
    if (found) return found;
    if (request.mode !== "navigate") throw error;
    return (await caches.open(files)).match(FILES.at(-1));
  }
}

function inTime(answer, limited) {
  const late = (resolve, reject) => setTimeout(reject, PATIENCE, new TypeError("nobody answered in time"));
  return limited ? Promise.race([answer, new Promise(late)]) : answer;
}

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(takeOver()));
addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(scope)) return;
  const path = request.url.slice(scope.length).replace(/[?#].*/, "");
  if (path.startsWith("assets/")) event.respondWith(file(request, path));
  else if (request.mode === "navigate" || isPart(request) || KEPT.test(path)) event.respondWith(page(event, path));
});
