// What others do, without a reload. One event stream per browser: the tab that holds the lock streams, the others listen.
import { whenArrives } from "./arrive.js";
import { boardShown } from "./draw.js";
import { address, catchUp, heard, name, tell } from "./news.js";

const SILENCE = 40000; // the server says something every 15 seconds
let source = null; // the stream, in the leading tab
let spoken = 0;
let pause = 2000;

function opened() {
  heard.goneSince = 0;
  pause = 2000;
  tell("back");
}

function failed() {
  heard.goneSince ||= Date.now();
  tell("gone", heard.goneSince);
  if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself, with Last-Event-ID
  setTimeout(again, pause * (1 + Math.random()));
  pause = Math.min(pause * 2, 20000);
}

/** Where there is no room for a stream, asking now and then must do. */
async function again() {
  if (await catchUp(tell)) tell("back");
  stream();
}

function stream() {
  source?.close();
  const shown = new URLSearchParams(heard.board).get("view");
  source = new EventSource(address());
  spoken = Date.now();
  source.onopen = opened;
  source.onerror = failed;
  for (const kind of ["deal", "reload", "beat"]) {
    source.addEventListener(kind, ({ data, lastEventId: id }) => {
      spoken = Date.now();
      tell(kind, data, { id, shown });
    });
  }
}

function listen() {
  if (Date.now() - spoken < SILENCE) return;
  failed();
  stream();
}

function lead() {
  stream();
  addEventListener("online", stream);
  document.addEventListener("board-looked-at", stream);
  setInterval(listen, SILENCE / 4);
  return new Promise(() => {}); // the lock is held until the tab goes away
}

function look() {
  const board = boardShown();
  if (board && !document.hidden) tell("look", board);
}

async function begin() {
  if (!navigator.locks) return lead();
  await navigator.locks.request(name, { ifAvailable: true }, (lock) => lock && lead());
  navigator.locks.request(name, lead);
  catchUp(); // what was told between the page and its first ear
}

if (name) {
  whenArrives("#board", look);
  document.addEventListener("visibilitychange", look);
  begin();
}
