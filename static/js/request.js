// What every request of this page carries, and requests whose end matters to the caller.
export const client = Math.random().toString(36).slice(2);

function headers() {
  const { organization } = document.documentElement.dataset;
  return {
    "X-CSRFToken": document.querySelector('meta[name="csrf-token"]')?.content ?? "",
    "X-Client": client,
    ...(organization && { "X-Organization": organization }),
  };
}

document.addEventListener("htmx:configRequest", ({ detail }) => {
  Object.assign(detail.headers, headers());
  detail.timeout ||= detail.elt.matches("#board *, #board") ? 15000 : 0;
});

/** Asks through htmx. Resolves to the XMLHttpRequest whatever the status, with status 0 when nobody answered. */
export function ask(verb, url, source, { swap = "none", ...more } = {}) {
  return new Promise((resolve) => {
    const ended = (event) => {
      if (event.target !== source) return;
      source.removeEventListener("htmx:afterRequest", ended);
      resolve(event.detail.xhr);
    };
    source.addEventListener("htmx:afterRequest", ended);
    const unsent = () => resolve({ status: 0 });
    htmx.ajax(verb, url, { source, target: source, swap, ...more }).then(unsent, unsent);
  });
}
