// The states of a card on the board: data-state, and a note that says it in words.
const timers = new WeakMap();

const OFF = '.is-ghost, [data-state="held"], [data-state="pending"]';

/** Taken from its place by this viewer, or put somewhere without an answer yet. */
export const isOff = (card) => Boolean(card?.matches(OFF));

/** In the viewer's hand, pressed at least: nothing else may move or replace it now. */
export const busy = (card) => isOff(card) || Boolean(card?.matches(".sortable-chosen"));

export function mark(card, state, milliseconds, named = state) {
  clear(card);
  card.dataset.state = card.dataset.marked = state;
  const note = document.getElementById(`note-${named}`)?.content.cloneNode(true).firstElementChild;
  if (note) {
    note.dataset.passing = "";
    card.append(note);
  }
  if (milliseconds) timers.set(card, setTimeout(clear, milliseconds, card));
}

/** Takes away what mark has set; a state that came from the server stays. */
export function clear(card) {
  clearTimeout(timers.get(card));
  if (!card.dataset.marked) return;
  delete card.dataset.state;
  delete card.dataset.marked;
  card.querySelector(":scope > [data-passing]")?.remove();
}
