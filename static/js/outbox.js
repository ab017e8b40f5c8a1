// Sends what has waited for the network: in order, by one tab at a time, each change under the key of its first try.
import { deliver, sender } from "./deliver.js";
import { all, put, remove } from "./store.js";

const { person, organization } = document.documentElement.dataset;
const OLDEST = 7 * 24 * 3600 * 1000; // the server knows a key a day longer
const LONGEST = 60000; // between two tries
const box = document.getElementById("outbox");
const others = box && new BroadcastChannel("outbox");
let pause = 1000;
let timer = null;
let sending = null;

export const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
export const isHere = (change) => change.organization === organization && change.person === person;
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
const isWaiting = (change) => change.state === "waiting" && isHere(change);

/** Lets the page ask for what is true now. */
export function renew({ deal }) {
  if (deal) tell("deal-changed", { deal });
  document.body.dispatchEvent(new CustomEvent("crm:deal-changed"));
}

async function show() {
  const changes = await all();
  clearTimeout(timer);
  if (changes.some(isWaiting)) timer = setTimeout(send, pause);
  pause = Math.min(pause * 2, LONGEST);
  tell("outbox", { changes });
}

async function save(change) {
  await put(change);
  others.postMessage("");
  await show();
}

/** Rejects when the browser keeps nothing. */
export function add(change) {
  const place = document.querySelector("#organization [aria-current]")?.textContent.trim();
  return save({ ...change, person, organization, place, at: Date.now(), state: "waiting" });
}

export async function discard(change) {
  await remove(change.number);
  tell("outbox-settled", { change, home: true });
  others.postMessage("");
  await show();
}

/** Once more, by hand: against the record as it is now, so it is another request. */
export async function retry(change, version) {
  if (version) change.fields.version = [version];
  if (change.state === "refused") Object.assign(change, { key: newKey(), at: Date.now(), state: "waiting", said: "" });
  await save(change);
  await send();
}

/** Whether the next may follow: false when nobody answered, or not to this change. */
async function sendOne(change) {
  const came = await deliver(change, () => tell("outbox-settled", { change }));
  if (came === "later") return false;
  if (came === "done") await discard(change);
  else await save({ ...change, state: "refused", said: came.said });
  renew(change);
  return true;
}

async function sendAll() {
  const waiting = (await all()).filter(isWaiting);
  const me = waiting.length && (await sender());
  if (!me || String(me.person) !== person || String(me.organization) !== organization) return;
  document.querySelector('meta[name="csrf-token"]').content = me.token;
  for (const change of waiting) {
    if (Date.now() - change.at > OLDEST) await save({ ...change, state: "refused", said: "" });
    else if (!(await sendOne(change))) return;
  }
}

/** What somebody else has left in this browser is nobody's here. */
async function forgetOthers() {
  for (const change of await all()) if (change.person !== person) await remove(change.number);
}

export function send() {
  if (!person || !box) return; // nobody is signed in, or the page has no place to tell of it
  const alone = () => (navigator.locks ? navigator.locks.request("outbox", sendAll) : sendAll());
  sending ??= alone().finally(() => ((sending = null), show()));
  return sending;
}

if (person && box) {
  others.onmessage = show;
  addEventListener("online", () => ((pause = 1000), send()));
  forgetOthers().then(show).then(send).catch(() => {});
}
