import { expect, test } from "vitest";
import { below, codeOf, treeOf, wayTo } from "./divisions";

test("codes stand below their parents, or alone where those are not there", () => {
  const tree = treeOf([{ code: "330000", name: "浙江省" }, { code: "330600", name: "绍兴市", parent: "330000" }, { code: "330624", name: "新昌县", parent: "330600" }, { code: "110101", name: "东城区", parent: "110000" }]);
  expect(tree.map((b) => b.value)).toEqual(["330000", "110101"]);
  expect(tree[0]?.children?.[0]?.children?.[0]?.title).toBe("330624 新昌县");
});

test("the beginning of a code is the whole one", () => {
  expect(["33", "3306", "330624", "330600"].map(codeOf)).toEqual(["330000", "330600", "330624", "330600"]);
});

test("the way to a division", () => {
  expect(wayTo("330624")).toEqual(["330000", "330600", "330624"]);
  expect(wayTo("3306")).toEqual(["330000", "330600"]);
  expect(wayTo("330000")).toEqual(["330000"]);
});

test("what stands one level below", () => {
  expect([undefined, "330000", "3306", "330624"].map(below)).toEqual(["province", "city", "county", "member"]);
});
