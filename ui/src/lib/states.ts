// How a machine's state is shown: a glyph and a word always, colour only for
// what is abnormal. Pure, so that the kiosk needs no component library for it.

import type { Machine, State } from "../api/types";

export type Look = "run" | "idle" | "setup" | "maint" | "alarm" | "off" | "unknown";

export const glyphs: Record<Look, string> = { run: "▶", idle: "‖", setup: "⚙", maint: "✚", alarm: "■", off: "○", unknown: "?" };
export const looks: readonly Look[] = ["alarm", "unknown", "setup", "maint", "idle", "off", "run"];

export function lookOf(s: State): Look {
  switch (s.code) {
    case "EXECUTING":
      return s.mode === "SETUP" ? "setup" : s.mode === "MAINTENANCE" ? "maint" : "run";
    case "NOT_EXECUTING":
      return s.mode === "SETUP" ? "setup" : s.mode === "MAINTENANCE" ? "maint" : "idle";
    case "OUT_OF_SERVICE":
      return s.mode === "MAINTENANCE" ? "maint" : "alarm";
    case "NOT_AVAILABLE":
      return "off";
    default:
      return "unknown";
  }
}

/** Keys of the words for a look, in the common texts. */
export const lookKey: Record<Look, string> = {
  run: "state.EXECUTING", idle: "state.NOT_EXECUTING", setup: "mode.SETUP", maint: "mode.MAINTENANCE", alarm: "state.OUT_OF_SERVICE", off: "state.NOT_AVAILABLE", unknown: "state.UNKNOWN",
};

export interface Group { path: string; area: Machine["area"]; line: Machine["line"]; machines: Machine[] }

/** Machines by line, in the order of their paths. */
export function byLine(machines: Machine[]): Group[] {
  const groups = new Map<string, Group>();
  for (const m of [...machines].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const path = m.line_path || m.path.slice(0, m.path.lastIndexOf("/"));
    const g = groups.get(path);
    if (g) g.machines.push(m);
    else groups.set(path, { path, area: m.area, line: m.line, machines: [m] });
  }
  return [...groups.values()];
}
