import { expect, test } from "vitest";
import type { Asked } from "./measure";
import { dueText, statistic, verdictOf } from "./measure";

const asked = (more: Partial<Asked["characteristic"]>, point?: Partial<Asked["points"][number]>, rest?: Partial<Asked>): Asked => ({
  characteristic: { code: "3.1", name: { zh: "外径" }, place: "m", stage: "in_process", size: 1, chart: "imr", rules: [], lsl: 29.9, usl: 30.1, ...more } as Asked["characteristic"],
  points: point ? [{ id: "p", at: "2026-11-29T08:00:00Z", value: 30, limits: 1, lcl: 29.95, center: 30, ucl: 30.05, ...point } as Asked["points"][number]] : [], warnings: [], ...rest,
});

test("a value is judged by the specification first, then by the limits in force", () => {
  expect(verdictOf(asked({}, {}), { values: [30.01] })).toBe("in");
  expect(verdictOf(asked({}, {}), { values: [30.06] })).toBe("beyond");
  expect(verdictOf(asked({}, {}), { values: [30.11] })).toBe("outside");
  expect(verdictOf(asked({}), { values: [30.06] })).toBe("unknown");
  expect(verdictOf(asked({}, { lcl: null, ucl: null }), { values: [29.8] })).toBe("outside");
});

test("a subgroup is charted by its mean, yet each value keeps within the specification", () => {
  const a = asked({ size: 2, chart: "xbar-r" }, {});
  expect(statistic(a, { values: [29.99, 30.03] })).toBeCloseTo(30.01);
  expect(verdictOf(a, { values: [30.13, 29.91] })).toBe("outside");
  expect(verdictOf(a, { values: [30.09, 29.95] })).toBe("in");
});

test("what is judged is charted by its share or its number", () => {
  const p = asked({ attribute: true, chart: "p", size: 50, lsl: undefined, usl: undefined }, { lcl: 0, center: 0.02, ucl: 0.08 });
  expect(statistic(p, { found: 2, size: 50 })).toBe(0.04);
  expect([verdictOf(p, { found: 4, size: 50 }), verdictOf(p, { found: 5, size: 50 })]).toEqual(["in", "beyond"]);
  expect(statistic(asked({ attribute: true, chart: "np" }), { found: 3, size: 50 })).toBe(3);
});

test("it says why and when it is due", () => {
  expect(dueText(asked({}, {}, { why: "first_piece" }))).toBe("首件该测");
  expect(dueText(asked({}, {}, { left: 12 }))).toBe("还差 12 件");
  expect(dueText(asked({}, {}, { at: "2026-11-29T08:30:00Z" }))).toBe("16:30 测");
  expect(dueText(asked({}))).toBe("测量");
});
