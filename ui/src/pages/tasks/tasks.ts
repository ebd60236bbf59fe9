// Tasks as a tree, and the tasks that a policy's targets begin with.

import type { Organisation, TaskRow, Task } from "../../api/ledgers";
import type { TargetRow } from "../../api/types";

export interface Branch extends TaskRow { children?: Branch[] }

/** Rows below the task that they are a part of; whose whole is not shown stands at the top. */
export function treeOfTasks(rows: readonly TaskRow[]): Branch[] {
  const by = new Map<string, Branch>(rows.map((r) => [r.id, { ...r }]));
  const roots: Branch[] = [];
  for (const r of by.values()) {
    const whole = r.parent ? by.get(r.parent) : undefined;
    if (whole) (whole.children ??= []).push(r);
    else roots.push(r);
  }
  return roots;
}

/** Shares are written in percent. */
export const scaleOf = (unit: string | undefined): number => (unit === "1" ? 100 : 1);

/** The unit that a policy names, by its full name or as policies call it. */
export const unitNamed = (units: readonly Organisation[], name: string): Organisation | undefined => units.find((u) => u.short === name || u.name === name);

/** A task of the year for each target that has none yet and whose first unit is in the register. */
export function tasksOfPolicy(targets: readonly TargetRow[], there: readonly TaskRow[], units: readonly Organisation[], region: string, year: number): Task[] {
  return targets.flatMap((r) => {
    const unit = unitNamed(units, r.target.units[0] ?? "省经信委");
    const had = there.some((o) => o.target === r.target.id && !o.parent && o.region === region);
    const planned = r.wanted ?? r.target.value;
    if (!unit || had || (r.target.status === "numeric" && planned === undefined)) return [];
    return [{ id: "", rev: 0, target: r.target.id, unit: unit.id, region, year, ...(r.target.status === "numeric" && { planned: planned as number }) }];
  });
}
