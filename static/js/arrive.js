/** Calls wire for every element that matches, now and after each swap. */
export function whenArrives(selector, wire) {
  htmx.onLoad((root) => {
    if (root.matches(selector)) wire(root);
    root.querySelectorAll(selector).forEach(wire);
  });
}
