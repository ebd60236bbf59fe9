// The page's end of the live stream: a store that components subscribe to.

import { useEffect, useSyncExternalStore } from "react";
import type { LiveValue, Machine } from "../api/types";
import { type FromPage, Hub, type Source, type ToPage } from "./hub";

export interface Board { machines: ReadonlyMap<string, Machine>; ready: boolean }
export interface Line { up: boolean | null; since: number }

let board: Board = { machines: new Map(), ready: false };
let line: Line = { up: null, since: Date.now() };
const boardSubs = new Set<() => void>();
const lineSubs = new Set<() => void>();
const valueSubs = new Map<string, Set<(items: LiveValue[]) => void>>();
let post: ((m: FromPage) => void) | null = null;

function hear(m: ToPage): void {
  if (m.kind === "machines") {
    const next = new Map(m.full ? [] : board.machines);
    for (const item of m.items) next.set(item.id, item);
    board = { machines: next, ready: true };
    for (const f of boardSubs) f();
  } else if (m.kind === "line") {
    line = { up: m.up, since: m.since };
    for (const f of lineSubs) f();
  } else for (const f of valueSubs.get(m.machine) ?? []) f(m.items);
}

function connect(): (m: FromPage) => void {
  if (post) return post;
  if (typeof SharedWorker !== "undefined") {
    const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name: "zhigai-live" });
    worker.port.onmessage = (e: MessageEvent<ToPage>) => hear(e.data);
    post = (m) => worker.port.postMessage(m);
  } else {
    const hub = new Hub({ open: (url) => new EventSource(url) as Source, now: () => Date.now(), every: (f, ms) => setInterval(f, ms) });
    hub.join(hear);
    post = (m) => hub.hear(hear, m);
  }
  const send = post;
  addEventListener("pagehide", () => send({ kind: "bye" }));
  // A page that comes back from the browser's cache joins again by loading anew.
  addEventListener("pageshow", (e) => (e as PageTransitionEvent).persisted && location.reload());
  return send;
}

function subscribeTo(subs: Set<() => void>) {
  return (f: () => void) => {
    connect();
    subs.add(f);
    return () => void subs.delete(f);
  };
}
const onBoard = subscribeTo(boardSubs);
const onLine = subscribeTo(lineSubs);

export const useBoard = (): Board => useSyncExternalStore(onBoard, () => board);
export const useLine = (): Line => useSyncExternalStore(onLine, () => line);

/** Calls f with each batch of a machine's values; nothing is rendered by it. */
export function useLiveValues(machine: string, f: (items: LiveValue[]) => void): void {
  useEffect(() => {
    const send = connect();
    const subs = valueSubs.get(machine) ?? new Set();
    valueSubs.set(machine, subs);
    subs.add(f);
    send({ kind: "watch", machine });
    return () => {
      subs.delete(f);
      if (subs.size === 0) {
        valueSubs.delete(machine);
        send({ kind: "watch", machine: null });
      }
    };
  }, [machine, f]);
}

/** After signing in or out: what is on the stream belongs to somebody else. */
export function restartLive(): void {
  board = { machines: new Map(), ready: false };
  post?.({ kind: "restart" });
}
