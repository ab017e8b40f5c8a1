// Shows where the card in the hand would land: a column, or a target of the dock.
/** Moving back to an earlier column is not for everybody. */
function refuses(board, column, start) {
  const earlier = column.compareDocumentPosition(start) & Node.DOCUMENT_POSITION_FOLLOWING;
  return board.dataset.back === "refused" && Boolean(earlier);
}

export function aim(column, start, docked) {
  for (const target of document.querySelectorAll("#board .column, #dock .dock__target")) {
    const here = target === (docked ?? column);
    const no = here && !docked && refuses(column.closest("#board"), column, start);
    target.classList.toggle("is-target", here && !no);
    target.classList.toggle("is-refusing", no);
  }
}

export function unaim() {
  for (const target of document.querySelectorAll(".is-target, .is-refusing")) target.classList.remove("is-target", "is-refusing");
}
