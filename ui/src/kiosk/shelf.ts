// Entries on the device's own disk, until the node has them.

import type { Item, Shelf } from "./queue";

const store = "entries";

const done = <T>(r: IDBRequest<T>): Promise<T> => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });

/** The device's disk: entries that wait, and files that were shown. */
export async function openDisk(): Promise<IDBDatabase> {
  const opening = indexedDB.open("zhigai-kiosk", 2);
  opening.onupgradeneeded = (e) => {
    if (e.oldVersion < 1) opening.result.createObjectStore(store, { keyPath: "n", autoIncrement: true });
    if (e.oldVersion < 2) opening.result.createObjectStore("files", { keyPath: "sha256" });
  };
  return done(opening);
}

export async function openShelf(): Promise<Shelf> {
  const db = await openDisk();
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
