import { expect, test } from "vitest";
import type { MachineDetail, Thresholds } from "../../api/types";
import { ordered, placeOf, present, proposed, valueAt, withThresholds } from "./thresholds";

const none = { classes: [], changes_per_hour: 0 };
const of: Thresholds = {
  signals: [], params: [{ name: "idle_above", title: { zh: "a" }, value: 2 }, { name: "run_above", title: { zh: "b" }, value: 5, proposed: 1.5 }],
  thresholds: [1.5], separability: 1, valley: 0, clear: true, observed_ms: 1, missing_ms: 0, bins: [{ from: 0, to: 1, ms: 1 }, { from: 1, to: 10, ms: 1 }], proposed: none, present: none,
};

test("a proposal for running alone brings idle down with it", () => {
  expect(proposed(of, present(of))).toEqual({ idle_above: 1.5, run_above: 1.5 });
});

test("thresholds go from low to high and none is missing", () => {
  expect(ordered(of, { idle_above: 1, run_above: 5 })).toBe(true);
  expect(ordered(of, { idle_above: 6, run_above: 5 })).toBe(false);
  expect(ordered(of, { idle_above: null, run_above: 5 })).toBe(false);
});

test("a place in the histogram and its value are the same thing", () => {
  expect(placeOf(of.bins, 5.5)).toBe(0.75);
  expect(valueAt(of.bins, 0.75)).toBe(5.5);
  expect(placeOf(of.bins, 99)).toBe(1);
  expect(placeOf(of.bins, -1)).toBe(0);
});

test("other parameters of the device stay", () => {
  const detail = { node: { id: "1", rev: 3, equipment: { device: { driver: "d", params: { unit: "7", run_above: "5" } } } } } as unknown as MachineDetail;
  expect(withThresholds(detail, { run_above: 1.5 })).toEqual({ id: "1", equipment: { device: { driver: "d", params: { unit: "7", run_above: "1.5" } } } });
});
