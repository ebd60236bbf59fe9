import { useSyncExternalStore } from "react";

// One timer for everything that counts seconds on a page.
const subs = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | null = null;

function subscribe(f: () => void) {
  subs.add(f);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const s of subs) s();
  }, 1000);
  return () => {
    subs.delete(f);
    if (subs.size === 0 && timer) {
      clearInterval(timer);
      timer = null;
    }
  };
}

/** The present, renewed each second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
