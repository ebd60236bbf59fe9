// Extremes of a long row of samples at every zoom, at a cost that does not grow
// with the number of samples: levels of minima and maxima, eight to one.

const fan = 8;

interface Level { min: Float32Array; max: Float32Array }

/** What a row of samples shows in n equal columns: NaN where nothing is known. */
export interface Columns { min: Float64Array; max: Float64Array }

export interface Pen {
  columns(from: number, to: number, n: number): Columns;
}

/** First index whose time is not before t. */
export function lowerBound(times: ArrayLike<number>, t: number): number {
  let lo = 0;
  let hi = times.length;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if ((times[mid] as number) < t) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

export function emptyColumns(n: number): Columns {
  return { min: new Float64Array(n).fill(Number.NaN), max: new Float64Array(n).fill(Number.NaN) };
}

/**
 * Samples that hold until the next one. A NaN is a gap that lasts until the
 * next good sample. Nothing is known from `until` on.
 */
export class Pyramid implements Pen {
  private readonly t: Float64Array;
  private readonly v: Float32Array;
  private readonly until: number;
  private readonly levels: Level[] = [];

  constructor(t: Float64Array, v: Float32Array, until: number) {
    this.t = t;
    this.v = v;
    this.until = until;
    let below: Level = { min: v, max: v };
    while (below.min.length > fan) {
      below = this.fold(below);
      this.levels.push(below);
    }
  }

  get length(): number {
    return this.t.length;
  }

  private fold(below: Level): Level {
    const n = Math.ceil(below.min.length / fan);
    const level = { min: new Float32Array(n).fill(Number.NaN), max: new Float32Array(n).fill(Number.NaN) };
    for (let i = 0; i < n; i++) {
      let low = Number.POSITIVE_INFINITY;
      let high = Number.NEGATIVE_INFINITY;
      const end = Math.min(below.min.length, (i + 1) * fan);
      for (let j = i * fan; j < end; j++) {
        const a = below.min[j] as number;
        const b = below.max[j] as number;
        if (a < low) low = a; // false for NaN
        if (b > high) high = b;
      }
      if (low <= high) {
        level.min[i] = low;
        level.max[i] = high;
      }
    }
    return level;
  }

  /** Extremes of the samples i0 <= i < i1; [NaN, NaN] when none is good. */
  extremes(i0: number, i1: number): [number, number] {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    const take = (row: Level, from: number, to: number) => {
      for (let i = from; i < to; i++) {
        const a = row.min[i] as number;
        const b = row.max[i] as number;
        if (a < low) low = a;
        if (b > high) high = b;
      }
    };
    let row: Level = { min: this.v, max: this.v };
    let a = i0;
    let b = i1;
    for (const above of this.levels) {
      if (b - a <= 2 * fan) break;
      const inA = Math.ceil(a / fan);
      const inB = Math.floor(b / fan);
      take(row, a, inA * fan);
      take(row, inB * fan, b);
      row = above;
      a = inA;
      b = inB;
    }
    take(row, a, b);
    return low <= high ? [low, high] : [Number.NaN, Number.NaN];
  }

  columns(from: number, to: number, n: number): Columns {
    const out = emptyColumns(n);
    const width = (to - from) / n;
    let i = lowerBound(this.t, from);
    for (let c = 0; c < n; c++) {
      const start = from + c * width;
      if (start >= this.until) break;
      const end = lowerBound(this.t, start + width);
      let [low, high] = end > i ? this.extremes(i, end) : [Number.NaN, Number.NaN];
      const held = i > 0 ? (this.v[i - 1] as number) : Number.NaN; // what the column begins with
      if (!Number.isNaN(held)) {
        low = Number.isNaN(low) ? held : Math.min(low, held);
        high = Number.isNaN(high) ? held : Math.max(high, held);
      }
      out.min[c] = low;
      out.max[c] = high;
      i = end;
    }
    return out;
  }
}

/** Reads the binary answer: little-endian float64 time in ms and float32 value each. */
export function decodeRaw(buf: ArrayBuffer): { t: Float64Array; v: Float32Array } {
  const n = Math.floor(buf.byteLength / 12);
  const view = new DataView(buf);
  const t = new Float64Array(n);
  const v = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    t[i] = view.getFloat64(i * 12, true);
    v[i] = view.getFloat32(i * 12 + 8, true);
  }
  return { t, v };
}
