import { expect, test } from "vitest";
import type { Worked } from "../../api/hours";
import { behind, finds, hoursOf, sums } from "./hours";

const at = (h: number, m = 0) => new Date(Date.UTC(2026, 10, 23, h, m)).toISOString();
const row = (more: Partial<Worked>): Worked => ({
  person: "chen", order_id: "o", order: "A1", place: "p", job: 10, name: { zh: "车削" }, product: "6204", from: at(8), to: at(10), crew: 2, good: 30, scrap: 1, rework: 0, counted: 31, equipment: ["m1"], ...more,
});

test("parts of a crew are shared, hours are of those who signed in", () => {
  const people = [{ person: "chen", orders: 1, stays: [], terms: { apwt_ms: 1 } }];
  const [chen] = sums(people, [row({}), row({ from: at(10), to: at(11), crew: 1, good: 5 }), row({ person: "wang" })]);
  expect([chen?.crewGood, chen?.shareGood, chen?.scrap]).toEqual([35, 20, 2]);
  expect([hoursOf(row({})), hoursOf(row({ person: "" }))]).toEqual([2, 0]);
});

test("rows are found by order, product and operation", () => {
  expect([finds(row({}), "a1", ""), finds(row({}), "车", ""), finds(row({}), "深沟球", "深沟球轴承"), finds(row({}), "B2", "")]).toEqual([true, true, true, false]);
});

test("behind a stretch are its entries and the sign-in before it", () => {
  const steps = [
    { seq: 1, what: "operator", job: 10, person: "chen", at: at(7) }, { seq: 2, what: "operator", job: 10, person: "wang", at: at(7, 30) }, { seq: 3, what: "count", job: 10, at: at(8) },
    { seq: 4, what: "count", job: 20, at: at(9) }, { seq: 5, what: "operator", job: 10, person: "wang", at: at(10) }, { seq: 6, what: "count", job: 10, at: at(10) },
  ];
  expect(behind(steps, row({})).map((s) => s.seq)).toEqual([1, 3, 5]);
  expect(behind(steps, row({ person: "" })).map((s) => s.seq)).toEqual([3, 5]);
});
