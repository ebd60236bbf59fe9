import type { Contact, Line, Partner } from "../../api/exchange";

export const ways = ["http", "folder", "database"] as const;
export const formats = ["b2mml", "json", "csv", "xlsx"] as const;
export const kinds = ["order", "statement", "definition", "lot"] as const;
export const states = ["received", "done", "partly", "refused", "queued", "acknowledged", "dead"] as const;

/** What the form of a new partner begins with. */
export const fresh: Partner = { id: "", rev: 0, name: "", way: "http", format: "json", mapping: "zhigai", place: "", jobs: false, every_s: 30, silent_s: 86_400, off: false };

/** The partner as the API takes it: without what it alone says, and without what the way or the choice of the mapping does not need. */
export function written(p: Partner & Partial<Contact>): Partner {
  const { counts: _c, silent: _s, since: _i, failed: _f, fail_reason: _r, has_secret: _h, ...rest } = p;
  const out: Partner = { ...rest, mapping: rest.own ? "" : rest.mapping };
  if (p.way === "folder") { delete out.url; delete out.secret; }
  if (p.way !== "database") delete out.schema;
  for (const key of ["url", "secret", "schema", "own"] as const) if (!out[key]) delete out[key];
  return out;
}

/** Base64 of a text in UTF-8, as JSON carries bytes. */
export function base64(text: string): string {
  let bytes = "";
  for (const b of new TextEncoder().encode(text)) bytes += String.fromCharCode(b);
  return btoa(bytes);
}

const open = ["not_theirs", "never_came", "other_ordered", "booked_otherly"];

/** How a line of the reconciliation is to be taken. */
export function resultOf(l: Line): "equal" | "explained" | "differs" {
  if (l.equal) return "equal";
  return l.causes.some((c) => !open.includes(c.cause)) ? "explained" : "differs";
}
