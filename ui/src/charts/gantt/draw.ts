// Paints a Gantt chart in one pass: what is not seen is not touched, and texts
// are drawn once and kept as pictures.

import { font } from "../../theme";
import { type Bar, type Box, boxOf, headHeight, leftWidth, type Load, loadHeight, type Row, rowAt, rowHeight, seen, type Span, ticks, touched, utilisation, type View, xOf, yOf } from "./layout";

export interface Palette { bar: string; setup: string; late: string; wrong: string; closed: string; panel: string; alt: string; line: string; text: string; dim: string; sel: string; accent: string; frozen: string; ok: string }

export function palette(): Palette {
  const css = getComputedStyle(document.documentElement);
  const get = (n: string) => css.getPropertyValue(n).trim();
  return {
    bar: get("--run"), setup: get("--setup"), late: get("--alarm"), wrong: get("--warn"), closed: get("--off"), panel: get("--panel"), alt: get("--panel2"), line: get("--line"), text: get("--text"), dim: get("--dim"),
    sel: get("--sel"), accent: get("--accent"), frozen: get("--maint"), ok: get("--ok"),
  };
}

/** Where a bar that is held would go, and whether it may. */
export interface Ghost { row: number; from: number; to: number; verdict: "asking" | "fits" | "pushes" | "wrong" }

export interface Scene {
  rows: readonly Row[]; view: View; now: number; load: Load; longestSetup: number; selected: Bar | undefined; ghost: Ghost | undefined; words: { load: string; now: string };
}

/** Texts as pictures: to draw one costs less than to set it. */
export class Texts {
  private readonly kept = new Map<string, HTMLCanvasElement>();
  private readonly scale: number;

  constructor(scale: number) {
    this.scale = scale;
  }

  private of(text: string, color: string): HTMLCanvasElement {
    const key = `${color}${text}`;
    const known = this.kept.get(key);
    if (known) return known;
    if (this.kept.size > 4000) this.kept.clear();
    const canvas = document.createElement("canvas");
    const g = canvas.getContext("2d") as CanvasRenderingContext2D;
    g.font = `12px ${font}`;
    canvas.width = Math.ceil(Math.max(1, g.measureText(text).width) * this.scale);
    canvas.height = 18 * this.scale;
    g.scale(this.scale, this.scale);
    g.font = `12px ${font}`;
    g.fillStyle = color;
    g.textBaseline = "middle";
    g.fillText(text, 0, 9);
    this.kept.set(key, canvas);
    return canvas;
  }

  /** Draws as much of a text as there is room for. */
  draw(g: CanvasRenderingContext2D, text: string, color: string, x: number, middle: number, room: number): void {
    if (room < 8) return;
    const picture = this.of(text, color);
    const w = Math.min(picture.width, room * this.scale);
    g.drawImage(picture, 0, 0, w, picture.height, x, middle - 9, w / this.scale, 18);
  }
}

export function draw(canvas: HTMLCanvasElement, s: Scene, p: Palette, texts: Texts): void {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const scale = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const g = canvas.getContext("2d");
  if (!g || width <= leftWidth) return;
  g.setTransform(scale, 0, 0, scale, 0, 0);
  g.fillStyle = p.panel;
  g.fillRect(0, 0, width, height);
  g.save();
  g.beginPath();
  g.rect(0, headHeight, width, height - headHeight - loadHeight);
  g.clip();
  const from = Math.max(0, rowAt(headHeight, s.view.top));
  const to = Math.min(s.rows.length, rowAt(height - loadHeight, s.view.top) + 1);
  for (let r = from; r < to; r++) drawGround(g, s, p, r, width);
  drawGrid(g, s, p, width, height);
  g.save();
  g.beginPath();
  g.rect(leftWidth, headHeight, width - leftWidth, height);
  g.clip();
  drawBars(g, s, p, texts, from, to, width);
  drawSelected(g, s, p, width);
  if (s.ghost) drawGhost(g, s, s.ghost, p, width);
  g.restore();
  drawNames(g, s, p, texts, from, to);
  g.restore();
  drawAxis(g, s, p, width, height);
  drawLoad(g, s, p, width, height);
}

function drawGround(g: CanvasRenderingContext2D, s: Scene, p: Palette, r: number, width: number): void {
  const row = s.rows[r] as Row;
  const y = yOf(r, s.view.top);
  // Closed is the ground, open stands out.
  g.fillStyle = p.closed;
  g.fillRect(leftWidth, y, width - leftWidth, rowHeight - 1);
  g.fillStyle = r % 2 ? p.alt : p.panel;
  const [a, b] = touched(row.resource.open, s.view.from, s.view.to);
  for (let i = a; i < b; i++) {
    const o = row.resource.open[i] as Span;
    const x = Math.max(leftWidth, xOf(o.from, s.view, width));
    g.fillRect(x, y, Math.min(width, xOf(o.to, s.view, width)) - x, rowHeight - 1);
  }
  g.fillStyle = p.line;
  g.fillRect(0, y + rowHeight - 1, width, 1);
}

function drawGrid(g: CanvasRenderingContext2D, s: Scene, p: Palette, width: number, height: number): void {
  g.globalAlpha = 0.4;
  g.fillStyle = p.line;
  for (const t of ticks(s.view, width - leftWidth)) {
    const x = xOf(t.at, s.view, width);
    if (x >= leftWidth) g.fillRect(Math.round(x), headHeight, 1, height - headHeight - loadHeight);
  }
  g.globalAlpha = 1;
}

type Style = "bar" | "late" | "wrong" | "frozen" | "setup";

function drawBars(g: CanvasRenderingContext2D, s: Scene, p: Palette, texts: Texts, from: number, to: number, width: number): void {
  const boxes: Record<Style, Box[]> = { bar: [], late: [], wrong: [], frozen: [], setup: [] };
  const labels: { bar: Bar; box: Box; style: Style }[] = [];
  for (let r = from; r < to; r++) {
    const row = s.rows[r] as Row;
    const [a, b] = seen(row, s.view.from, s.view.to, s.longestSetup);
    let last = -1; // of bars within one pixel one is drawn
    for (let i = a; i < b; i++) {
      const bar = row.bars[i] as Bar;
      const box = boxOf(row, i, r, s.view, width);
      const style: Style = bar.wrong ? "wrong" : bar.late ? "late" : bar.frozen ? "frozen" : "bar";
      const pixel = Math.floor(box.x);
      if (box.w <= 1 && pixel === last && style === "bar") continue;
      last = pixel;
      if (bar.setupMs > 0) {
        const x = xOf(bar.from - bar.setupMs, s.view, width);
        if (box.x - x >= 0.5) boxes.setup.push({ x, y: box.y + box.h * 0.3, w: box.x - x, h: box.h * 0.7 });
      }
      boxes[style].push(box);
      if (box.w > 14 && box.h > 10) labels.push({ bar, box, style });
    }
  }
  for (const style of ["setup", "bar", "frozen", "late", "wrong"] as const) fill(g, boxes[style], p[style]);
  for (const { bar, box, style } of labels) {
    const color = style === "late" ? "#ffffff" : p.text;
    let left = Math.max(box.x, leftWidth) + 3;
    if (bar.locked) {
      padlock(g, color, left, box.y + box.h / 2);
      left += 12;
    }
    texts.draw(g, `${bar.late ? "! " : ""}${bar.wrong ? "⚠ " : ""}${bar.text}`, color, left, box.y + box.h / 2, box.x + box.w - left - 2);
  }
}

function padlock(g: CanvasRenderingContext2D, color: string, x: number, middle: number): void {
  g.fillStyle = color;
  g.fillRect(x, middle - 1, 9, 6);
  g.strokeStyle = color;
  g.beginPath();
  g.arc(x + 4.5, middle - 1, 3, Math.PI, 0);
  g.stroke();
}

function fill(g: CanvasRenderingContext2D, boxes: readonly Box[], color: string): void {
  if (boxes.length === 0) return;
  g.fillStyle = color;
  g.beginPath();
  // A line of the ground between neighbours keeps them apart.
  for (const b of boxes) g.rect(b.x, b.y, b.w > 3 ? b.w - 1 : b.w, b.h);
  g.fill();
}

/** What is selected, with the other operations of its order and the way between them. */
function drawSelected(g: CanvasRenderingContext2D, s: Scene, p: Palette, width: number): void {
  const of = s.selected;
  if (!of) return;
  const places: { bar: Bar; box: Box }[] = [];
  for (const [r, row] of s.rows.entries()) {
    for (let i = 0; i < row.bars.length; i++) {
      const bar = row.bars[i] as Bar;
      if (bar.group === of.group) places.push({ bar, box: boxOf(row, i, r, s.view, width) });
    }
  }
  places.sort((a, b) => a.bar.from - b.bar.from);
  g.strokeStyle = p.sel;
  g.lineWidth = 1.5;
  g.beginPath();
  for (const [i, { box }] of places.entries()) {
    const next = places[i + 1]?.box;
    if (!next) continue;
    const [x, y] = [box.x + box.w, box.y + box.h / 2];
    const bend = Math.max(x + 6, next.x - 8);
    g.moveTo(x, y);
    g.lineTo(bend, y);
    g.lineTo(bend, next.y + next.h / 2);
    g.lineTo(next.x, next.y + next.h / 2);
  }
  g.stroke();
  for (const { bar, box } of places) {
    g.lineWidth = bar.id === of.id ? 3 : 1.5;
    g.strokeRect(box.x + 0.5, box.y + 0.5, Math.max(2, box.w - 1), box.h - 1);
  }
  g.lineWidth = 1;
}

function drawGhost(g: CanvasRenderingContext2D, s: Scene, ghost: Ghost, p: Palette, width: number): void {
  const x = xOf(ghost.from, s.view, width);
  const w = Math.max(3, xOf(ghost.to, s.view, width) - x);
  const y = yOf(ghost.row, s.view.top) + 3;
  const color = { asking: p.dim, fits: p.ok, pushes: p.wrong, wrong: p.late }[ghost.verdict];
  g.globalAlpha = 0.35;
  g.fillStyle = color;
  g.fillRect(x, y, w, rowHeight - 6);
  g.globalAlpha = 1;
  g.strokeStyle = color;
  g.lineWidth = 2;
  g.setLineDash(ghost.verdict === "wrong" ? [4, 3] : []);
  g.strokeRect(x, y, w, rowHeight - 6);
  g.setLineDash([]);
  g.lineWidth = 1;
}

function drawNames(g: CanvasRenderingContext2D, s: Scene, p: Palette, texts: Texts, from: number, to: number): void {
  for (let r = from; r < to; r++) {
    const row = s.rows[r] as Row;
    const y = yOf(r, s.view.top);
    g.fillStyle = r % 2 ? p.alt : p.panel;
    g.fillRect(0, y, leftWidth, rowHeight - 1);
    texts.draw(g, row.resource.name, p.text, 8, y + rowHeight / 2, leftWidth - 12);
  }
  g.fillStyle = p.line;
  g.fillRect(leftWidth - 1, headHeight, 1, g.canvas.height);
}

function drawAxis(g: CanvasRenderingContext2D, s: Scene, p: Palette, width: number, height: number): void {
  g.fillStyle = p.panel;
  g.fillRect(0, 0, width, headHeight);
  g.fillStyle = p.line;
  g.fillRect(0, headHeight - 1, width, 1);
  g.font = `12px ${font}`;
  g.textBaseline = "alphabetic";
  const days: [number, number][] = []; // where their names stand
  for (const t of ticks(s.view, width - leftWidth)) {
    const x = Math.round(xOf(t.at, s.view, width));
    g.fillStyle = p.line;
    g.fillRect(x, headHeight - 8, 1, 8);
    g.fillStyle = p.dim;
    g.fillText(t.text, x + 3, headHeight - 5);
    if (t.day) {
      g.fillStyle = p.text;
      g.fillText(t.day, x + 3, headHeight - 19);
      days.push([x, x + 3 + g.measureText(t.day).width]);
    }
  }
  const x = xOf(s.now, s.view, width);
  if (x < leftWidth || x > width) return;
  g.fillStyle = p.sel;
  g.fillRect(Math.round(x), headHeight - 12, 2, height - headHeight + 12);
  const word = Math.min(x + 4, width - 30);
  const under = days.find(([from, to]) => word + 26 > from && word < to);
  g.fillText(s.words.now, Math.min(under ? under[1] + 6 : word, width - 30), 12);
}

/** Busy share of what is open, over all resources. */
function drawLoad(g: CanvasRenderingContext2D, s: Scene, p: Palette, width: number, height: number): void {
  const top = height - loadHeight;
  g.fillStyle = p.panel;
  g.fillRect(0, top, width, loadHeight);
  g.fillStyle = p.line;
  g.fillRect(0, top, width, 1);
  const column = 4;
  const floor = height - 4;
  const room = loadHeight - 14;
  for (let x = leftWidth; x < width; x += column) {
    const ms = (s.view.to - s.view.from) / (width - leftWidth);
    const at = s.view.from + (x - leftWidth) * ms;
    const share = utilisation(s.load, at, at + column * ms);
    if (share === undefined) continue;
    g.fillStyle = share >= 0.9 ? p.accent : p.bar;
    g.fillRect(x, floor - share * room, column - 1, Math.max(1, share * room));
  }
  g.fillStyle = p.text;
  g.font = `12px ${font}`;
  g.fillText(s.words.load, 8, top + 18);
  g.fillStyle = p.dim;
  g.fillText("100 %", leftWidth - 42, floor - room + 8);
  g.fillText("0", leftWidth - 14, floor);
  g.fillRect(leftWidth, floor - room, width - leftWidth, 0.5);
}
