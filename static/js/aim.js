// Shows where the card in the hand would land: a column, or a target of the dock.
/** Moving back to an earlier stage is not for everybody, into the past for nobody. */
function refuses(target, start) {
  if ("refuses" in target.dataset) return target !== start;
  const earlier = target.compareDocumentPosition(start) & Node.DOCUMENT_POSITION_FOLLOWING;
  return "stage" in target.dataset && document.getElementById("board").dataset.back === "refused" && Boolean(earlier);
}

/** Over the dock the start is the card's stage among the stages there, whatever the columns are. */
export function aim(card, column, start, docked) {
  const from = docked ? document.querySelector(`.dock__target[data-stage="${card.dataset.stage}"]`) : start;
  for (const target of document.querySelectorAll("#board .column, #dock .dock__target")) {
    const here = target === (docked ?? column);
    const no = here && refuses(target, from);
    target.classList.toggle("is-target", here && !no);
    target.classList.toggle("is-refusing", no);
  }
}

export function unaim() {
  for (const target of document.querySelectorAll(".is-target, .is-refusing")) target.classList.remove("is-target", "is-refusing");
}
