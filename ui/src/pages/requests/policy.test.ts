import { expect, test } from "vitest";
import { fieldsOf, rulesOf } from "./policy";

const everything = { all: true, model: false, figures: [], records: [], tags: [], evidence: [] };

test("who turns from everything to something is offered no samples", () => {
  const f = fieldsOf(everything);
  expect(f.mode).toBe("all");
  const some = rulesOf({ ...f, mode: "some" });
  expect(some).toMatchObject({ all: false, model: true, figures: ["machine-day"], tags: [] });
  expect(some.records).toContain("seal");
});

test("lines are rules, and a policy comes back as it was", () => {
  const rules = rulesOf({ mode: "some", model: false, figures: true, records: ["seal"], tags: " **/count.* \n\nacme/**", auto: "count.*", hours: 24 });
  expect(rules.tags).toEqual([{ path: "**/count.*" }, { path: "acme/**" }]);
  expect(rules.model).toBe(true); // samples cannot be read without it
  expect(rulesOf(fieldsOf(rules))).toEqual(rules);
});

test("withdrawn shares nothing and grants nothing", () => {
  expect(rulesOf({ ...fieldsOf(everything), mode: "withdrawn", withdrawn: "合同终止", auto: "count.*" })).toEqual({ ...everything, all: false, withdrawn: "合同终止" });
});
