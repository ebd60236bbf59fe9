// Stretches of time as a page keeps them in its address: relative words stay
// relative, so that a bookmark of "today" means today tomorrow.

import { day, hour, iso, startOfDay } from "./time";

export const presets = ["1h", "8h", "today", "shift", "24h", "7d", "30d"] as const;
export type Preset = (typeof presets)[number];
export interface Range { from: number; to: number }
export interface RangeSearch { range?: Preset; from?: string; to?: string }

const spans: Partial<Record<Preset, number>> = { "1h": hour, "8h": 8 * hour, "24h": 24 * hour, "7d": 7 * day, "30d": 30 * day };

export function isPreset(v: unknown): v is Preset {
  return typeof v === "string" && (presets as readonly string[]).includes(v);
}

/** Reads what an address says; anything unreadable is left out. */
export function parseRange(search: Record<string, unknown>): RangeSearch {
  const out: RangeSearch = {};
  if (isPreset(search.range)) return { range: search.range };
  if (typeof search.from === "string" && typeof search.to === "string") {
    const from = Date.parse(search.from);
    const to = Date.parse(search.to);
    if (Number.isFinite(from) && Number.isFinite(to) && from < to) return { from: iso(from), to: iso(to) };
  }
  return out;
}

/** The instants that a search means now. shiftStart is where the shift began, if known. */
export function resolveRange(search: RangeSearch, fallback: Preset, now: number, shiftStart?: number): Range {
  if (search.from && search.to) return { from: Date.parse(search.from), to: Date.parse(search.to) };
  const preset = search.range ?? fallback;
  if (preset === "today") return { from: startOfDay(now), to: now };
  if (preset === "shift") return { from: shiftStart ?? now - 8 * hour, to: now };
  return { from: now - (spans[preset] ?? day), to: now };
}

/** Rounds the present down, so that a question keeps its key for a while. */
export function steady(now: number, step = 10_000): number {
  return Math.floor(now / step) * step;
}

const clockMinutes = (hhmm: string): number => Number(hhmm.slice(0, 2)) * 60 + Number(hhmm.slice(3, 5));

/** When the present shift began; undefined outside of every shift. */
export function shiftStart(shifts: { start: string; end: string; weekdays: number[] }[], now: number): number | undefined {
  const midnight = startOfDay(now);
  for (const base of [midnight, midnight - day]) {
    const weekday = ((Math.floor((base + 8 * hour) / day) + 3) % 7) + 1; // 1970-01-01 was a Thursday
    for (const s of shifts) {
      if (!s.weekdays.includes(weekday)) continue;
      const from = base + clockMinutes(s.start) * 60_000;
      let to = base + clockMinutes(s.end) * 60_000;
      if (to <= from) to += day;
      if (from <= now && now < to) return from;
    }
  }
  return undefined;
}
