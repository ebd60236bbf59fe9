// Where things are in a Gantt chart: pure geometry, so that it can be tested
// without a canvas. Times are instants in milliseconds, places pixels.

import { clock, day8, hour, minute, day as oneDay } from "../../lib/time";

export interface Span { from: number; to: number }

export interface Resource { id: string; name: string; open: readonly Span[] }

/** An operation at a resource. */
export interface Bar extends Span {
  id: string;
  resource: string;
  /** Operations of one order are shown as belonging together. */
  group: string;
  text: string;
  /** Setting up ends where the bar begins. */
  setupMs: number;
  late?: boolean;
  locked?: boolean;
  /** It runs already and stays where it is. */
  frozen?: boolean;
  /** Why it cannot be where it is; empty for what can. */
  wrong?: boolean;
}

/** What of the chart is seen. top: pixels that rows are scrolled by. */
export interface View extends Span { top: number }

export const rowHeight = 30;
export const headHeight = 34;
export const leftWidth = 150;
export const loadHeight = 64;

/** Bars of one resource by beginning, with what is needed to find those in a stretch without looking at the others. */
export interface Row {
  resource: Resource;
  bars: Bar[];
  /** The lane of each bar: those at a time stand one above the other. */
  lane: Uint8Array;
  lanes: number;
  /** The latest end of all bars up to each. */
  reach: Float64Array;
}

const maxLanes = 6;

export function rowsOf(resources: readonly Resource[], bars: readonly Bar[]): Row[] {
  const of = new Map<string, Bar[]>(resources.map((r) => [r.id, []]));
  for (const b of bars) of.get(b.resource)?.push(b);
  return resources.map((resource) => {
    const own = (of.get(resource.id) ?? []).sort((a, b) => a.from - b.from || a.to - b.to);
    const lane = new Uint8Array(own.length);
    const reach = new Float64Array(own.length);
    const ends: number[] = [];
    let far = Number.NEGATIVE_INFINITY;
    for (const [i, b] of own.entries()) {
      const free = ends.findIndex((e) => e <= b.from);
      const at = free >= 0 ? free : Math.min(ends.length, maxLanes - 1);
      ends[at] = Math.max(ends[at] ?? 0, b.to);
      lane[i] = at;
      far = Math.max(far, b.to);
      reach[i] = far;
    }
    return { resource, bars: own, lane, lanes: Math.max(1, ends.length), reach };
  });
}

/** The first index of 0..n at which above becomes true; n when never. */
function first(n: number, above: (i: number) => boolean): number {
  let lo = 0;
  let hi = n;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (above(mid)) hi = mid;
    else lo = mid + 1;
  }
  return lo;
}

/** Indices [from, to) of the bars of a row that may be seen in a stretch; setting up included. */
export function seen(row: Row, from: number, to: number, longestSetup: number): [number, number] {
  return [first(row.bars.length, (i) => (row.reach[i] as number) > from), first(row.bars.length, (i) => (row.bars[i] as Bar).from - longestSetup >= to)];
}

/** Indices [from, to) of the spans, in order and apart, that touch a stretch. */
export function touched(spans: readonly Span[], from: number, to: number): [number, number] {
  return [first(spans.length, (i) => (spans[i] as Span).to > from), first(spans.length, (i) => (spans[i] as Span).from >= to)];
}

export interface Box { x: number; y: number; w: number; h: number }

export const xOf = (t: number, v: Span, width: number): number => leftWidth + ((t - v.from) / (v.to - v.from)) * (width - leftWidth);
export const timeOf = (x: number, v: Span, width: number): number => v.from + ((x - leftWidth) / (width - leftWidth)) * (v.to - v.from);
export const yOf = (row: number, top: number): number => headHeight + row * rowHeight - top;
export const rowAt = (y: number, top: number): number => Math.floor((y - headHeight + top) / rowHeight);

/** Where a bar stands, setting up left out. A short one must stay visible. */
export function boxOf(row: Row, i: number, rowIndex: number, v: View, width: number): Box {
  const b = row.bars[i] as Bar;
  const x = xOf(b.from, v, width);
  const h = (rowHeight - 6) / row.lanes;
  return { x, y: yOf(rowIndex, v.top) + 3 + (row.lane[i] as number) * h, w: Math.max(1, xOf(b.to, v, width) - x), h: Math.max(2, h - (row.lanes > 1 ? 1 : 0)) };
}

/** The bar under a point. */
export function hit(rows: readonly Row[], x: number, y: number, v: View, size: { width: number; height: number }): Bar | undefined {
  if (x < leftWidth || y < headHeight || y > size.height - loadHeight) return undefined;
  const r = rowAt(y, v.top);
  const row = rows[r];
  if (!row) return undefined;
  const near = (v.to - v.from) / (size.width - leftWidth) * 2; // two pixels beside a short one count as it
  const t = timeOf(x, v, size.width);
  const [a, b] = seen(row, t - near, t + near, 0);
  for (let i = b - 1; i >= a; i--) {
    const box = boxOf(row, i, r, v, size.width);
    if (x >= box.x - 2 && x <= box.x + box.w + 2 && y >= box.y && y <= box.y + box.h) return row.bars[i];
  }
  return undefined;
}

/** The next bar for an arrow key: the neighbour at the resource, or the nearest in time above or below. */
export function step(rows: readonly Row[], from: Bar | undefined, way: "left" | "right" | "up" | "down", at: number): Bar | undefined {
  const nearest = (row: Row, t: number): Bar | undefined => {
    const i = first(row.bars.length, (k) => (row.bars[k] as Bar).from >= t);
    const [after, before] = [row.bars[i], row.bars[i - 1]];
    if (!after || !before) return after ?? before;
    return Math.abs(after.from - t) < Math.abs(t - before.from) ? after : before;
  };
  if (!from) {
    const row = rows.find((r) => r.bars.length > 0);
    return row && nearest(row, at);
  }
  const r = rows.findIndex((x) => x.resource.id === from.resource);
  const row = rows[r];
  if (!row) return undefined;
  const i = row.bars.findIndex((b) => b.id === from.id);
  if (way === "left" || way === "right") return row.bars[i + (way === "left" ? -1 : 1)];
  const by = way === "up" ? -1 : 1;
  for (let k = r + by; k >= 0 && k < rows.length; k += by) {
    const found = nearest(rows[k] as Row, from.from);
    if (found) return found;
  }
  return undefined;
}

const shortest = 10 * minute;
const longest = 400 * oneDay;

/** Nearer or farther, what is under the pointer staying there. */
export function zoom(v: View, at: number, by: number): View {
  const length = Math.min(longest, Math.max(shortest, (v.to - v.from) * by));
  const share = (at - v.from) / (v.to - v.from);
  return { ...v, from: at - share * length, to: at + (1 - share) * length };
}

/** Moved, and kept where there is something to see. */
export function pan(v: View, ms: number, pixels: number, rows: number, height: number, whole: Span): View {
  const length = v.to - v.from;
  const from = Math.min(Math.max(v.from + ms, whole.from - length * 0.9), whole.to - length * 0.1);
  return { from, to: from + length, top: clampTop(v.top + pixels, rows, height) };
}

export const clampTop = (top: number, rows: number, height: number): number => Math.max(0, Math.min(top, rows * rowHeight - (height - headHeight - loadHeight)));

/** Scrolled so that a bar can be seen; the same when it can be. */
export function reveal(v: View, bar: Bar, rowIndex: number, rows: number, height: number): View {
  const length = v.to - v.from;
  const shown = bar.to > v.from + length * 0.03 && bar.from < v.to - length * 0.03;
  const from = shown ? v.from : bar.from - length * 0.3;
  const room = height - headHeight - loadHeight;
  const y = rowIndex * rowHeight;
  const top = y < v.top ? y : y + rowHeight > v.top + room ? y + rowHeight - room : v.top;
  return { from, to: from + length, top: clampTop(top, rows, height) };
}

const steps = [5 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 4 * hour, 8 * hour, oneDay, 2 * oneDay, 7 * oneDay, 14 * oneDay, 28 * oneDay];
const zone = 8 * hour; // whole steps of the plant's clock

export interface Tick { at: number; text: string; day?: string }

/** Marks of the time axis at whole steps; day: where another day begins to be named. */
export function ticks(v: Span, width: number): Tick[] {
  const length = v.to - v.from;
  const size = steps.find((s) => (length / s) * 64 <= width) ?? 28 * oneDay;
  const out: Tick[] = [];
  let last = "";
  for (let t = Math.ceil((v.from + zone) / size) * size - zone; t < v.to; t += size) {
    const d = day8(t).slice(5);
    out.push({ at: t, text: size >= oneDay ? d : clock(t), ...(size < oneDay && d !== last ? { day: d } : {}) });
    last = d;
  }
  return out;
}

/** How much of all time up to an instant lies in spans; those of several resources add up. */
export class Cumulative {
  private readonly t: Float64Array;
  private readonly sum: Float64Array;
  private readonly slope: Float64Array;

  constructor(spans: readonly Span[]) {
    const events = spans.flatMap((s) => (s.to > s.from ? [{ t: s.from, by: 1 }, { t: s.to, by: -1 }] : [])).sort((a, b) => a.t - b.t);
    this.t = new Float64Array(events.length);
    this.sum = new Float64Array(events.length);
    this.slope = new Float64Array(events.length);
    let [total, open, before] = [0, 0, events[0]?.t ?? 0];
    for (const [i, e] of events.entries()) {
      total += open * (e.t - before);
      open += e.by;
      before = e.t;
      this.t[i] = e.t;
      this.sum[i] = total;
      this.slope[i] = open;
    }
  }

  at(t: number): number {
    const i = first(this.t.length, (k) => (this.t[k] as number) > t) - 1;
    return i < 0 ? 0 : (this.sum[i] as number) + (this.slope[i] as number) * (t - (this.t[i] as number));
  }
}

/** The parts of the bars, setting up included, that lie in open time; each instant of a resource once. */
export function busy(row: Row): Span[] {
  const out: Span[] = [];
  let done = Number.NEGATIVE_INFINITY;
  for (const b of row.bars) {
    const from = Math.max(done, b.from - b.setupMs);
    if (b.to <= from) continue;
    const [a, z] = touched(row.resource.open, from, b.to);
    for (let i = a; i < z; i++) {
      const o = row.resource.open[i] as Span;
      out.push({ from: Math.max(from, o.from), to: Math.min(b.to, o.to) });
    }
    done = Math.max(done, b.to);
  }
  return out;
}

export interface Load { busy: Cumulative; open: Cumulative }

export const loadOf = (rows: readonly Row[]): Load => ({ busy: new Cumulative(rows.flatMap(busy)), open: new Cumulative(rows.flatMap((r) => r.resource.open)) });

/** Busy ÷ open time in a stretch, 0..1; undefined where nothing is open. */
export function utilisation(l: Load, from: number, to: number): number | undefined {
  const open = l.open.at(to) - l.open.at(from);
  return open <= 0 ? undefined : Math.min(1, (l.busy.at(to) - l.busy.at(from)) / open);
}

/** Everything there is, with room at both sides. */
export function whole(bars: readonly Bar[], now: number): Span {
  let from = now;
  let to = now + 8 * hour;
  for (const b of bars) {
    from = Math.min(from, b.from - b.setupMs);
    to = Math.max(to, b.to);
  }
  const room = (to - from) * 0.03;
  return { from: from - room, to: to + room };
}
