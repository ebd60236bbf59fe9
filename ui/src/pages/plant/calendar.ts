import type { Break, Calendar, Day } from "../../api/types";

/** What a person types; lists as one line each. */
export interface Draft {
  code: string; zh: string; en: string; zone: string; holidays: string; workdays: string;
  shifts: { code: string; zh: string; en: string; start: string; end: string; weekdays: number[]; breaks: string }[];
}

export const draftOf = (c: Calendar): Draft => ({
  code: c.code, zh: c.name.zh, en: c.name.en ?? "", zone: c.zone, holidays: linesOf(c.holidays), workdays: linesOf(c.workdays),
  shifts: c.shifts.map((s) => ({
    code: s.code, zh: s.name.zh, en: s.name.en ?? "", start: s.start, end: s.end, weekdays: s.weekdays,
    breaks: (s.breaks ?? []).map((b) => `${b.start}-${b.end}`).join(", "),
  })),
});

const linesOf = (days: Day[] | undefined): string => (days ?? []).map((d) => [d.date, d.name?.zh].filter(Boolean).join(" ")).join("\n");

/** One date a line with a name behind it; names in English that were there stay. */
function daysOf(text: string, before: Day[] | undefined): Day[] {
  return text.split("\n").map((l) => l.trim()).filter(Boolean).map((line) => {
    const [date = "", ...rest] = line.split(/\s+/);
    const zh = rest.join(" ");
    const en = before?.find((d) => d.date === date)?.name?.en;
    return zh || en ? { date, name: en ? { zh, en } : { zh } } : { date };
  });
}

/** 10:00-10:20, 18:00-18:20; the node says what is wrong with a time. */
export function breaksOf(text: string): Break[] {
  return text.split(/[,，;；]/).map((b) => b.trim()).filter(Boolean).map((b) => {
    const [start = "", end = ""] = b.split(/[-–—~～至]/).map((x) => x.trim());
    return { start, end };
  });
}

const named = (zh: string, en: string) => (en ? { zh, en } : { zh });

/** The calendar to save; what the form does not show stays as it was. */
export const calendarOf = (d: Draft, before: Calendar): Calendar => ({
  ...before, code: d.code, name: named(d.zh, d.en), zone: d.zone, holidays: daysOf(d.holidays, before.holidays), workdays: daysOf(d.workdays, before.workdays),
  shifts: d.shifts.map((s) => ({ code: s.code, name: named(s.zh, s.en), start: s.start, end: s.end, weekdays: [...s.weekdays].sort(), breaks: breaksOf(s.breaks ?? "") })),
});

const minutes = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));

/** Planned and idle minutes of a weekday, for the preview: [from, to, is a break]. Shifts over midnight are cut there. */
export function bars(d: Draft, weekday: number): [number, number, boolean][] {
  const out: [number, number, boolean][] = [];
  const put = (start: string, end: string, from: number, pause: boolean) => {
    const a = minutes(start) + (minutes(start) < from ? 1440 : 0);
    const b = minutes(end) + (minutes(end) <= a % 1440 ? 1440 : 0) + (a >= 1440 ? 1440 : 0);
    for (const shift of [0, 1440]) {
      const [x, y] = [Math.max(0, a - shift), Math.min(1440, Math.min(b, a + 1440) - shift)];
      if (x < y) out.push([x, y, pause]);
    }
  };
  for (const s of d.shifts) {
    if (!s?.weekdays?.includes(weekday) || !/^\d\d:\d\d$/.test(s.start) || !/^\d\d:\d\d$/.test(s.end)) continue;
    put(s.start, s.end, 0, false);
    for (const b of breaksOf(s.breaks ?? "")) if (/^\d\d:\d\d$/.test(b.start) && /^\d\d:\d\d$/.test(b.end)) put(b.start, b.end, minutes(s.start), true);
  }
  return out;
}
