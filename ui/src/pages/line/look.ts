import type { LineState, LossKind, StationDid, StationLink } from "../../api/line";

/** A glyph and a word always, colour only for what is abnormal: a line that runs is grey. */
export const glyph: Record<LineState, string> = {
  working: "▶", setup: "⚙", down: "■", service: "✚", minor: "‖", delay: "‖", starved: "◁", blocked: "▷", planned: "▭", off: "○", unknown: "?",
};
/** The custom property of style.css that paints a state. */
export const paint: Record<LineState, string> = {
  working: "--run", setup: "--setup", down: "--alarm", service: "--maint", minor: "--idle", delay: "--warn", starved: "--panel2", blocked: "--panel2", planned: "--off", off: "--off", unknown: "--panel",
};

export interface FallBar { key: LossKind | "possible" | "good"; parts: number; ms: number; from: number; to: number }

/** The bars of a waterfall: each hangs where the one before it ended. */
export function bars(possible: number, steps: { loss: LossKind; parts: number; ms: number }[], good: number): FallBar[] {
  const out: FallBar[] = [{ key: "possible", parts: possible, ms: 0, from: 0, to: possible }];
  let left = possible;
  for (const s of steps) {
    if (s.parts === 0) continue;
    out.push({ key: s.loss, parts: s.parts, ms: s.ms, from: left, to: left - s.parts });
    left -= s.parts;
  }
  out.push({ key: "good", parts: good, ms: 0, from: 0, to: good });
  return out;
}

/** The loss that costs most parts, of those that somebody could mend at the station. */
export function dearest(steps: { loss: LossKind; parts: number; ms: number }[]): { loss: LossKind; parts: number; ms: number } | undefined {
  return steps.filter((s) => s.parts > 0 && s.loss !== "between" && s.loss !== "unknown" && s.loss !== "planned").sort((a, b) => b.parts - a.parts)[0];
}

/** Stations so that each stands behind those that feed it; what goes round in a circle stands last. */
export function inOrder<S extends { code: string }>(stations: S[], links: Pick<StationLink, "from" | "to">[]): S[] {
  const out: S[] = [];
  const rest = [...stations];
  while (rest.length > 0) {
    const i = rest.findIndex((s) => !links.some((k) => k.to === s.code && rest.some((r) => r.code === k.from && r !== s)));
    out.push(...rest.splice(Math.max(i, 0), 1));
  }
  return out;
}

/** How much of its machines' planned busy time is known, null without any. */
export const knownShare = (s: StationDid): number | null => (s.busy_ms > 0 ? s.known_ms / s.busy_ms : null);
