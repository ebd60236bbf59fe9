// Hours and parts of people, added up.

import type { PersonHours, Worked } from "../../api/hours";
import { ms } from "../../lib/time";

export interface Sum extends PersonHours { crewGood: number; shareGood: number; scrap: number }

/** What each person made, beside the hours; parts of a crew are also divided by its people. */
export function sums(people: readonly PersonHours[], rows: readonly Worked[]): Sum[] {
  return people.map((p) => {
    const own = rows.filter((r) => r.person === p.person);
    return {
      ...p, crewGood: own.reduce((n, r) => n + r.good, 0), shareGood: own.reduce((n, r) => n + r.good / Math.max(1, r.crew), 0), scrap: own.reduce((n, r) => n + r.scrap, 0),
    };
  });
}

export const hoursOf = (r: Worked): number => (r.person ? (ms(r.to) - ms(r.from)) / 3_600_000 : 0);

/** Whether a row is about what somebody types. */
export function finds(r: Worked, text: string, names: string): boolean {
  const t = text.trim().toLowerCase();
  return !t || [r.order, r.product, r.name.zh, r.name.en, names].some((s) => s?.toLowerCase().includes(t));
}

/** Steps of an order that a stretch is made of: what was entered in it, and who signed in or out at its ends or before. */
export function behind<S extends { job?: number; what: string; at: string; person?: string; seq: number }>(steps: readonly S[], r: Worked): S[] {
  const from = ms(r.from), to = ms(r.to);
  const job = steps.filter((s) => s.job === r.job);
  const within = job.filter((s) => ms(s.at) >= from && (ms(s.at) < to || (ms(s.at) === to && s.what !== "count")));
  const signed = job.filter((s) => s.what === "operator" && s.person === r.person && ms(s.at) < from).sort((a, b) => ms(a.at) - ms(b.at)).at(-1);
  return [...(r.person && signed ? [signed] : []), ...within].sort((a, b) => ms(a.at) - ms(b.at) || a.seq - b.seq);
}
