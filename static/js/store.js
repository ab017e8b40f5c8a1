// What waits for the network, kept by the browser itself, in the order in which it was done.
const opened = () => new Promise((resolve, reject) => {
  const asked = indexedDB.open("outbox", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("changes", { keyPath: "number", autoIncrement: true });
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});

async function run(mode, act) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const work = database.transaction("changes", mode);
      const asked = act(work.objectStore("changes"));
      work.oncomplete = () => resolve(asked.result);
      work.onabort = () => reject(work.error);
    });
  } finally {
    database.close();
  }
}

export const all = () => run("readonly", (changes) => changes.getAll());
export const put = (change) => run("readwrite", (changes) => changes.put(change));
export const remove = (number) => run("readwrite", (changes) => changes.delete(number));
