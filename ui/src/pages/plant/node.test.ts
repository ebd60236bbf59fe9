import { expect, test } from "vitest";
import type { PlantNode } from "../../api/types";
import { bodyOf, formOf, pairs, treeOf } from "./node";

const lathe: PlantNode = {
  id: "1", path: "a/b/lathe", level: "equipment", name: { zh: "车床", en: "lathe" }, rev: 3,
  equipment: { class: "lathe", profile: "demo-lathe", nc: true, excluded: false, cycles: [{ product: "6204", pru_ms: 18000 }],
    device: { id: "d", driver: "modbus-tcp", address: "10.0.0.1:502", params: { unit: "7" }, off: false, writing: true } },
};

test("a node goes through the form unchanged", () => {
  const body = bodyOf(formOf(lathe), lathe) as PlantNode;
  expect(body.equipment?.device).toEqual(lathe.equipment?.device);
  expect(body.equipment?.cycles).toEqual(lathe.equipment?.cycles);
});

test("lines become pairs, nonsense is left out", () => {
  expect(pairs("unit = 7\nnonsense\n=x\nprefix=G01")).toEqual({ unit: "7", prefix: "G01" });
});

test("the tree follows the paths", () => {
  const node = (path: string): PlantNode => ({ ...lathe, id: path, path });
  const tree = treeOf([node("a/b/lathe"), node("a"), node("a/b")], (n) => n.path);
  expect(tree.map((x) => x.key)).toEqual(["a"]);
  expect(tree[0]?.children[0]?.children[0]?.key).toBe("a/b/lathe");
});
