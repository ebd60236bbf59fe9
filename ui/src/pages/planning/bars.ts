// A plan as the chart shows it: pure, so that it can be tested.

import type { Assignment, MoveFeedback, Plan, Violation } from "../../api/planning";
import type { Name } from "../../api/types";
import type { Bar, Resource } from "../../charts/gantt/layout";
import type { Verdict } from "../../charts/gantt/stage";
import { ms } from "../../lib/time";

/** The resource on which work at suppliers is shown. */
export const outside = "outside";
export const idOf = (a: { order: string; job: number }): string => `${a.order}/${a.job}`;

export interface Chart { resources: Resource[]; bars: Bar[]; of: ReadonlyMap<string, Assignment> }

/** Machines in the plan's order, with what is done at suppliers below. */
export function chartOf(p: Plan, name: (n: Name) => string, outsideName: string): Chart {
  const orders = new Map(p.orders.map((o) => [o.id, o]));
  const wrong = new Set(p.violations.flatMap((v) => (v.order && v.job ? [idOf({ order: v.order, job: v.job })] : [])));
  const resources: Resource[] = p.machines.map((m) => ({ id: m.equipment, name: name(m.name), open: m.open.map((o) => ({ from: ms(o.from), to: ms(o.to) })) }));
  const bars = p.assignments.map((a): Bar => {
    const o = orders.get(a.order);
    return {
      id: idOf(a), resource: a.outside || !a.equipment ? outside : a.equipment, group: a.order, from: ms(a.start), to: ms(a.end), setupMs: a.setup_ms ?? 0, text: `${o?.number ?? ""} ${name(a.name)}`,
      late: (o?.late_ms ?? 0) > 0, locked: a.locked ?? false, frozen: a.frozen ?? false, wrong: wrong.has(idOf(a)),
    };
  });
  if (bars.some((b) => b.resource === outside)) {
    const own = bars.filter((b) => b.resource === outside);
    resources.push({ id: outside, name: outsideName, open: [{ from: Math.min(...own.map((b) => b.from)), to: Math.max(...own.map((b) => b.to)) }] });
  }
  return { resources, bars, of: new Map(p.assignments.map((a) => [idOf(a), a])) };
}

/** What of a move the planner must know before it is done. */
export function verdictOf(f: MoveFeedback): Verdict {
  if (ms(f.end) <= ms(f.start)) return "wrong";
  // What others must give way to is mended by letting them.
  const hard = f.violations.filter((v) => !gives(v) || f.pushes.length === 0);
  return hard.length > 0 ? "wrong" : f.pushes.length > 0 ? "pushes" : "fits";
}

const gives = (v: Violation): boolean => v.kind === "overlap" || v.kind === "capacity" || v.kind === "order" || v.kind === "setup";
