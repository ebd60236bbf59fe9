import type { Profile } from "../../api/types";

/** What a person looks for in the library. */
export interface Filter { text: string; class?: string; protocol?: string; vendor?: string; verified?: string }

/** Whether a profile fits every word and every choice. */
export function fits(p: Profile, f: Filter): boolean {
  const all = [p.id, p.vendor, ...p.models, p.class, p.title.zh, p.title.en, p.source].join(" ").toLowerCase();
  const words = f.text.toLowerCase().split(/\s+/);
  return words.every((w) => all.includes(w)) && (["class", "protocol", "vendor", "verified"] as const).every((key) => !f[key] || p[key] === f[key]);
}

/** The values that stand in the library, each once. */
export function choices(all: Profile[], key: "class" | "protocol" | "vendor" | "verified"): string[] {
  return [...new Set(all.map((p) => p[key]))].sort((a, b) => a.localeCompare(b));
}
