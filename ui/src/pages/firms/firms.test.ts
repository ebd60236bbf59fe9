import { expect, test } from "vitest";
import type { Firm } from "../../api/types";
import { differs, queryOf, wan } from "./firms";

test("fen are shown as 万元", () => {
  expect(wan(1_234_567_800)).toBe("1,234.57");
  expect(wan(0)).toBe("0");
});

test("a mark is one of the filters", () => {
  expect(queryOf({ q: "zc", mark: "backbone" })).toEqual({ q: "zc", backbone: true });
  expect(queryOf({ mark: "above" }).above_scale).toBe(true);
});

test("the history says what changed", () => {
  const a = { id: "1", rev: 1, code: "x", name: "甲", region: "330624", industry: "C3451", place: "", trade: "" } as Firm;
  expect(differs(a, { ...a, name: "乙", rev: 2, above_scale: true })).toEqual(["name", "above_scale"]);
  expect(differs(undefined, a)).toEqual(["name", "code", "region", "industry"]);
});
