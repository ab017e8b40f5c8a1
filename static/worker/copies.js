// Copies of the boards and deals that this person saw last, to be shown while the network is away.
const KEPT = /^(deals\/\d*|pipelines\/\d+\/board)$/;
const MOST = 40;
const OLDEST = 7 * 24 * 3600 * 1000;

const { scope } = registration;
const PART = { headers: { "HX-Request": "true" } };
const isPart = ({ headers }) => headers.has("HX-Request");
const isDeal = ({ pathname }) => /deals\/\d+$/.test(pathname);
const isWhole = ({ headers }) => headers.has("HX-History-Restore-Request"); // a page, asked for as a part is
const isCopies = (name) => name.startsWith("seen ");

async function drop(which) {
  for (const name of await caches.keys()) if (which(name)) await caches.delete(name);
}

/** One person in one organization with these rights: whatever others have seen goes, before anything is kept. */
async function remember(request, path, answer) {
  const sight = answer.headers.get("X-Sight");
  if (!sight) return;
  const mine = `seen ${sight}`;
  const refused = [403, 404, 410].includes(answer.status) && /^(deals|pipelines)\//.test(path);
  await drop((name) => isCopies(name) && (name !== mine || refused));
  const isWanted = KEPT.test(path) && !request.headers.has("X-Live") && !isWhole(request);
  if (sight !== "nobody" && answer.status === 200 && isWanted) {
    const cache = await caches.open(mine);
    const pushed = answer.headers.get("HX-Push-Url"); // the address that a reload asks for
    await cache.put(pushed ? new Request(new URL(pushed, scope), PART) : request, answer);
    for (const old of (await cache.keys()).slice(0, -MOST)) await cache.delete(old);
  }
}

/** A request of refresh.js wants news: a copy would be a lie. */
async function lastSeen(request, path) {
  const name = (await caches.keys()).find(isCopies);
  if (path === "" && name) return Response.redirect(`${scope}deals/`);
  if (!name || !KEPT.test(path) || request.headers.has("X-Live")) return null;
  const cache = await caches.open(name);
  const found = await cache.match(request);
  if (found) return dated(found);
  return isPart(request) ? pageInstead(cache, request) : pageAround(cache, new URL(request.url));
}

async function pageInstead(cache, { url }) {
  return (await cache.match(url)) && new Response("", { headers: { "HX-Redirect": url } });
}

/** Seen as a part only. A board that a filter brought stands in its page's place, a deal in the panel over the last. */
async function pageAround(cache, url) {
  const part = await cache.match(new Request(url, PART));
  const boards = (await cache.keys()).filter((one) => !isPart(one) && !isDeal(new URL(one.url)));
  const page = boards.findLast((one) => new URL(one.url).pathname === url.pathname) ?? boards.at(-1);
  if (!part || !page) return null;
  const [inner, outer] = [await part.clone().text(), await (await cache.match(page)).text()];
  const place = isDeal(url) ? /(?<=<div id="panel">)/ : /<div class="view" id="view">.*(?=<\/main>)/s;
  return dated(part, outer.replace(place, () => inner));
}

async function dated(found, text) {
  const at = new Date(found.headers.get("Date"));
  if (Date.now() - at > OLDEST) return null;
  const kept = at.toISOString();
  const headers = new Headers(found.headers);
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name);
  headers.set("HX-Trigger", JSON.stringify({ kept }));
  return new Response((text ?? (await found.text())).replace("<html ", `<html data-kept="${kept}" `), { headers });
}
