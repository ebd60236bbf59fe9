import { expect, test } from "vitest";
import type { Calendar } from "../../api/types";
import { bars, breaksOf, calendarOf, draftOf } from "./calendar";

const nights: Calendar = {
  code: "three", name: { zh: "三班", en: "three shifts" }, zone: "Asia/Shanghai",
  shifts: [{ code: "night", name: { zh: "夜班" }, start: "22:00", end: "06:00", weekdays: [1], breaks: [{ start: "02:00", end: "02:20" }] }],
  holidays: [{ date: "2026-10-01", name: { zh: "国庆节", en: "National Day" } }], workdays: [], downs: [{ from: "2026-01-01T00:00:00Z", to: "2026-01-01T01:00:00Z" }],
};

test("what the form shows comes back as it was", () => expect(calendarOf(draftOf(nights), nights)).toEqual(nights));

test("breaks are read the way people write them", () =>
  expect(breaksOf("10:00-10:20， 18:00～18:20;")).toEqual([{ start: "10:00", end: "10:20" }, { start: "18:00", end: "18:20" }]));

test("dates one a line", () =>
  expect(calendarOf({ ...draftOf(nights), holidays: "2026-10-01 国庆\n\n 2026-05-01" }, nights).holidays).toEqual([{ date: "2026-10-01", name: { zh: "国庆", en: "National Day" } }, { date: "2026-05-01" }]));

test("a night shift is drawn on both sides of midnight", () =>
  expect(bars(draftOf(nights), 1)).toEqual([[1320, 1440, false], [0, 360, false], [120, 140, true]]));

test("no bar on a free day", () => expect(bars(draftOf(nights), 2)).toEqual([]));
