// Times are instants in milliseconds; the plant reads its clock in one zone.

export const zone = "Asia/Shanghai";
export const zoneLabel = "UTC+8 Asia/Shanghai";
const zoneOffset = 8 * 3600_000; // China keeps no summer time

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

const pad = (n: number, w = 2): string => String(n).padStart(w, "0");

/** Fields of an instant on the plant's wall clock. */
function wall(ms: number): Date {
  return new Date(ms + zoneOffset); // read with the getUTC* methods only
}

export function ms(instant: string | number): number {
  return typeof instant === "number" ? instant : Date.parse(instant);
}

export function iso(at: number): string {
  return new Date(at).toISOString();
}

/** Events carry microseconds. */
export function ofMicros(us: number): number {
  return Math.floor(us / 1000);
}

/** 2026-11-23 08:05:09 */
export function dateTime(instant: string | number, withMs = false): string {
  const t = ms(instant);
  if (!Number.isFinite(t) || t <= 0) return "—";
  const d = wall(t);
  const s = `${day8(t)} ${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}:${pad(d.getUTCSeconds())}`;
  return withMs ? `${s}.${pad(d.getUTCMilliseconds(), 3)}` : s;
}

/** 2026-11-23 */
export function day8(instant: string | number): string {
  const d = wall(ms(instant));
  return `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`;
}

/** 08:05 or 08:05:09 */
export function clock(instant: string | number, seconds = false): string {
  const d = wall(ms(instant));
  const s = `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}`;
  return seconds ? `${s}:${pad(d.getUTCSeconds())}` : s;
}

/** 11-23 08:05, the year where it is another one. */
export function shortTime(instant: string | number, now = Date.now()): string {
  const t = ms(instant);
  if (day8(t) === day8(now)) return clock(t, true);
  const d = wall(t);
  const s = `${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())} ${clock(t)}`;
  return d.getUTCFullYear() === wall(now).getUTCFullYear() ? s : `${d.getUTCFullYear()}-${s}`;
}

export function startOfDay(at: number): number {
  return Math.floor((at + zoneOffset) / day) * day - zoneOffset;
}

/** Monday 00:00 of the week. */
export function startOfWeek(at: number): number {
  const d = startOfDay(at);
  const weekday = (wall(d).getUTCDay() + 6) % 7;
  return d - weekday * day;
}

export function startOfMonth(at: number): number {
  const d = wall(at);
  return Date.UTC(d.getUTCFullYear(), d.getUTCMonth(), 1) - zoneOffset;
}

/** From fields read off a wall clock in the plant to the instant. */
export function fromWall(y: number, month: number, d: number, h = 0, mi = 0, s = 0): number {
  return Date.UTC(y, month, d, h, mi, s) - zoneOffset;
}

/** A Date whose local fields show the plant's wall clock, for date pickers. */
export function pickerDate(at: number): Date {
  const d = wall(at);
  return new Date(d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate(), d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds());
}

/** The instant of a picker's local fields. */
export function ofPicker(d: Date): number {
  return fromWall(d.getFullYear(), d.getMonth(), d.getDate(), d.getHours(), d.getMinutes(), d.getSeconds());
}
