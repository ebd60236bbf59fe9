import { api } from "../api/client";
import type { Series } from "../api/types";
import { type Columns, decodeRaw, emptyColumns, lowerBound, type Pen, Pyramid } from "../lib/pyramid";
import { iso, ms } from "../lib/time";

/** Colours of the pens, in order; told apart by colour-blind eyes too. */
export const penColors = ["#1f5fa8", "#c25b00", "#1b7f5c", "#a03a8a", "#7a6200", "#4b4b9e", "#a3322c", "#3d7d8f"];
export const maxPens = penColors.length;

/** Raw points one pen may load; beyond it the node's steps are shown. */
export const maxRaw = 2_000_000;

/** The node's equal steps. A step without a sample still has the value that held. */
export class StepPen implements Pen {
  private readonly s: Series;
  constructor(s: Series) {
    this.s = s;
  }

  columns(from: number, to: number, n: number): Columns {
    const out = emptyColumns(n);
    const { t, min, max, avg, step_ms: step } = this.s;
    const width = (to - from) / n;
    let i = Math.max(0, lowerBound(t, from - step + 1e-6));
    for (let c = 0; c < n; c++) {
      const start = from + c * width;
      const end = start + width;
      while (i < t.length && (t[i] as number) + step <= start) i++;
      for (let j = i; j < t.length && (t[j] as number) < end; j++) {
        const low = min[j] ?? avg[j];
        const high = max[j] ?? avg[j];
        if (low === null || low === undefined || high === null || high === undefined) continue;
        if (!((out.min[c] as number) <= low)) out.min[c] = low;
        if (!((out.max[c] as number) >= high)) out.max[c] = high;
      }
    }
    return out;
  }
}

export async function rawPen(tag: number, from: string, to: string, signal: AbortSignal): Promise<Pen> {
  const { t, v } = decodeRaw(await api.bytes("/series/raw", { tag, from, to, limit: maxRaw }, signal));
  return new Pyramid(t, v, Math.min(ms(to), Date.now()));
}

export const seriesQuery = (tag: number[], from: number, to: number, points: number) => ({ tag, from: iso(from), to: iso(to), points });
