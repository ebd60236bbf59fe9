import { describe, expect, test } from "vitest";
import { bytes, csv, duration, figureText, fixed, measured, nameOf, percent, span, termText, unitText } from "./format";
import { parseRange, resolveRange, shiftStart } from "./ranges";
import { clock, dateTime, day, day8, hour, ofPicker, pickerDate, shortTime, startOfDay, startOfMonth, startOfWeek } from "./time";

const at = Date.parse("2026-11-23T16:05:09.120Z"); // Tuesday 00:05:09 in the plant

describe("time in the plant's zone", () => {
  test("dates cross midnight eight hours before UTC does", () => {
    expect(dateTime(at)).toBe("2026-11-24 00:05:09");
    expect(dateTime(at, true)).toBe("2026-11-24 00:05:09.120");
    expect(day8(at)).toBe("2026-11-24");
    expect(clock(at)).toBe("00:05");
  });
  test("no time is a dash", () => expect(dateTime("0001-01-01T00:00:00Z")).toBe("—"));
  test("starts", () => {
    expect(dateTime(startOfDay(at))).toBe("2026-11-24 00:00:00");
    expect(dateTime(startOfWeek(at))).toBe("2026-11-23 00:00:00");
    expect(dateTime(startOfMonth(at))).toBe("2026-11-01 00:00:00");
  });
  test("short time names the day only when it is another", () => {
    expect(shortTime(at, at + 1000)).toBe("00:05:09");
    expect(shortTime(at, at + 2 * day)).toBe("11-24 00:05");
    expect(shortTime(at, at + 60 * day)).toBe("2026-11-24 00:05");
  });
  test("pickers go there and back", () => expect(ofPicker(pickerDate(at))).toBe(at - 120));
});

describe("numbers", () => {
  test.each([[0, "0 B"], [1536, "1.5 KB"], [300 * 2 ** 20, "300 MB"], [2.25 * 2 ** 30, "2.3 GB"]])("%d bytes", (n, want) => expect(bytes(n)).toBe(want));
  test.each([
    [0.8412, "1", 4, "84.1 %"],
    [12, "1", 0, "12"],
    [3.456, "h", 2, "3.46 小时"],
    [12345, "{part}", 0, "12,345 件"],
    [0.01234, "kW.h", 4, "0.0123 kWh"],
  ])("figure %d %s", (value, unit, digits, want) => expect(figureText(value, unit, digits, "zh")).toBe(want));
  test("measured", () => {
    expect(measured(1234.56)).toBe("1,234.6");
    expect(measured(0.00001)).toBe("1.000e-5");
    expect(measured(0)).toBe("0");
    expect(measured(Number.NaN)).toBe("—");
  });
  test("percent", () => expect(percent(0.5)).toBe("50.0 %"));
  test("fixed", () => expect(fixed(-0.5, 1)).toBe("-0.5"));
  test("units", () => {
    expect(unitText("Cel", "zh")).toBe("°C");
    expect(unitText("{foo}/h", "zh")).toBe("foo/h");
    expect(unitText(undefined, "zh")).toBe("");
  });
  test("durations", () => {
    expect(duration(5_000)).toBe("0:05");
    expect(duration(3_661_000)).toBe("1:01:01");
    expect(duration(90_061_000)).toBe("1 天 1:01:01");
    expect(span(90 * 60_000, "zh")).toBe("1.5 小时");
  });
  test("terms", () => {
    expect(termText("apt_ms", 60_000, "zh")).toBe("1:00");
    expect(termText("energy_mwh", 1_500_000, "zh")).toBe("1.500 kWh");
    expect(termText("pq", 1200, "zh")).toBe("1,200");
  });
  test("names fall back to the other language", () => {
    expect(nameOf({ zh: "车床" }, "en")).toBe("车床");
    expect(nameOf({ zh: "车床", en: "lathe" }, "en")).toBe("lathe");
  });
  test("csv quotes and disarms formulas", () => expect(csv([["a,b", '"', "=1+1", -1, null]])).toBe(`\uFEFF"a,b","""",'=1+1,-1,\r\n`));
});

describe("ranges", () => {
  test("an address is read or ignored", () => {
    expect(parseRange({ range: "8h" })).toEqual({ range: "8h" });
    expect(parseRange({ range: "forever" })).toEqual({});
    expect(parseRange({ from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" })).toEqual({});
    expect(parseRange({ from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" }).from).toBe("2026-01-01T00:00:00.000Z");
  });
  test("presets", () => {
    expect(resolveRange({}, "8h", at)).toEqual({ from: at - 8 * hour, to: at });
    expect(resolveRange({ range: "today" }, "8h", at).from).toBe(startOfDay(at));
    expect(resolveRange({ range: "shift" }, "8h", at, at - hour).from).toBe(at - hour);
  });
  test("the night shift began yesterday", () => {
    const shifts = [{ start: "22:00", end: "06:00", weekdays: [1] }];
    expect(dateTime(shiftStart(shifts, at) ?? 0)).toBe("2026-11-23 22:00:00");
    expect(shiftStart(shifts, at + 12 * hour)).toBeUndefined();
  });
});
