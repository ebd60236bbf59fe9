import { expect, test } from "vitest";
import type { Firm } from "../../api/types";
import { differs, queryOf, treeOf, wan } from "./firms";

test("codes stand below their parents, or alone where those are not there", () => {
  const tree = treeOf([{ code: "330000", name: "浙江省" }, { code: "330600", name: "绍兴市", parent: "330000" }, { code: "330624", name: "新昌县", parent: "330600" }, { code: "110101", name: "东城区", parent: "110000" }]);
  expect(tree.map((b) => b.value)).toEqual(["330000", "110101"]);
  expect(tree[0]?.children?.[0]?.children?.[0]?.title).toBe("330624 新昌县");
});

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
