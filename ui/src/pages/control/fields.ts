// Parameters of blocks as a form and a table have them.

import type { BlockKind, Loop } from "../../api/loop";

type Block = Loop["block"];

/** Where a parameter stands in a block, and how it is called. */
export interface Field { path: string[]; label: `f.${string}`; ring?: "outer" | "inner.ring"; needed: boolean; begin?: number }

const pid = (path: string[], ring?: "outer" | "inner.ring"): Field[] =>
  (["k", "ti_s", "td_s", "b", "low", "high", "rate"] as const).map((key) => ({ path: [...path, key], label: `f.${key}`, ...(ring ? { ring } : {}), needed: key === "k" || key === "b" || key === "low" || key === "high", ...(key === "b" ? { begin: 1 } : {}) }));

const plain = (at: string, keys: [string, boolean][]): Field[] => keys.map(([key, needed]) => ({ path: [at, key], label: `f.${key}`, needed }));

export const fieldsOf: Record<BlockKind, Field[]> = {
  pid: pid(["pid"]), cascade: [...pid(["cascade", "outer"], "outer"), ...pid(["cascade", "inner"], "inner.ring")],
  "on-off": [...plain("on_off", [["hysteresis", true], ["min_on_s", false], ["min_off_s", false]]), { path: ["on"], label: "f.on", needed: true }, { path: ["off"], label: "f.off", needed: true }],
  ratio: plain("ratio", [["ratio", true], ["bias", false], ["low", true], ["high", true]]),
  "run-to-run": [...plain("ewma", [["slope", true], ["lambda", true], ["trend", false], ["deadband", false], ["max_step", false], ["low", true], ["high", true]]), { path: ["every"], label: "f.every", needed: false }],
};

const read = (block: unknown, path: string[]): unknown => path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], block);

/** The parameters of a block that are set. */
export function parametersOf(b: Block): { label: "f.k"; ring: "outer" | "inner.ring" | undefined; value: number }[] {
  return fieldsOf[b.kind].flatMap((f) => { const v = read(b, f.path); return typeof v === "number" ? [{ label: f.label as "f.k", ring: f.ring, value: v }] : []; });
}
