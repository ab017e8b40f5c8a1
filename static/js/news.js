// What others did, passed on between the tabs of this browser, and how far all of them have heard.
import { boardShown } from "./draw.js";
import { found, lost } from "./offline.js";
import { dealChanged, everythingChanged } from "./refresh.js";

const { live: url, position } = document.body.dataset;
const channel = url && new BroadcastChannel(`live ${url}`);

export const name = url && `live ${url}`;
export const heard = {
  last: position, // the stream, and the next leader, go on from there
  board: boardShown(), // the address of the board looked at last, in whichever tab: the stream brings its parts
  goneSince: 0,
};

const meanings = {
  deal: (text, shown) => dealChanged(JSON.parse(text), shown),
  reload: (text) => everythingChanged(JSON.parse(text).within),
  gone: (since) => lost(since),
  back: () => found(),
  look: (board) => {
    if (board === heard.board) return;
    heard.board = board;
    document.dispatchEvent(new CustomEvent("board-looked-at"));
  },
};

function hear({ kind, text, id, shown }) {
  heard.last = id || heard.last;
  meanings[kind]?.(text, shown);
}

/** To this tab and all others. */
export function tell(kind, text, { id, shown } = {}) {
  hear({ kind, text, id, shown });
  channel.postMessage({ kind, text, id, shown });
}

export function address(path = "") {
  const to = new URL(url, location);
  to.pathname += path;
  to.searchParams.set("after", heard.last);
  for (const [key, value] of new URLSearchParams(heard.board)) to.searchParams.append(key, value);
  return to;
}

/** Asks once for what happened since, where no stream tells it. Whether somebody answered. */
export async function catchUp(pass = (kind, text) => hear({ kind, text })) {
  const answer = await fetch(address("/since")).catch(() => null);
  if (!answer?.ok || answer.redirected) return false;
  const { notes, position: now } = await answer.json();
  for (const note of notes) pass(note.reload ? "reload" : "deal", JSON.stringify(note));
  heard.last = now;
  return true;
}

if (url) {
  channel.onmessage = ({ data: message }) => {
    if (message.kind !== "ask") hear(message);
    else if (heard.goneSince) tell("gone", heard.goneSince);
  };
  channel.postMessage({ kind: "ask" });
  addEventListener("offline", () => lost(Date.now()));
}
