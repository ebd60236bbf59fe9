import type { Grant, Permission, RoleDef, RoleId } from "../../api/types";

export const permissions: Permission[] = ["read", "report", "control", "plan", "material", "exchange", "engineer", "administer", "audit", "tenants", "firms", "firms.keep", "firms.report", "firms.dispatch", "firms.reply", "diagnose"];
const ofFirms: Permission[] = ["firms", "firms.keep", "firms.report", "firms.dispatch", "firms.reply", "diagnose"];

/** What a grant reaches: the whole plant and every firm, a place, or an area of the firms. */
export type Reach = "whole" | "place" | "area";

export function reachOf(g: Grant): Reach {
  if (g.region || g.sector || g.enterprise) return "area";
  return g.path ? "place" : "whole";
}

/** Where a role can be given: over firms only when it may something with them, at a place only when it may something there. */
export function reachesOf(role: RoleDef | undefined): Reach[] {
  if (!role) return ["whole", "place", "area"];
  const out: Reach[] = ["whole"];
  if (role.permissions.some((p) => !ofFirms.includes(p))) out.push("place");
  if (role.permissions.some((p) => ofFirms.includes(p))) out.push("area");
  return out;
}

/** A grant without the fields that its reach does not have. */
export function tidyGrant(g: Grant, reach: Reach): Grant {
  return {
    role: g.role,
    ...(reach === "place" && g.path ? { path: g.path } : {}),
    ...(reach === "area" ? { ...(g.region && { region: g.region }), ...(g.sector && { sector: g.sector }), ...(g.enterprise && { enterprise: g.enterprise }) } : {}),
    ...(g.via && { via: g.via }), ...(g.until && { until: g.until }), ...(g.purpose && { purpose: g.purpose }),
  };
}

export function ended(g: Grant, now: number): boolean {
  return g.until !== undefined && Date.parse(g.until) <= now;
}

/** The name of a role: its own, or its id while the list is not there. */
export function roleName(roles: RoleDef[] | undefined, id: RoleId, name: (n: RoleDef["name"]) => string): string {
  const r = roles?.find((one) => one.id === id);
  return r ? name(r.name) : id;
}
