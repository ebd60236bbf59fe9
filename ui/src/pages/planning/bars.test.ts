import { expect, test } from "vitest";
import type { MoveFeedback, Plan } from "../../api/planning";
import { chartOf, outside, verdictOf } from "./bars";

const at = (h: number) => new Date(Date.UTC(2026, 10, 30, h)).toISOString();
const plan = {
  machines: [{ equipment: "m", path: "w/m", name: { zh: "车床" }, open: [{ from: at(0), to: at(8) }], open_ms: 0, run_ms: 0, setup_ms: 0 }],
  orders: [{ id: "o", number: "MO-1", product: "p", quantity: 1, place: "w", due: at(3), priority: 50, weight: 10, late_ms: 60_000 }],
  assignments: [
    { order: "o", job: 10, name: { zh: "车" }, equipment: "m", start: at(1), end: at(2), setup_ms: 600_000, quantity: 1, state: "waiting", locked: true },
    { order: "o", job: 20, name: { zh: "镀" }, start: at(2), end: at(20), quantity: 1, state: "waiting", outside: true },
  ],
  violations: [{ kind: "late", order: "o", job: 20, text: "" }],
} as unknown as Plan;

test("a plan becomes resources and bars, suppliers below", () => {
  const c = chartOf(plan, (n) => n.zh, "外协");
  expect(c.resources.map((r) => r.name)).toEqual(["车床", "外协"]);
  expect(c.bars.map((b) => [b.id, b.resource, b.text, b.late, b.locked, b.wrong, b.setupMs])).toEqual([["o/10", "m", "MO-1 车", true, true, false, 600_000], ["o/20", outside, "MO-1 镀", true, false, true, 0]]);
  expect(c.of.get("o/10")?.job).toBe(10);
});

test("what a move needs to be known of it", () => {
  const f = (more: Partial<MoveFeedback>): MoveFeedback => ({ order: "o", job: 10, equipment: "m", start: at(1), end: at(2), setup_ms: 0, violations: [], pushes: [], ...more });
  expect(verdictOf(f({}))).toBe("fits");
  expect(verdictOf(f({ pushes: [{ order: "x", job: 1 }], violations: [{ kind: "overlap", text: "" }] }))).toBe("pushes");
  expect(verdictOf(f({ violations: [{ kind: "overlap", text: "" }] }))).toBe("wrong");
  expect(verdictOf(f({ pushes: [{ order: "x", job: 1 }], violations: [{ kind: "calendar", text: "" }] }))).toBe("wrong");
  expect(verdictOf(f({ end: "1970-01-01T00:00:00Z" }))).toBe("wrong");
});
