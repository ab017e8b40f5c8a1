// What others do, without a reload. One event stream per browser: the tab that holds the lock streams, the others listen.
import { found, lost } from "./offline.js";
import { dealChanged, everythingChanged } from "./refresh.js";

const url = document.body.dataset.live;
const channel = url && new BroadcastChannel(`live ${url}`);
let last = ""; // the newest event this browser has seen, so that the next leader starts there
let source = null; // the stream, in the leading tab
let goneSince = 0;
let streamed = false;
let pause = 2000;

const meanings = {
  deal: (text) => dealChanged(JSON.parse(text)),
  reload: () => everythingChanged(),
  gone: (since) => lost(since),
  back: () => found(),
};

function hear({ kind, text, id }) {
  last = id || last;
  meanings[kind]?.(text);
}

function tell(kind, text, id) {
  hear({ kind, text, id });
  channel.postMessage({ kind, text, id });
}

function opened() {
  goneSince = 0;
  pause = 2000;
  tell("back");
  if (streamed && !last) tell("reload"); // what was missed can't be asked for
  streamed = true;
}

function failed() {
  goneSince ||= Date.now();
  tell("gone", goneSince);
  if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself, with Last-Event-ID
  setTimeout(stream, pause * (1 + Math.random()));
  pause = Math.min(pause * 2, 60000);
}

function stream() {
  source?.close();
  const from = new URL(url, location);
  if (last) from.searchParams.set("after", last);
  source = new EventSource(from);
  source.onopen = opened;
  source.onerror = failed;
  for (const kind of ["deal", "reload"]) {
    source.addEventListener(kind, (event) => tell(kind, event.data, event.lastEventId));
  }
}

function lead() {
  stream();
  addEventListener("online", stream);
  return new Promise(() => {}); // the lock is held until the tab goes away
}

if (url) {
  channel.onmessage = ({ data: message }) => {
    if (message.kind === "ask" && goneSince) tell("gone", goneSince);
    else hear(message);
  };
  channel.postMessage({ kind: "ask" });
  addEventListener("offline", () => lost(Date.now()));
  if (navigator.locks) navigator.locks.request(`live ${url}`, lead);
  else lead();
}
