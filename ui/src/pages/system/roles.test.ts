import { expect, test } from "vitest";
import type { RoleDef } from "../../api/types";
import { ended, reachesOf, reachOf, roleName, tidyGrant } from "./roles";

const role = (permissions: RoleDef["permissions"]): RoleDef => ({ id: "x", name: { zh: "某" }, permissions, own: false, rev: 0 });

test("a grant keeps only the fields of what it reaches", () => {
  const full = { role: "admin", path: "e/s", region: "3306", sector: "C34", enterprise: "f", until: "2026-03-06T10:00:00Z", purpose: "诊断" };
  expect(tidyGrant(full, "whole")).toEqual({ role: "admin", until: full.until, purpose: "诊断" });
  expect(tidyGrant(full, "place")).toEqual({ role: "admin", path: "e/s", until: full.until, purpose: "诊断" });
  expect(tidyGrant({ role: "officer", region: "3306", path: "e" }, "area")).toEqual({ role: "officer", region: "3306" });
});

test("what a grant reaches, and where a role can be given", () => {
  expect(reachOf({ role: "admin" })).toBe("whole");
  expect(reachOf({ role: "admin", path: "e" })).toBe("place");
  expect(reachOf({ role: "officer", sector: "C34" })).toBe("area");
  expect(reachesOf(role(["firms"]))).toEqual(["whole", "area"]);
  expect(reachesOf(role(["read", "audit"]))).toEqual(["whole", "place"]);
  expect(reachesOf(role(["read", "diagnose"]))).toEqual(["whole", "place", "area"]);
});

test("a grant is over from the instant on that it names", () => {
  const g = { role: "viewer", until: "2026-03-06T10:00:00Z" };
  expect(ended(g, Date.parse("2026-03-06T09:59:59.999Z"))).toBe(false);
  expect(ended(g, Date.parse("2026-03-06T10:00:00Z"))).toBe(true);
  expect(ended({ role: "viewer" }, 1e15)).toBe(false);
  expect(roleName([role(["read"])], "x", (n) => n.zh) + roleName(undefined, "x", (n) => n.zh)).toBe("某x");
});
