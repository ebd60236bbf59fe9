import { expect, test } from "vitest";
import { draw } from "./project";

const square = (x: number, y: number): [number, number][] => [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]];

test("north is up, east is right, and the middle is in the middle", () => {
  const { height, shapes } = draw([{ code: "330624", polygons: [[square(120, 29)]] }, { code: "330602", polygons: [[square(121, 30)]] }], 200);
  expect(height).toBeCloseTo(200 / Math.cos((30 * Math.PI) / 180), 0);
  expect(shapes[0]?.at).toEqual([50, expect.closeTo(height * 0.75, 0)]);
  expect(shapes[1]?.at).toEqual([150, expect.closeTo(height * 0.25, 0)]);
  expect(shapes[1]?.d).toMatch(/^M100,115\.5L200,115\.5L200,0L100,0L100,115\.5Z$/);
});

test("the name stands on the mainland, not between the islands; holes are drawn", () => {
  const big: [number, number][] = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]];
  const { shapes } = draw([{ code: "330901", polygons: [[square(9, 9)], [big, square(1, 1)]] }], 100);
  expect(shapes[0]?.at[0]).toBeCloseTo(20, 0);
  expect(shapes[0]?.d.match(/M/g)).toHaveLength(3);
});

test("nothing to draw", () => {
  expect(draw([], 100)).toEqual({ width: 100, height: 0, shapes: [] });
});
