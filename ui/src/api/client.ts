// The one place that speaks HTTP. Pages ask through src/api/queries.ts.

import { storedLang } from "../i18n";
import { sayIn } from "../i18n/say";
import { pauseOf, waitSeen } from "./patience";

export interface FieldProblem { message: string; location?: string }

/** An answer of the node that is not a success, as RFC 9457 problem. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: FieldProblem[];
  /** Of a sign-in that is locked: until when. */
  readonly until: string | undefined;
  /** Where the second step of a sign-in is to come. */
  readonly ticket: string | undefined;
  /** It was asked again already, as the node had said. */
  waited = false;

  constructor(status: number, code: string, message: string, fields: FieldProblem[] = [], more: { until?: string; ticket?: string } = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.fields = fields;
    this.until = more.until;
    this.ticket = more.ticket;
  }
}

export type Query = Record<string, string | number | boolean | undefined | readonly (string | number)[]>;

export interface Call {
  query?: Query;
  body?: unknown;
  /** Sent as it is instead of JSON. */
  text?: string;
  /** Sent as it is, byte by byte. */
  file?: Blob;
  rev?: number;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

const base = "/api/v1";

/** Address of a resource, with undefined and empty parameters left out. */
export function address(path: string, query: Query = {}): string {
  const q = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined || value === "") continue;
    if (Array.isArray(value)) for (const v of value) q.append(key, String(v));
    else q.append(key, String(value));
  }
  const s = q.toString();
  const root = path.startsWith("/api/") ? path : base + path;
  return s ? `${root}${root.includes("?") ? "&" : "?"}${s}` : root;
}

export async function problemOf(res: Response): Promise<ApiError> {
  try {
    const p = (await res.json()) as { code?: string; detail?: string; title?: string; errors?: FieldProblem[] | null; until?: string; ticket?: string };
    const say = await sayIn(storedLang());
    return new ApiError(res.status, p.code ?? "internal", say(p.detail ?? p.title ?? res.statusText), (p.errors ?? []).map((f) => ({ ...f, message: say(f.message) })), p);
  } catch {
    return new ApiError(res.status, res.status === 404 ? "not_found" : "internal", res.statusText || `HTTP ${res.status}`);
  }
}

async function send(method: string, path: string, call: Call): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...call.headers };
  // The header proves to the node that a page of its own sent the request.
  if (method !== "GET") headers["X-Zhigai"] = "1";
  if (call.rev !== undefined) headers["If-Match"] = `"${call.rev}"`;
  let body: string | Blob | undefined;
  if (call.file !== undefined) {
    headers["Content-Type"] = "application/octet-stream";
    body = call.file;
  } else if (call.text !== undefined) {
    headers["Content-Type"] = "application/yaml";
    body = call.text;
  } else if (call.body !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(call.body);
  }
  const init: RequestInit = { method, headers, body: body ?? null, signal: call.signal ?? null, credentials: "same-origin" };
  for (let attempt = 1, waited = 0; ; attempt++) {
    const res = await once(address(path, call.query), init);
    if (res.ok) return res;
    const pause = pauseOf(res.status, method, res.headers.get("Retry-After"), attempt, waited);
    if (pause === undefined) {
      const problem = await problemOf(res);
      problem.waited = attempt > 1;
      throw problem;
    }
    waited += pause;
    await waitSeen(pause, call.signal);
  }
}

async function once(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (err) {
    if (err instanceof DOMException && err.name === "AbortError") throw err;
    throw new ApiError(0, "offline", "");
  }
}

async function json<T>(method: string, path: string, call: Call): Promise<T> {
  const res = await send(method, path, call);
  return res.status === 204 ? (undefined as T) : ((await res.json()) as T);
}

export const api = {
  get: <T>(path: string, query: Query = {}, signal?: AbortSignal) => json<T>("GET", path, signal ? { query, signal } : { query }),
  post: <T>(path: string, body?: unknown, query: Query = {}, headers: Record<string, string> = {}) => json<T>("POST", path, { body, query, headers }),
  postText: <T>(path: string, text: string, query: Query = {}) => json<T>("POST", path, { text, query }),
  postFile: <T>(path: string, file: Blob, query: Query = {}) => json<T>("POST", path, { file, query }),
  postUntil: <T>(path: string, body: unknown, signal: AbortSignal) => json<T>("POST", path, { body, signal }),
  put: <T>(path: string, body: unknown, rev?: number) => json<T>("PUT", path, rev === undefined ? { body } : { body, rev }),
  del: <T>(path: string, rev?: number) => json<T>("DELETE", path, rev === undefined ? {} : { rev }),
  bytes: async (path: string, query: Query, signal?: AbortSignal) =>
    (await send("GET", path, signal ? { query, signal } : { query })).arrayBuffer(),
  text: async (path: string, query: Query = {}) => (await send("GET", path, { query })).text(),
};
