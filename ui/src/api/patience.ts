// What a client does when the node says "later": it waits as long as it is
// told, some more so that not all come back at once, and not for ever.

/** Longest that one question waits in all, ms. */
export const longestWait = 20_000;
const tries = 3;

/** How long to wait before asking again, ms; undefined when asking again is of no use. */
export function pauseOf(status: number, method: string, retryAfter: string | null, attempt: number, waited: number, random = Math.random()): number | undefined {
  if (retryAfter === null || attempt >= tries) return undefined;
  // 429 was refused before anything was done; of a 503 nobody knows.
  if (status !== 429 && !(status === 503 && method === "GET")) return undefined;
  const seconds = Number(retryAfter);
  if (!Number.isFinite(seconds) || seconds < 0) return undefined;
  const pause = seconds * 1000 * (1 + random / 4) * attempt;
  return waited + pause <= longestWait ? pause : undefined;
}

/** Waits, or fails at once when the question is given up. */
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const timer = setTimeout(done, ms);
    function done() {
      signal?.removeEventListener("abort", gone);
      resolve();
    }
    function gone() {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    }
    signal?.addEventListener("abort", gone, { once: true });
  });
}

let waiting = 0;
const watchers = new Set<() => void>();

function change(by: number) {
  waiting += by;
  for (const w of watchers) w();
}

/** Waits, and lets pages see that somebody does. */
export async function waitSeen(ms: number, signal?: AbortSignal): Promise<void> {
  change(1);
  try {
    await wait(ms, signal);
  } finally {
    change(-1);
  }
}

/** How many questions were told to come later and wait for it. */
export const putOff = {
  now: () => waiting,
  watch: (f: () => void) => {
    watchers.add(f);
    return () => void watchers.delete(f);
  },
};
