import { expect, test } from "vitest";
import type { Organisation, TaskRow } from "../../api/ledgers";
import type { TargetRow } from "../../api/types";
import { tasksOfPolicy, treeOfTasks } from "./tasks";

const row = (id: string, parent?: string): TaskRow => ({ id, rev: 1, target: "T05", unit: "u", region: "330000", year: 2022, status: "numeric", name: { zh: "" }, measure: "1", digits: 0, unit_name: "", actual: null, coverage: null, ...(parent && { parent }) }) as TaskRow;

test("parts stand below their whole; those whose whole is not shown at the top", () => {
  const tree = treeOfTasks([row("a"), row("b", "a"), row("c", "b"), row("d", "gone")]);
  expect(tree.map((r) => r.id)).toEqual(["a", "d"]);
  expect(tree[0]?.children?.[0]?.children?.[0]?.id).toBe("c");
});

test("a target without a number begins as a task without one, and none twice", () => {
  const units = [{ id: "zj-jxw", name: "经信委", short: "省经信委" }] as Organisation[];
  const target = (id: string, status: string, more: object) => ({ target: { id, status, units: ["省经信委"], ...more }, results: [] }) as unknown as TargetRow;
  const all = [target("T05", "numeric", { value: 5 }), target("T08", "numeric", { value: 0.55 }), target("T13", "directional", {}), target("T99", "numeric", {})];
  const tasks = tasksOfPolicy(all, [row("a")], units, "330000", 2022);
  expect(tasks.map((t) => [t.target, t.planned])).toEqual([["T08", 0.55], ["T13", undefined]]);
});
