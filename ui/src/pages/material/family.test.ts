import { expect, test } from "vitest";
import { familyOf } from "./family";

const links = [
  { parent: "steel:H1", child: "ring:R1", by_job: true }, { parent: "ring:R1", child: "6204:S1" }, { parent: "ring:R1", child: "ring:R2" }, { parent: "ring:R2", child: "ring:R1" },
];

test("branches are there when they are opened, and a circle ends", () => {
  const shut = familyOf({ lot: "steel:H1", down: true, links }, []);
  expect(shut).toEqual([{ key: "steel:H1>ring:R1", lot: "ring:R1", byJob: true, isLeaf: false }]);
  const open = familyOf({ lot: "steel:H1", down: true, links }, ["steel:H1>ring:R1", "steel:H1>ring:R1>ring:R2"]);
  expect(open[0]?.children?.map((b) => [b.lot, b.isLeaf])).toEqual([["6204:S1", true], ["ring:R2", false]]);
  expect(open[0]?.children?.[1]?.children).toEqual([{ key: "steel:H1>ring:R1>ring:R2>ring:R1", lot: "ring:R1", byJob: false, isLeaf: true }]);
});

test("upwards the links are followed the other way", () => {
  expect(familyOf({ lot: "6204:S1", down: false, links }, []).map((b) => b.lot)).toEqual(["ring:R1"]);
});
