import { describe, expect, test } from "vitest";
import { hour, minute } from "../../lib/time";
import { type Bar, boxOf, busy, clampTop, Cumulative, headHeight, hit, leftWidth, loadOf, pan, reveal, type Resource, rowHeight, rowsOf, seen, step, ticks, timeOf, touched, utilisation, type View, whole, xOf, zoom } from "./layout";

const start = Date.UTC(2026, 10, 30, 0, 0);
const resource = (id: string, open = [{ from: start, to: start + 24 * hour }]): Resource => ({ id, name: id, open });
const bar = (id: string, at: string, from: number, to: number, more: Partial<Bar> = {}): Bar => ({ id, resource: at, group: id[0] ?? "", text: id, from: start + from * hour, to: start + to * hour, setupMs: 0, ...more });
const view: View = { from: start, to: start + 10 * hour, top: 0 };
const size = { width: leftWidth + 1000, height: 400 };

describe("rows", () => {
  const rows = rowsOf([resource("m"), resource("n")], [bar("b", "m", 3, 4), bar("a", "m", 1, 2), bar("f1", "n", 0, 6), bar("f2", "n", 1, 3), bar("f3", "n", 3, 5), bar("x", "elsewhere", 0, 1)]);

  test("bars stand by beginning, those at one time in lanes", () => {
    expect(rows.map((r) => [r.bars.map((b) => b.id), [...r.lane], r.lanes])).toEqual([[["a", "b"], [0, 0], 1], [["f1", "f2", "f3"], [0, 1, 1], 2]]);
  });

  test("only what may be seen is looked at, long ones included", () => {
    const n = rows[1];
    if (!n) throw new Error("no row");
    expect(seen(n, start + 5.5 * hour, start + 7 * hour, 0)).toEqual([0, 3]);
    expect(seen(n, start + 6 * hour, start + 7 * hour, 0)).toEqual([3, 3]);
    expect(seen(n, start - hour, start, 0)).toEqual([0, 0]);
    expect(seen(n, start - hour, start, hour)).toEqual([0, 1]);
  });

  test("a point finds its bar, in its lane", () => {
    const at = (t: number, y: number) => hit(rows, xOf(start + t * hour, view, size.width), y, view, size)?.id;
    expect(at(1.5, headHeight + 15)).toBe("a");
    expect(at(2.5, headHeight + 15)).toBeUndefined();
    expect(at(2, headHeight + rowHeight + 8)).toBe("f1");
    expect(at(2, headHeight + rowHeight + 22)).toBe("f2");
    expect(at(1.5, headHeight - 5)).toBeUndefined();
    expect(at(1.5, headHeight + 5 * rowHeight)).toBeUndefined();
  });

  test("arrows walk", () => {
    const by = (id: string) => rows.flatMap((r) => r.bars).find((b) => b.id === id);
    expect(step(rows, undefined, "right", start)?.id).toBe("a");
    expect(step(rows, by("a"), "right", 0)?.id).toBe("b");
    expect(step(rows, by("b"), "right", 0)).toBeUndefined();
    expect(step(rows, by("b"), "down", 0)?.id).toBe("f3");
    expect(step(rows, by("f1"), "up", 0)?.id).toBe("a");
    expect(step(rows, by("f1"), "down", 0)).toBeUndefined();
  });

  test("a bar that is too short to be seen is one pixel", () => {
    const r = rowsOf([resource("m")], [bar("s", "m", 1, 1.00001)])[0];
    if (!r) throw new Error("no row");
    expect(boxOf(r, 0, 0, view, size.width).w).toBe(1);
  });
});

describe("view", () => {
  test("what is under the pointer stays under it", () => {
    const at = start + 4 * hour;
    const x = xOf(at, view, size.width);
    const near = zoom(view, at, 0.5);
    expect(near.to - near.from).toBe(5 * hour);
    expect(Math.abs(timeOf(x, near, size.width) - at)).toBeLessThan(1);
    expect(zoom(view, at, 1e-9).to - zoom(view, at, 1e-9).from).toBe(10 * minute);
  });

  test("nobody pans into the void", () => {
    const all = { from: start, to: start + 100 * hour };
    const far = pan(view, 1000 * hour, 5000, 20, 400, all);
    expect(far.from).toBe(start + 99 * hour);
    expect(far.top).toBe(clampTop(5000, 20, 400));
    expect(pan(view, -1000 * hour, -5, 20, 400, all).top).toBe(0);
    expect(clampTop(50, 2, 400)).toBe(0);
  });

  test("a bar is scrolled to, and stays when it is seen", () => {
    expect(reveal(view, bar("a", "m", 1, 2), 0, 50, 400)).toEqual(view);
    const v = reveal(view, bar("a", "m", 30, 31), 40, 50, 400);
    expect(v.from).toBeLessThan(start + 30 * hour);
    expect(v.top).toBeGreaterThan(0);
  });

  test("ticks are whole hours of the plant's clock", () => {
    const got = ticks(view, 1000);
    expect(got.slice(0, 2).map((t) => [t.text, t.day])).toEqual([["08:00", "11-30"], ["09:00", undefined]]);
    expect(ticks({ from: start, to: start + 60 * 24 * hour }, 1000)[0]?.text).toMatch(/^\d\d-\d\d$/);
  });

  test("everything is seen at first", () => {
    const all = whole([bar("a", "m", 1, 2, { setupMs: 3 * hour }), bar("b", "m", 30, 40)], start);
    expect(all.from).toBeLessThan(start - 2 * hour);
    expect(all.to).toBeGreaterThan(start + 40 * hour);
  });
});

describe("load", () => {
  test("time in spans adds up, over resources too", () => {
    const c = new Cumulative([{ from: 10, to: 20 }, { from: 15, to: 25 }, { from: 30, to: 30 }]);
    expect([0, 10, 15, 18, 20, 25, 99].map((t) => c.at(t))).toEqual([0, 0, 5, 11, 15, 20, 20]);
  });

  test("closed time is neither busy nor open, and no instant counts twice", () => {
    const open = [{ from: start, to: start + 2 * hour }, { from: start + 3 * hour, to: start + 5 * hour }];
    const rows = rowsOf([resource("m", open)], [bar("a", "m", 1, 4, { setupMs: hour / 2 }), bar("b", "m", 2, 4)]);
    const row = rows[0];
    if (!row) throw new Error("no row");
    expect(busy(row).map((s) => [(s.from - start) / hour, (s.to - start) / hour])).toEqual([[0.5, 2], [3, 4]]);
    const l = loadOf(rows);
    expect(utilisation(l, start, start + 5 * hour)).toBe(2.5 / 4);
    expect(utilisation(l, start + 2 * hour, start + 3 * hour)).toBeUndefined();
    expect(touched(open, start + 2 * hour, start + 3 * hour)).toEqual([1, 1]);
  });
});

test("of 10,000 bars only those that are seen are looked at", () => {
  const resources = Array.from({ length: 100 }, (_, i) => resource(`r${i}`));
  const bars = Array.from({ length: 10_000 }, (_, i) => bar(`b${i}`, `r${i % 100}`, Math.floor(i / 100) * 2, Math.floor(i / 100) * 2 + 1.5));
  const looked = rowsOf(resources, bars).reduce((n, r) => {
    const [a, b] = seen(r, start + 50 * hour, start + 74 * hour, hour);
    return n + b - a;
  }, 0);
  expect(looked).toBe(100 * 13); // 12 in a day and the one that is set up in its last hour
});
