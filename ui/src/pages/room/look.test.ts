import { expect, test } from "vitest";
import type { Reading } from "../../api/room";
import { along, neighbour, spark, toneOf } from "./look";

const reading = (more: Partial<Reading>): Reading => ({ equipment: "M", equipment_name: { zh: "炉" }, path: "m", signal: "t", title: { zh: "温度" }, quality: "good", state: "normal", marks: [], trend: { from: "", to: "", min: [], max: [] }, ...more });

test("a value stands on the scale and never beside it", () => {
  const r = reading({ scale_low: 10, scale_high: 20 });
  expect(along(r, 15)).toBe(0.5);
  expect(along(r, 99)).toBe(1);
  expect(along(r, undefined)).toBeNull();
  expect(along(reading({ scale_low: 5, scale_high: 5 }), 5)).toBeNull();
});

test("colour is of alarms alone; what is not known is never shown as an alarm's", () => {
  expect(toneOf(reading({ priority: 1, state: "high" }))).toBe("p1");
  expect(toneOf(reading({ state: "high" }))).toBe("off");
  expect(toneOf(reading({ priority: 1, state: "stale" }))).toBe("stale");
  expect(toneOf(reading({}))).toBe("");
});

test("a trend has no line across what is not known", () => {
  const s = spark(reading({ trend: { from: "", to: "", min: [1, null, 1, 3], max: [1, null, 3, 3] } }));
  expect(s?.line.match(/M/g)).toHaveLength(2);
  expect(s?.band.match(/V/g)).toHaveLength(3);
  expect(spark(reading({ trend: { from: "", to: "", min: [null], max: [null] } }))).toBeNull();
});

test("arrow keys lead to the tile that stands there", () => {
  const boxes = [{ x: 0, y: 0 }, { x: 100, y: 0 }, { x: 0, y: 80 }, { x: 100, y: 80 }, { x: 0, y: 160 }];
  expect(neighbour(boxes, 1, "ArrowDown")).toBe(3);
  expect(neighbour(boxes, 3, "ArrowUp")).toBe(1);
  expect(neighbour(boxes, 3, "ArrowDown")).toBe(4);
  expect(neighbour(boxes, 4, "ArrowDown")).toBe(4);
  expect(neighbour(boxes, 0, "ArrowRight")).toBe(1);
  expect(neighbour(boxes, 1, "End")).toBe(4);
});
