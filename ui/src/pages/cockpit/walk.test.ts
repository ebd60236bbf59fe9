import { expect, test } from "vitest";
import type { BreakdownRow } from "../../api/types";
import { addUp, byValue, differing, monthSpan, stepOf, stepsOf, termsOf, utcDays, utcHour } from "./walk";

const row = (value: number | null, terms: Record<string, number> = {}) => ({ region: "330600", value, terms, known: { due: 1, known: 1, basis: null }, coverage: 1, confidence: "A" }) as BreakdownRow;

test("numerators and denominators are added, never the percentages", () => {
  const rows = [row(0.6, { a: 60, b: 100 }), row(0.3, { a: 15, b: 50 })];
  expect(addUp(rows, { b: 10 })).toEqual({ a: 75, b: 160 });
  expect(differing(addUp(rows), { a: 75, b: 150, years: 5 })).toEqual([]);
  expect(differing(addUp(rows), { a: 76, b: 150 })).toEqual(["a"]);
});

test("terms stand as the formula names them", () => {
  expect(termsOf({ terms: { machines: 1, machines_networked: 1 } }, "machines_networked / machines")).toEqual(["machines_networked", "machines"]);
});

test("rows without a value come last whichever way", () => {
  const rows = [row(0.2), row(null), row(0.5)];
  expect([...rows].sort((a, b) => byValue(a, b, "ascend")).map((r) => r.value)).toEqual([0.2, 0.5, null]);
  expect([...rows].sort((a, b) => -byValue(a, b, "descend")).map((r) => r.value)).toEqual([0.5, 0.2, null]);
});

test("what is wanted is where the last step begins", () => {
  const steps = stepsOf([0.1, 0.9], 0.55);
  expect([0.1, 0.3, 0.5, 0.55, 0.9].map((v) => stepOf(v, steps))).toEqual([0, 1, 2, 3, 3]);
  expect(stepsOf([0, 4], undefined)).toEqual([1, 2, 3]);
  expect(stepOf(7, stepsOf([7], undefined))).toBe(3);
});

test("a local hour lies in a day of UTC", () => {
  expect(utcHour("2026-11-28", 7)).toEqual({ day: "2026-11-27", hour: 23 });
  expect(utcHour("2026-11-28", 8)).toEqual({ day: "2026-11-28", hour: 0 });
  expect(utcDays("2026-03-01")).toEqual({ from: "2026-02-28", to: "2026-03-01" });
  expect(monthSpan("2026-12")).toEqual({ from: "2026-12-01", to: "2027-01-01" });
});
