// Entries on the device's own disk, until the node has them.

import type { Item, Shelf } from "./queue";

const store = "entries";

const done = <T>(r: IDBRequest<T>): Promise<T> => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });

export async function openShelf(): Promise<Shelf> {
  const opening = indexedDB.open("zhigai-kiosk", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(store, { keyPath: "n", autoIncrement: true });
  const db = await done(opening);
  // The browser keeps what it calls best-effort only while there is room.
  await navigator.storage?.persist?.().catch(() => false);
  const write = <T>(work: (s: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    new Promise((ok, no) => {
      const t = db.transaction(store, "readwrite", { durability: "strict" });
      const r = work(t.objectStore(store));
      t.oncomplete = () => ok(r.result);
      t.onerror = () => no(t.error);
      t.onabort = () => no(t.error);
    });
  return {
    add: async (item) => ({ ...item, n: Number(await write((s) => s.add(item))) }),
    all: () => done(db.transaction(store).objectStore(store).getAll() as IDBRequest<Item[]>),
    put: async (item) => void (await write((s) => s.put(item))),
    remove: async (n) => void (await write((s) => s.delete(n))),
  };
}

/** A key nobody else makes; randomUUID is not there on a LAN without TLS. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}
