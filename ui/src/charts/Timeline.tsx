import { useEffect, useRef, useState } from "react";
import type { Interval } from "../api/types";
import { useMood } from "../components/mood";
import { glyphs, type Look, lookOf } from "../lib/states";
import { clock, dateTime, day8, hour, minute, ms, second } from "../lib/time";
import { font } from "../theme";

interface Props { intervals: Interval[]; from: number; to: number; label: string; describe: (i: Interval) => string; onView: (from: number, to: number) => void; onPick?: (i: Interval) => void }

const height = 74;
const bar = 44;
const steps = [second, 5 * second, 15 * second, minute, 5 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 4 * hour, 8 * hour, 24 * hour, 7 * 24 * hour];

function palette(): Record<Look, string> & { line: string; text: string; hatch: string } {
  const css = getComputedStyle(document.documentElement);
  const get = (n: string) => css.getPropertyValue(n).trim();
  return { run: get("--run"), idle: get("--idle"), setup: get("--setup"), maint: get("--maint"), alarm: get("--alarm"), off: get("--off"), unknown: get("--panel"), line: get("--line"), text: get("--text"), hatch: get("--hatch") };
}

function draw(canvas: HTMLCanvasElement, intervals: Interval[], from: number, to: number): void {
  const width = canvas.clientWidth;
  const scale = devicePixelRatio || 1;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const g = canvas.getContext("2d");
  if (!g) return;
  g.scale(scale, scale);
  const p = palette();
  const x = (t: number) => ((t - from) / (to - from)) * width;
  g.font = `12px ${font}`;
  for (const i of intervals) {
    const a = Math.max(0, x(ms(i.from)));
    const b = Math.min(width, x(ms(i.to)));
    if (b <= 0 || a >= width) continue;
    const look = lookOf(i.state);
    const w = Math.max(b - a, 0.7); // a short stop must stay visible
    g.fillStyle = p[look];
    g.fillRect(a, 0, w, bar);
    if (look === "unknown") hatch(g, a, w, p.hatch);
    if (i.class === "NONE" || i.class === "PDOT") {
      g.fillStyle = p.line;
      g.fillRect(a, bar - 5, w, 5);
    }
    if (w > 18) {
      g.fillStyle = look === "alarm" ? "#fff" : p.text;
      g.fillText(glyphs[look], a + 4, bar / 2 + 4);
    }
  }
  g.strokeStyle = p.line;
  g.strokeRect(0.5, 0.5, width - 1, bar - 1);
  ticks(g, from, to, width, p);
}

function hatch(g: CanvasRenderingContext2D, a: number, w: number, color: string): void {
  g.save();
  g.beginPath();
  g.rect(a, 0, w, bar);
  g.clip();
  g.strokeStyle = color;
  g.beginPath();
  for (let s = Math.floor(a / 7) * 7 - bar; s < a + w; s += 7) {
    g.moveTo(s, bar);
    g.lineTo(s + bar, 0);
  }
  g.stroke();
  g.restore();
}

function ticks(g: CanvasRenderingContext2D, from: number, to: number, width: number, p: { line: string; text: string }): void {
  const step = steps.find((s) => ((to - from) / s) * 70 < width) ?? 7 * 24 * hour;
  const offset = 8 * hour; // whole steps of the plant's clock
  g.fillStyle = p.text;
  let last = "";
  for (let t = Math.ceil((from + offset) / step) * step - offset; t < to; t += step) {
    const x = ((t - from) / (to - from)) * width;
    g.fillRect(Math.round(x), bar, 1, 5);
    const d = day8(t).slice(5);
    g.fillText(step >= 24 * hour ? d : clock(t, step < minute), x + 3, bar + 13);
    if (d !== last && step < 24 * hour) g.fillText(d, x + 3, bar + 27);
    last = d;
  }
}

/** What a machine did, as one strip. Wheel zooms, dragging and arrows pan. */
export function Timeline({ intervals, from, to, label, describe, onView, onPick }: Props) {
  const ref = useRef<HTMLCanvasElement>(null);
  const [tip, setTip] = useState("");
  const { mood } = useMood();
  const view = useRef({ from, to });
  const told = useRef(onView);
  told.current = onView;
  useEffect(() => {
    const canvas = ref.current;
    if (!canvas) return;
    view.current = { from, to };
    const paint = () => draw(canvas, intervals, view.current.from, view.current.to);
    const sizes = new ResizeObserver(paint);
    sizes.observe(canvas);
    const frame = requestAnimationFrame(paint); // after the theme's colours are in place
    let timer: ReturnType<typeof setTimeout> | undefined;
    const move = (a: number, b: number) => {
      if (b - a < 5 * second) return;
      view.current = { from: a, to: b };
      paint();
      clearTimeout(timer);
      timer = setTimeout(() => !canvas.dataset.held && told.current(Math.round(a), Math.round(b)), 200);
    };
    const wheel = (e: WheelEvent) => {
      e.preventDefault();
      const { from: a, to: b } = view.current;
      const at = a + (e.offsetX / canvas.clientWidth) * (b - a);
      const by = e.deltaY > 0 ? 1.25 : 0.8;
      move(at - (at - a) * by, at + (b - at) * by);
    };
    const undo = drag(canvas, view, move);
    canvas.addEventListener("wheel", wheel, { passive: false });
    return () => {
      cancelAnimationFrame(frame);
      sizes.disconnect();
      clearTimeout(timer);
      undo();
      canvas.removeEventListener("wheel", wheel);
    };
  }, [intervals, from, to, mood]);
  const at = (offset: number, width: number) => {
    const t = view.current.from + (offset / width) * (view.current.to - view.current.from);
    return intervals.find((i) => ms(i.from) <= t && t < ms(i.to));
  };
  const hover = (e: React.PointerEvent<HTMLCanvasElement>) => {
    const hit = at(e.nativeEvent.offsetX, e.currentTarget.clientWidth);
    setTip(hit ? `${dateTime(hit.from)} – ${clock(hit.to, true)} ${describe(hit)}` : "");
  };
  return (
    <div>
      <canvas ref={ref} role="img" tabIndex={0} aria-label={label} style={{ width: "100%", height, display: "block", cursor: "grab" }} onPointerMove={hover}
        onDoubleClick={(e) => { const hit = at(e.nativeEvent.offsetX, e.currentTarget.clientWidth); if (hit) onPick?.(hit); }} />
      <div className="dim num" style={{ minHeight: 22 }} aria-hidden>{tip}</div>
    </div>
  );
}

function drag(canvas: HTMLCanvasElement, view: { current: { from: number; to: number } }, move: (a: number, b: number) => void): () => void {
  let held: { x: number; from: number; to: number } | null = null;
  const down = (e: PointerEvent) => {
    held = { x: e.clientX, ...view.current };
    canvas.dataset.held = "1";
    canvas.setPointerCapture(e.pointerId);
  };
  const drift = (e: PointerEvent) => {
    if (!held) return;
    const d = ((e.clientX - held.x) / canvas.clientWidth) * (held.to - held.from);
    if (d !== 0) move(held.from - d, held.to - d);
  };
  const up = () => {
    const moved = held && held.from !== view.current.from;
    held = null;
    delete canvas.dataset.held;
    if (moved) move(view.current.from, view.current.to);
  };
  const keys = (e: KeyboardEvent) => {
    const { from, to } = view.current;
    const s = (to - from) / 10;
    if (e.key === "ArrowLeft") move(from - s, to - s);
    else if (e.key === "ArrowRight") move(from + s, to + s);
    else if (e.key === "+" || e.key === "=") move(from + s, to - s);
    else if (e.key === "-") move(from - s, to + s);
  };
  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("pointermove", drift);
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("keydown", keys);
  return () => {
    canvas.removeEventListener("pointerdown", down);
    canvas.removeEventListener("pointermove", drift);
    canvas.removeEventListener("pointerup", up);
    canvas.removeEventListener("pointercancel", up);
    canvas.removeEventListener("keydown", keys);
  };
}
