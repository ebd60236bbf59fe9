import type { NorthRow, NorthTarget } from "../../api/types";

/** The target as the API takes it back: without what it alone says, and without what the other kind needs. */
export function written(r: Partial<NorthRow>): Partial<NorthTarget> {
  const { status: _status, has_password: _has, ...target } = r;
  const none = r.kind === "sparkplug" ? ["prefix", "retain"] : ["group", "edge", "host"];
  return Object.fromEntries(Object.entries(target).filter(([key, v]) => !none.includes(key) && v !== undefined && v !== null && v !== ""));
}
