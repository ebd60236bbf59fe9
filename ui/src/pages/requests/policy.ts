import type { SharingRules } from "../../api/types";

/** The policy as a form shows it: lists are lines of text. */
export interface Fields { mode: "all" | "some" | "withdrawn"; withdrawn?: string; model: boolean; figures: boolean; records: string[]; tags: string; auto: string; hours: number }

/** The figure by which a policy names the days of machines. */
const machineDay = "machine-day";

/** What a firm shares with an authority when it shares anything: no sample. */
const usual = ["seal", "evidence_request", "evidence_step", "suspicion", "suspicion_said"];

const linesOf = (text: string): string[] => text.split("\n").map((l) => l.trim()).filter(Boolean);

export function fieldsOf(p: SharingRules): Fields {
  const first = p.all && p.figures.length + p.records.length + p.tags.length === 0;
  return {
    mode: p.withdrawn ? "withdrawn" : p.all ? "all" : "some", withdrawn: p.withdrawn ?? "", model: first || p.model, figures: first || p.figures.length > 0, records: first ? usual : p.records,
    tags: p.tags.map((r) => r.path).join("\n"), auto: p.evidence.flatMap((r) => r.tags).join("\n"), hours: p.evidence[0]?.hours ?? 48,
  };
}

export function rulesOf(f: Fields): SharingRules {
  const evidence = linesOf(f.auto).length > 0 && f.mode !== "withdrawn" ? [{ tags: linesOf(f.auto), hours: f.hours }] : [];
  const none = { model: false, figures: [], records: [], tags: [], evidence };
  if (f.mode === "withdrawn") return { ...none, all: false, withdrawn: f.withdrawn ?? "" };
  if (f.mode === "all") return { ...none, all: true };
  return { all: false, model: f.model || linesOf(f.tags).length > 0, figures: f.figures ? [machineDay] : [], records: f.records, tags: linesOf(f.tags).map((path) => ({ path })), evidence };
}
