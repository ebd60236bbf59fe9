import { expect, test } from "vitest";
import { prefixOf } from "./region";

test("a division's codes begin with what is left without its noughts", () => {
  expect(["330000", "330600", "330624", "331000", "331002"].map(prefixOf)).toEqual(["33", "3306", "330624", "3310", "331002"]);
});
