import { expect, test } from "vitest";
import type { DeviceStatus, Frame } from "../../api/types";
import { ascii, asText, dump, matches } from "./frames";

const asked: Frame = { no: 7, time: "2026-03-01T00:00:00.123Z", direction: "sent", length: 12, hex: "000100000006010300000002" };
const long: Frame = { no: 8, time: "2026-03-01T00:00:00.125Z", direction: "received", about: "200 OK", length: 2000, hex: "7b2261223a317d0d0a".padEnd(40, "41") };

test("bytes beside what they spell", () => {
  expect(ascii("7b2261223a317d0d0aff")).toBe('{"a":1}...');
  expect(dump(long.hex)).toEqual([
    { offset: "0000", hex: "7b 22 61 22 3a 31 7d 0d 0a 41 41 41 41 41 41 41", text: '{"a":1}..AAAAAAA' },
    { offset: "0010", hex: "41 41 41 41", text: "AAAA" },
  ]);
  expect(dump("")).toEqual([]);
});

test("a filter finds bytes only where bytes begin", () => {
  expect(matches(asked, "01 03")).toBe(true);
  expect(matches(asked, "0103")).toBe(true);
  expect(matches(asked, "6010")).toBe(false); // half of 06, 01 and half of 03
  expect(matches(asked, "")).toBe(true);
  expect(matches(long, '"A":1')).toBe(true);
  expect(matches(long, "200 ok")).toBe(true);
  expect(matches(long, "404")).toBe(false);
});

test("frames as a text file", () => {
  expect(asText({ path: "firm/a", driver: "modbus-tcp", address: "10.0.0.1:502" } as DeviceStatus, [asked, long]).split("\n")).toEqual([
    "firm/a modbus-tcp 10.0.0.1:502",
    "",
    "#7 2026-03-01 08:00:00.123 > 12 B",
    "0000  00 01 00 00 00 06 01 03 00 00 00 02              ............",
    "",
    "#8 2026-03-01 08:00:00.125 < 20/2000 B 200 OK",
    "0000  7b 22 61 22 3a 31 7d 0d 0a 41 41 41 41 41 41 41  {\"a\":1}..AAAAAAA",
    "0010  41 41 41 41                                      AAAA",
    "",
  ]);
});
