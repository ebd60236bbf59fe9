import { expect, test } from "vitest";
import type { Profile } from "../../api/types";
import { choices, fits } from "./profileFilter";

const p = (id: string, vendor: string, verified: string, title: string): Profile => ({
  id, version: 1, title: { zh: title, en: "meter" }, vendor, models: ["X-1"], class: "meter", protocol: "modbus-tcp", drivers: ["modbus-tcp"], verified, source: "manual", signals: 3,
});
const all = [p("acme.x", "Acme", "read", "三相电能表"), p("beta.y", "Beta", "unverified", "单相电能表")];

test("every word must stand somewhere", () => {
  expect(all.filter((x) => fits(x, { text: "acme METER" })).map((x) => x.id)).toEqual(["acme.x"]);
  expect(all.filter((x) => fits(x, { text: "单相" })).map((x) => x.id)).toEqual(["beta.y"]);
  expect(all.filter((x) => fits(x, { text: "acme beta" }))).toEqual([]);
});

test("choices narrow down, and offer each value once", () => {
  expect(all.filter((x) => fits(x, { text: "", verified: "unverified" })).map((x) => x.id)).toEqual(["beta.y"]);
  expect(choices(all, "vendor")).toEqual(["Acme", "Beta"]);
  expect(choices(all, "class")).toEqual(["meter"]);
});
