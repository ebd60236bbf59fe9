import type { BreakdownRow, MachineMonth, TargetResult } from "../../api/types";

/** Terms of several rows added up. Ratios are never averaged. */
export function addUp(rows: readonly { terms: Record<string, number> }[], rest: Record<string, number> = {}): Record<string, number> {
  const out: Record<string, number> = { ...rest };
  for (const r of rows) for (const [term, n] of Object.entries(r.terms)) out[term] = (out[term] ?? 0) + n;
  return out;
}

/** Terms in which a sum differs from the whole. What counts years is no sum. */
export function differing(sum: Record<string, number>, whole: Record<string, number>): string[] {
  return Object.keys(whole).filter((term) => term !== "years" && (sum[term] ?? 0) !== whole[term]);
}

/** The order in which terms are shown: what is counted first, then out of what. */
export function termsOf(of: Pick<TargetResult, "terms">, formula: string | undefined): string[] {
  const at = (term: string) => { const i = (formula ?? "").search(new RegExp(`\\b${term}\\b`)); return i < 0 ? 1e6 : i; };
  return Object.keys(of.terms).sort((a, b) => at(a) - at(b) || a.localeCompare(b));
}

/** Rows by value for a sort; what has none comes last in both directions. */
export function byValue(a: BreakdownRow, b: BreakdownRow, order: "ascend" | "descend" | null | undefined): number {
  if (a.value === null || b.value === null) return a.value === b.value ? 0 : (a.value === null) === (order !== "descend") ? 1 : -1;
  return a.value - b.value;
}

/** Which step of the scale a value is on: 0 to 3; the last begins at what is wanted, or else the steps divide what there is. */
export function stepOf(value: number, steps: readonly number[]): number {
  return steps.filter((s) => value >= s).length;
}

/** The lower ends of steps 1 to 3. */
export function stepsOf(values: readonly number[], wanted: number | undefined): [number, number, number] {
  if (wanted !== undefined && wanted > 0) return [wanted * 0.5, wanted * 0.8, wanted];
  const low = Math.min(...values);
  const high = Math.max(...values);
  if (values.length === 0 || high <= low) return [high, high, high];
  return [low + (high - low) / 4, low + (high - low) / 2, low + ((high - low) * 3) / 4];
}

/** The local hour of a day as day and hour of UTC, in which samples are sealed. */
export function utcHour(day: string, hour: number): { day: string; hour: number } {
  const at = new Date(Date.parse(`${day}T00:00:00+08:00`) + hour * 3600_000);
  return { day: at.toISOString().slice(0, 10), hour: at.getUTCHours() };
}

/** The days of UTC that a local day lies in. */
export const utcDays = (day: string) => ({ from: utcHour(day, 0).day, to: utcHour(day, 23).day });

/** The first day of a month and of the one behind it. */
export function monthSpan(month: string): { from: string; to: string } {
  const [y = 0, m = 1] = month.split("-").map(Number);
  return { from: `${month}-01`, to: m === 12 ? `${y + 1}-01-01` : `${y}-${String(m + 1).padStart(2, "0")}-01` };
}

export const share = (part: number, whole: number): number | undefined => (whole > 0 ? part / whole : undefined);

/** Machines that count, of all. */
export const networked = (months: readonly MachineMonth[]): number => months.filter((m) => m.networked).length;
