import { expect, test } from "vitest";
import { thumbnail } from "./thumbnail";

test("the outline goes along the greatest values and back along the least", () => {
  expect(thumbnail([0, -1], [0, 1], 10, 21)).toBe("M0.0 10.0L10.0 0.0L10.0 21.0L0.0 11.0Z");
});

test("nothing, one stretch and a flat signal have a shape", () => {
  expect(thumbnail([], [], 10, 10)).toBe("");
  expect(thumbnail([2], [2], 10, 10)).toBe("M5.0 9.0L5.0 10.0Z");
});
