import { expect, test } from "vitest";
import type { Definition } from "../../api/production";
import type { PlantNode } from "../../api/types";
import { fieldOf, fromForm, nextNo, parseSheet, toForm } from "./routing";

const node = (id: string, path: string, zh: string): PlantNode => ({ id, path, level: "equipment", name: { zh }, rev: 1 });
const places = [node("a", "works/t/lathe-01", "1 号车床"), node("b", "works/t/lathe-02", "2 号车床"), node("c", "works/u/lathe-02", "二号")];

const definition: Definition = {
  product: "6204", revision: 3, state: "draft", valid: {}, unit: "{piece}", rev: 7,
  materials: [{ item: "steel", quantity: "0.12", unit: "kg", segment: 10 }],
  segments: [
    { no: 10, name: { zh: "车削" }, alternatives: [{ equipment: "a", setup_ms: 1_800_000, run_ms: 42_500 }, { equipment: "b", setup_ms: 0, run_ms: 50_000, batch: 4 }], skills: ["turning"], first_piece: true, scrap_ppm: 15_000, documents: [{ title: "图", kind: "drawing", sha256: "0".repeat(64), bytes: 3 }], queue_ms: 5 },
    { no: 20, name: { zh: "镀", en: "plating" }, alternatives: [], outside: { supplier: "镀厂", lead_ms: 172_800_000 }, after: [10], min_wait_ms: 60_000, max_wait_ms: 120_000 },
    { no: 30, name: { zh: "外圈" }, alternatives: [{ equipment: "a", setup_ms: 0, run_ms: 1000 }], begins: true },
  ],
};

test("a revision goes through the form unchanged", () => expect(fromForm(toForm(definition), definition)).toEqual(definition));

test("rows of a workbook", () => {
  const got = parseSheet("工序\t名称\t设备\t准备\t单件\n10\t车削\t1 号车床\t30\t42.5\n10\t\tworks/t/lathe-02\t\t50\n20\t磨削\tlathe-01\t5\t12\n", places);
  expect(got.faults).toEqual([]);
  expect(got.segments.map((s) => [s.no, s.zh, s.alternatives.length, s.alternatives[0]?.equipment])).toEqual([[10, "车削", 2, "a"], [20, "磨削", 1, "a"]]);
});

test("what cannot be read of a sheet is named by its row", () => {
  // The end of a path that two machines share names neither.
  const got = parseSheet("10,车削,lathe-02,30,42\n十,磨,lathe-01,1,1\n20,,lathe-01,1,1\n30,磨,lathe-01,1,0", places);
  expect(got.segments).toEqual([]);
  expect(got.faults).toEqual([
    { row: 1, what: "machine", value: "lathe-02" }, { row: 2, what: "number", value: "十" }, { row: 3, what: "name", value: "" }, { row: 4, what: "time", value: "1 0" },
  ]);
});

test("complaints find their field", () => {
  const f = toForm(definition);
  expect(fieldOf("body.segments[0].alternatives[1].run_ms", "", f)).toEqual(["segments", 0, "alternatives", 1, "runSec"]);
  expect(fieldOf("body.segments[1].name.zh", "", f)).toEqual(["segments", 1, "zh"]);
  expect(fieldOf("body.segments[1].outside.supplier", "", f)).toEqual(["segments", 1, "supplier"]);
  expect(fieldOf("body.unit", "", f)).toEqual(["unit"]);
  expect(fieldOf(undefined, "production: not valid: product 6204, segment 20: it follows 5, which there is not", f)).toEqual(["segments", 1, "no"]);
  expect(fieldOf(undefined, "product 6204, segment 10: there is no machine at b now; choose another", f)).toEqual(["segments", 0, "alternatives", 1, "equipment"]);
  expect(fieldOf(undefined, "product 6204, material steel: a quantity of 0", f)).toEqual(["materials", 0, "item"]);
  expect(fieldOf(undefined, "something else", f)).toBeUndefined();
});

test("operations count in tens", () => expect([nextNo([]), nextNo([{ no: 10 }]), nextNo([{ no: 10 }, { no: 25 }])]).toEqual([10, 20, 30]));
