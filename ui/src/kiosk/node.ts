// What the kiosk says to the node, and what time it is there.

import { sayIn } from "../i18n/say";
import { lang } from "./words";

export class Unauthorized extends Error {}

/** The node heard and said no; silence is any other error. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** After so long without an answer the network counts as down. */
const patience = 8_000;

const key = "zhigai.kiosk.offset";
let offset = Number(localStorage.getItem(key)) || 0;

/** The node's clock: a panel's own may be wrong by days, and entries carry the time at which they were made. */
export const nodeNow = (): number => Date.now() + offset;

function heard(date: string | null): void {
  const at = Date.parse(date ?? "");
  if (!Number.isFinite(at) || Math.abs(at - nodeNow()) < 2_000) return; // the header tells whole seconds
  offset = at - Date.now();
  localStorage.setItem(key, String(offset));
}

export async function ask<T>(path: string, body?: unknown): Promise<T> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patience);
  try {
    const res = await fetch(`/api/v1${path}`, {
      method: body === undefined ? "GET" : "POST", credentials: "same-origin", signal: stop.signal,
      headers: { "Content-Type": "application/json", "X-Zhigai": "1" }, body: body === undefined ? null : JSON.stringify(body),
    });
    heard(res.headers.get("Date"));
    if (res.status === 401) throw new Unauthorized();
    const said = (await res.json()) as T & { detail?: string };
    if (!res.ok) throw new Refused(res.status, (await sayIn(lang()))(said.detail ?? res.statusText));
    return said;
  } finally {
    clearTimeout(timer);
  }
}
