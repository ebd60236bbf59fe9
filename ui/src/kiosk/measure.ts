// Measuring at the machine: what is due is touched, its values are typed with big keys, and whether they are in
// is seen at once, with a network or without.

import type { DueList, Measurement } from "../api/quality";
import { el } from "./dom";
import type { Acts } from "./machine";
import { said } from "./machine";
import type { Sheet } from "./sheets";
import { lang, measureWords } from "./words";

const w = measureWords[lang()];

/** A characteristic that is measured here, as the node told it. */
export type Asked = DueList["items"][number];
type Values = Omit<Measurement, "at" | "key">;

const key = (text: string, onclick: () => void, className = "act") => el("button", { type: "button", className, onclick }, text);

/** Why and when it is due, in a few words. */
export function dueText(a: Asked): string {
  if (a.why) return w[`due.${a.why}`];
  if (typeof a.left === "number") return w.left.replace("{n}", String(a.left));
  if (a.at) return w.at.replace("{at}", new Date(a.at).toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false }));
  return w.any;
}

const digits = (a: Asked): number => a.characteristic.decimals ?? 4;
const shown = (v: number | null | undefined, a: Asked): string => (typeof v === "number" ? (a.characteristic.decimals ? v.toFixed(digits(a)) : String(Number(v.toPrecision(6)))) : "—");

/** What the chart shows of values: their mean, or the share or number of what was found. */
export function statistic(a: Asked, v: Values): number {
  const c = a.characteristic;
  if (c.attribute) return c.chart === "p" || c.chart === "u" ? (v.found ?? 0) / (v.size ?? 1) : (v.found ?? 0);
  const all = v.values ?? [];
  return all.reduce((x, y) => x + y, 0) / all.length;
}

export type Verdict = "outside" | "beyond" | "in" | "unknown";

/** By the specification and by the limits of the last point, which are those in force. */
export function verdictOf(a: Asked, v: Values): Verdict {
  const c = a.characteristic;
  if (!c.attribute && (v.values ?? []).some((x) => (c.lsl !== undefined && x < c.lsl) || (c.usl !== undefined && x > c.usl))) return "outside";
  const last = a.points.at(-1);
  const value = statistic(a, v);
  if (typeof last?.lcl !== "number" || typeof last.ucl !== "number") return "unknown";
  return value < last.lcl || value > last.ucl ? "beyond" : "in";
}

/** Values one after the other with big keys; a value that is not a number is not taken. */
export function asksMeasured(acts: Acts, a: Asked): Sheet {
  const c = a.characteristic;
  const names = c.attribute ? [w.found, w.looked] : Array.from({ length: c.size }, (_, i) => (c.size > 1 ? `${i + 1} / ${c.size}` : w.value));
  const typed: string[] = c.attribute ? ["", String(c.size)] : names.map(() => "");
  let at = 0;
  const head = el("p", { className: "mid" });
  const field = el("output", { className: "own typed" });
  const said1 = el("p", { className: "say alert", hidden: true });
  said1.setAttribute("role", "alert");
  const row = el("div", { className: "row" });
  const paint = () => {
    head.textContent = `${names[at] ?? ""}${c.unit ? ` · ${c.unit}` : ""}${c.attribute ? "" : ` · ${shown(c.lsl, a)} … ${shown(c.usl, a)}`}`;
    field.textContent = typed[at] ?? "";
    row.replaceChildren(...names.map((n, i) => key(`${n}${typed[i] ? `：${typed[i]}` : ""}`, () => { at = i; paint(); }, i === at ? "act who main" : "act who")));
  };
  const press = (d: string) => { const t = typed[at] ?? ""; typed[at] = d === "−" ? (t.startsWith("-") ? t.slice(1) : `-${t}`) : d === "⌫" ? t.slice(0, -1) : d === "." && t.includes(".") ? t : t + d; said1.hidden = true; paint(); };
  const enter = () => {
    const missing = typed.findIndex((t) => t.trim() === "" || !Number.isFinite(Number(t)) || t === "-");
    if (missing >= 0 && (missing !== at || (typed[at] ?? "") === "" || typed[at] === "-")) {
      if (missing === at) { said1.textContent = w.number; said1.hidden = false; }
      at = missing;
      return paint();
    }
    const all = typed.map(Number);
    if (!c.attribute) return void acts.measured(a, { values: all });
    acts.judged(a, { found: all[0] ?? 0, size: all[1] ?? c.size });
  };
  const keys = [..."789456123", "−", "0", "."].map((d) => key(d, () => press(d)));
  const pad = el("div", { className: "digits" }, ...keys, key("⌫", () => press("⌫")), key(w.enter, enter, "act main wide"));
  // A gauge with a cable types like a keyboard.
  let drawn = false; // a key may come before the sheet is drawn, while the touch that opened it ends
  const listen = (e: KeyboardEvent) => {
    if (drawn && !pad.isConnected) return removeEventListener("keydown", listen);
    drawn ||= pad.isConnected;
    if (/^[0-9.]$/.test(e.key)) press(e.key);
    else if (e.key === "-") press("−");
    else if (e.key === "Backspace") press("⌫");
    else if (e.key === "Enter" && pad.isConnected && !(e.target instanceof HTMLButtonElement)) enter(); // nothing is entered that nobody sees
  };
  addEventListener("keydown", listen);
  paint();
  const warn = a.warnings.map((x) => el("p", { className: "say alert" }, w[`warn.${x}` as "warn.gauge_due"]));
  const last = a.points.at(-1);
  return {
    title: `${c.code} ${said(c.name)} · ${dueText(a)}`,
    body: [...warn, el("div", { className: "measuring" }, el("div", {}, head, field, row, said1, pad), el("div", {}, chart(a, []), ...(last ? [key(`${w.withdraw} ${shown(last.value, a)}`, () => acts.withdraw(a), "act who")] : [])))],
  };
}

/** What the machine's people see at once of what they measured, and the chart of the last points with it. */
export function saysMeasured(acts: Acts, a: Asked, v: Values): Sheet {
  const verdict = verdictOf(a, v);
  const text = el("p", { className: verdict === "in" || verdict === "unknown" ? "say big" : "say alert big" }, `${w[verdict]}：${shown(statistic(a, v), a)} ${a.characteristic.unit ?? ""}`);
  text.setAttribute("role", "alert");
  return { title: `${a.characteristic.code} ${said(a.characteristic.name)}`, body: [text, chart(a, [statistic(a, v)]), el("div", { className: "row" }, key(w.done, acts.close, "act main"))] };
}

/** Why a measurement does not count: a touch withdraws it. */
export function asksWithdrawal(acts: Acts, a: Asked): Sheet {
  const last = a.points.at(-1);
  return { title: `${w.withdraw} ${a.characteristic.code} ${shown(last?.value, a)}`, body: [el("div", { className: "choices" }, ...([w.mistyped, w.wrongpart, w.notzero] as const).map((reason) => key(reason, () => acts.withdrawn(a, reason))))] };
}

/** The last 25 points with their limits; drawn without a library, as everything here. */
export function chart(a: Asked, more: number[]): HTMLElement {
  const old = a.points.map((p) => ({ v: p.value, bad: (p.rules?.length ?? 0) > 0 || p.outside === true }));
  const last = a.points.at(-1);
  const all = [...old, ...more.map((v) => ({ v, bad: v < (last?.lcl ?? -Infinity) || v > (last?.ucl ?? Infinity) }))].slice(-25);
  const lines = ([["UCL", last?.ucl, "#ff8a80"], ["CL", last?.center, "#7fd99a"], ["LCL", last?.lcl, "#ff8a80"], ["USL", a.characteristic.usl, "#ffd27a"], ["LSL", a.characteristic.lsl, "#ffd27a"]] as const).flatMap(([name, v, color]) => (typeof v === "number" ? [{ name, v, color }] : []));
  const box = el("div", { className: "last25" });
  if (all.length === 0) return box;
  const values = [...all.map((p) => p.v), ...lines.map((l) => l.v)];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [W, H, pad] = [560, 240, 14];
  const y = (v: number) => pad + ((high - v) / (high - low || 1)) * (H - 2 * pad);
  const x = (i: number) => pad + (i / Math.max(1, all.length - 1)) * (W - 110);
  const node = (tag: string, props: Record<string, string | number>, text = "") => { const n = document.createElementNS("http://www.w3.org/2000/svg", tag); for (const [k, v] of Object.entries(props)) n.setAttribute(k, String(v)); if (text) n.textContent = text; return n; };
  const svg = node("svg", { viewBox: `0 0 ${W} ${H}`, width: "100%", role: "img", "aria-label": `${w.last} ${all.map((p) => shown(p.v, a)).join(" ")}` });
  for (const l of lines) svg.append(node("line", { x1: pad, x2: W - 90, y1: y(l.v), y2: y(l.v), stroke: l.color, "stroke-width": 1.5, ...(l.name === "CL" ? {} : { "stroke-dasharray": l.name.endsWith("SL") ? "1 0" : "6 4" }) }), node("text", { x: W - 86, y: y(l.v) + 5, fill: "#f2f2f2", "font-size": 14 }, `${l.name} ${shown(l.v, a)}`));
  svg.append(node("polyline", { points: all.map((p, i) => `${x(i).toFixed(1)},${y(p.v).toFixed(1)}`).join(" "), fill: "none", stroke: "#8ab8ff", "stroke-width": 1.5 }));
  all.forEach((p, i) => svg.append(p.bad ? node("path", { d: `M${x(i) - 7} ${y(p.v)}l7 -7 7 7 -7 7z`, fill: "#ff5a4d" }) : node("circle", { cx: x(i), cy: y(p.v), r: 4, fill: "#8ab8ff" })));
  box.append(svg);
  return box;
}
