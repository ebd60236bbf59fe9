import { expect, test } from "vitest";
import { written } from "./north";

test("a target goes back without its status and without what the other kind needs", () => {
  expect(written({
    id: "T", rev: 3, name: "MES", kind: "mqtt", url: "mqtt://h:1883", has_password: true, password: "", prefix: "p", group: "g", edge: "e", host: "", paths: [], off: false,
    status: { state: "up", behind: 0, sent: 0, tags: 0 },
  })).toEqual({ id: "T", rev: 3, name: "MES", kind: "mqtt", url: "mqtt://h:1883", prefix: "p", paths: [], off: false });
  expect(written({ kind: "sparkplug", prefix: "p", retain: true, group: "g", edge: "e", paths: ["a"], off: true })).toEqual({ kind: "sparkplug", group: "g", edge: "e", paths: ["a"], off: true });
});
