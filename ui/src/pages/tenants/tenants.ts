import type { Tenant } from "../../api/types";

export interface TenantsSearch { q?: string | undefined; state?: string | undefined; tenant?: string | undefined }

export const states = ["active", "suspended", "leaving", "deleted"] as const;

/** Parameters of a template as people write them: name=value, one a line. */
export function parameters(text: string): Record<string, string> {
  const out: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const at = line.indexOf("=");
    if (at > 0) out[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return out;
}

/** What may be done with a tenant as it stands. */
export function steps(t: Pick<Tenant, "state">): ("suspended" | "active" | "leaving")[] {
  switch (t.state) {
    case "active": return ["suspended", "leaving"];
    case "suspended": return ["active", "leaving"];
    case "leaving": return ["active"];
    default: return [];
  }
}
