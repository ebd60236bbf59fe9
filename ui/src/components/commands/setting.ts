// Values of set points as people read and write them; free of React.

import type { Command, LiveValue, SetPoint, Setting } from "../../api/types";
import { type Lang, measured, nameOf, unitText } from "../../lib/format";

export interface Words { on: string; off: string }

/** What of a set point the text of a value depends on. */
export type Shape = Pick<SetPoint, "kind" | "unit" | "values">;

export function settingText(s: Setting | undefined, of: Shape, lang: Lang, words: Words): string {
  if (s?.text !== undefined) return s.text;
  if (s?.number === undefined) return "—";
  const known = of.values?.[String(s.number)];
  if (known) return `${nameOf(known, lang)} (${s.number})`;
  if (of.kind === "boolean") return s.number ? words.on : words.off;
  return `${measured(s.number)} ${unitText(of.unit, lang)}`.trim();
}

/** The last value of a tag as a setting; undefined when there is no good one. */
export function settingOf(v: LiveValue | undefined): Setting | undefined {
  if (!v?.quality.startsWith("good")) return undefined;
  if (v.text !== undefined) return { text: v.text };
  return v.value === undefined ? undefined : { number: v.value };
}

export type Mood = "success" | "warning" | "error" | "processing";

export function moodOf(state: Command["state"]): Mood {
  switch (state) {
    case "confirmed": return "success";
    case "requested": case "awaiting": case "approved": case "checked": case "sent": return "processing";
    case "unknown": case "mismatched": return "error";
    default: return "warning";
  }
}

/** Why nothing can be set now, as the key of a text; undefined when it can. */
export function obstacle(p: SetPoint, may: boolean): "elsewhere" | "off" | "right.none" | "contact.none" | "busy" | undefined {
  if (!p.here) return "elsewhere";
  if (!p.enabled) return "off";
  if (!may) return "right.none";
  if (!p.contact) return "contact.none";
  return p.open ? "busy" : undefined;
}
