// Drawings and pictures of the job at hand, on the device's own disk: an operator
// sees them when the network is gone, too. A file's name is the SHA-256 of its
// bytes, so that what is here is never out of date.

import { openDisk } from "./shelf";

const store = "files";
/** Files that a device keeps; the ones that came first go first. */
const most = 60;

interface Kept { sha256: string; at: number; blob: Blob }

const done = <T>(r: IDBRequest<T>): Promise<T> => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });

/** Gives a file from the disk, or from the node, and keeps it. */
export async function fileOf(sha256: string): Promise<Blob> {
  const db = await openDisk();
  const here = (await done(db.transaction(store).objectStore(store).get(sha256))) as Kept | undefined;
  if (here) return here.blob;
  const res = await fetch(`/api/v1/files/${sha256}`, { credentials: "same-origin" });
  if (!res.ok) throw new Error(`${res.status} ${res.statusText}`);
  const blob = await res.blob();
  await done(db.transaction(store, "readwrite").objectStore(store).put({ sha256, at: Date.now(), blob } satisfies Kept));
  await forget(db);
  return blob;
}

async function forget(db: IDBDatabase): Promise<void> {
  const all = (await done(db.transaction(store).objectStore(store).getAll())) as Kept[];
  for (const k of all.sort((a, b) => b.at - a.at).slice(most)) await done(db.transaction(store, "readwrite").objectStore(store).delete(k.sha256));
}

const asked = new Set<string>();

/** Brings files that will be wanted; what cannot be brought now is asked for again. */
export function bring(all: readonly string[]): void {
  for (const sha256 of all) {
    if (asked.has(sha256)) continue;
    asked.add(sha256);
    fileOf(sha256).catch(() => asked.delete(sha256));
  }
}
