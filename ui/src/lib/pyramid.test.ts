import { describe, expect, test } from "vitest";
import { decodeRaw, lowerBound, Pyramid } from "./pyramid";

function row(n: number) {
  const t = new Float64Array(n);
  const v = new Float32Array(n);
  let seed = 7;
  for (let i = 0; i < n; i++) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    t[i] = i * 10 + (seed % 7);
    v[i] = i % 97 === 5 ? Number.NaN : Math.sin(i / 50) * 10 + (seed % 100) / 10;
  }
  v[Math.floor(n / 2)] = 1000; // one spike that must be seen at every zoom
  return { t, v };
}

describe("pyramid", () => {
  const { t, v } = row(20_000);
  const p = new Pyramid(t, v, 200_000);

  test("agrees with looking at every sample", () => {
    for (const [a, b] of [[0, 20_000], [3, 17], [1, 9], [63, 65], [64, 4096], [4999, 15001], [5, 6], [7, 7]] as const) {
      const good = [...v.subarray(a, b)].filter((x) => !Number.isNaN(x));
      const want = good.length ? [Math.min(...good), Math.max(...good)] : [Number.NaN, Number.NaN];
      expect(p.extremes(a, b)).toEqual(want);
    }
  });

  test("a spike of one sample is seen at every zoom", () => {
    const at = t[10_000] as number;
    for (let span = 200_000; span > 20; span /= 2) {
      const from = Math.max(0, at - span / 3);
      expect(Math.max(...p.columns(from, from + span, 300).max.filter((x) => !Number.isNaN(x)))).toBe(1000);
    }
  });
});

test("a value holds, a gap stays a gap, the future is unknown", () => {
  const p = new Pyramid(new Float64Array([10, 40, 60]), new Float32Array([1, Number.NaN, 3]), 80);
  const c = p.columns(0, 100, 10);
  expect([...c.min]).toEqual([Number.NaN, 1, 1, 1, 1, Number.NaN, 3, 3, Number.NaN, Number.NaN]);
});

test("no samples, no values", () => {
  expect([...new Pyramid(new Float64Array(), new Float32Array(), 100).columns(0, 10, 2).max]).toEqual([Number.NaN, Number.NaN]);
});

test("the binary form is read back and a torn end is dropped", () => {
  const buf = new ArrayBuffer(30);
  const view = new DataView(buf);
  view.setFloat64(0, 1234.5, true);
  view.setFloat32(8, 7.25, true);
  view.setFloat64(12, 1235, true);
  view.setFloat32(20, Number.NaN, true);
  const { t, v } = decodeRaw(buf);
  expect([...t]).toEqual([1234.5, 1235]);
  expect([...v]).toEqual([7.25, Number.NaN]);
});

test("lower bound", () => expect([0, 1, 2, 3, 9].map((x) => lowerBound([1, 2, 2, 5], x))).toEqual([0, 0, 1, 3, 4]));
