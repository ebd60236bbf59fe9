// Where on the part the flaws are: a touch on the picture of the job at hand, or the arrow keys. The picture is on
// the device's own disk, so that it is there without a network, too.

import type { Measurement } from "../api/quality";
import { scrapReasons } from "../lib/reasons";
import { el } from "./dom";
import { fileOf } from "./files";
import type { Acts } from "./machine";
import { said } from "./machine";
import type { Asked } from "./measure";
import type { Sheet } from "./sheets";
import { lang, measureWords, reasonWords } from "./words";

const w = measureWords[lang()];
const kinds = reasonWords[lang()];

/** A document of the job's work instruction that may be a picture. */
export interface Shown { sha256: string; title: string; kind: string }
type Values = Omit<Measurement, "at" | "key">;
type Defects = NonNullable<Measurement["defects"]>;

const most = 50; // as many as the node takes of one inspection
const step = 0.02;
const clamp = (v: number): number => Math.min(1, Math.max(0, v));
const rounded = (v: number): number => Math.round(clamp(v) * 10_000) / 10_000;
const key = (text: string, onclick: () => void, className = "act") => el("button", { type: "button", className, onclick }, text);

/** Whether what was marked may be sent: a chart of flaws wants all of them by kind, or none. */
export function fits(a: Asked, found: number, marked: Defects): boolean {
  const sum = marked.reduce((n, d) => n + d.count, 0);
  return sum === 0 || !["c", "u"].includes(a.characteristic.chart) || sum === found;
}

/** Asks where the flaws are; what is marked goes with the inspection, in one entry. */
export function asksPlaces(acts: Acts, a: Asked, values: Values, pictures: Shown[]): Sheet {
  const found = values.found ?? 0;
  let kind: string = scrapReasons[1];
  let at = { x: 0.5, y: 0.5 };
  const marked: Defects = [];
  const pad = el("div", { className: "places", tabIndex: 0 });
  pad.setAttribute("role", "application");
  const image = el("img", { alt: "", draggable: false });
  const cross = el("span", { className: "cross" });
  const pins = el("div", {});
  const count = el("p", { className: "mid" });
  count.setAttribute("role", "status");
  const choices = el("div", { className: "row" });
  const send = el("button", { type: "button", className: "act main" }, w.enter);
  let picture = pictures[0];
  const paint = () => {
    pins.replaceChildren(...marked.flatMap((d, i) => (d.spot && d.spot.picture === picture?.sha256 ? [Object.assign(el("span", { className: "pin" }, String(i + 1)), { style: `left:${d.spot.x * 100}%;top:${d.spot.y * 100}%` })] : [])));
    cross.setAttribute("style", `left:${at.x * 100}%;top:${at.y * 100}%`);
    count.textContent = w.marked.replace("{n}", String(marked.length)).replace("{found}", String(found));
    choices.replaceChildren(...scrapReasons.map((r) => key(kinds[r], () => { kind = r; paint(); }, r === kind ? "act who main" : "act who")));
    send.disabled = !fits(a, found, marked);
    pad.setAttribute("aria-label", w.pad.replace("{title}", picture?.title ?? ""));
  };
  const mark = () => {
    if (!picture || marked.length >= most) return;
    marked.push({ code: kind, count: 1, spot: { picture: picture.sha256, x: rounded(at.x), y: rounded(at.y) } });
    paint();
  };
  const open = (p: Shown) => {
    picture = p;
    void fileOf(p.sha256).then((blob) => {
      if (!blob.type.startsWith("image/") || picture !== p) return;
      if (image.src) URL.revokeObjectURL(image.src);
      image.src = URL.createObjectURL(blob);
      paint();
    }, () => { count.textContent = w.nopicture; });
    paint();
  };
  pad.append(image, pins, cross);
  pad.addEventListener("click", (e) => {
    const r = pad.getBoundingClientRect();
    if (r.width === 0 || r.height === 0) return;
    at = { x: clamp((e.clientX - r.left) / r.width), y: clamp((e.clientY - r.top) / r.height) };
    mark();
  });
  pad.addEventListener("keydown", (e) => {
    const way = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[e.key];
    if (way) at = { x: clamp(at.x + (way[0] ?? 0)), y: clamp(at.y + (way[1] ?? 0)) };
    else if (e.key === "Enter" || e.key === " ") mark();
    else return;
    e.preventDefault();
    paint();
  });
  send.onclick = () => void acts.measured(a, marked.length > 0 ? { ...values, defects: marked } : values);
  if (picture) open(picture);
  return {
    title: `${a.characteristic.code} ${said(a.characteristic.name)} · ${w.where}`,
    body: [
      el("div", { className: "row" }, ...(pictures.length > 1 ? pictures.map((p) => key(p.title, () => open(p), "act who")) : [])), choices,
      el("div", { className: "measuring" }, pad, el("div", {}, count, el("div", { className: "row" }, key(w.undo, () => { marked.pop(); paint(); }, "act who"), send, key(w.nowhere, () => void acts.measured(a, values), "act")))),
    ],
  };
}
