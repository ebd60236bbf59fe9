// The geometry of a control chart: plain numbers, no page.

import type { Point, View } from "../../api/quality";
import { ms } from "../../lib/time";

export interface Frame { width: number; height: number; left: number; right: number; top: number; bottom: number }
export interface Scale { x: (at: number) => number; at: (x: number) => number; y: (v: number) => number; low: number; high: number }

/** Values that have to be on the picture: points, limits and specification, as long as it does not flatten the points. */
export function bounds(v: View): [number, number] {
  const all: number[] = [];
  for (const p of v.points) all.push(p.value, ...[p.lcl, p.ucl].filter((x): x is number => typeof x === "number"));
  for (const e of v.envelope) all.push(e.low, e.high);
  const c = v.characteristic;
  let low = Math.min(...all);
  let high = Math.max(...all);
  if (!(high >= low)) return [0, 1];
  const span = high - low || Math.abs(high) || 1;
  for (const s of [c.lsl, c.usl]) {
    if (s !== undefined && s > low - 2 * span && s < high + 2 * span) {
      low = Math.min(low, s);
      high = Math.max(high, s);
    }
  }
  const pad = (high - low || 1) * 0.06;
  return [low - pad, high + pad];
}

export function scaleOf(v: View, from: number, to: number, f: Frame): Scale {
  const [low, high] = bounds(v);
  const w = f.width - f.left - f.right;
  const h = f.height - f.top - f.bottom;
  return {
    low, high, x: (at) => f.left + ((at - from) / (to - from)) * w, at: (x) => from + ((x - f.left) / w) * (to - from), y: (val) => f.top + ((high - val) / (high - low)) * h,
  };
}

/** Where points are close, time says little: they stand in their order, evenly. */
export function spread(points: Point[], from: number, to: number): { at: (i: number) => number; even: boolean } {
  const even = points.length > 1 && points.length <= 400;
  const step = (to - from) / Math.max(1, points.length);
  return { even, at: (i) => (even ? from + (i + 0.5) * step : ms(points[i]?.at ?? 0)) };
}

/** A line of limits that steps where they change. */
export function steps(points: Point[], x: (i: number) => number, y: (v: number) => number, of: (p: Point) => number | null | undefined): string {
  let d = "";
  let before: number | undefined;
  points.forEach((p, i) => {
    const v = of(p);
    if (typeof v !== "number") {
      before = undefined;
      return;
    }
    const half = i > 0 ? (x(i) - x(i - 1)) / 2 : 0;
    if (before === undefined) d += `M${(x(i) - half).toFixed(1)} ${y(v).toFixed(1)}`;
    else if (before !== v) d += `H${(x(i) - half).toFixed(1)}V${y(v).toFixed(1)}`;
    d += `H${x(i).toFixed(1)}`;
    before = v;
  });
  return d;
}

export const signal = (p: Point): boolean => (p.rules?.length ?? 0) > 0 || p.outside === true;

/** The nearest point to a place on the picture. */
export function nearest(points: Point[], x: (i: number) => number, at: number): number {
  let best = -1;
  points.forEach((_, i) => {
    if (best < 0 || Math.abs(x(i) - at) < Math.abs(x(best) - at)) best = i;
  });
  return best;
}

/** Round numbers for an axis. */
export function ticks(low: number, high: number, n = 5): number[] {
  const raw = (high - low) / n;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw) ?? raw;
  const out: number[] = [];
  for (let v = Math.ceil(low / step) * step; v <= high; v += step) out.push(Number(v.toPrecision(12)));
  return out;
}
