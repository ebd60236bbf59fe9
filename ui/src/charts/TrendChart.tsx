import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useMood } from "../components/mood";
import { measured } from "../lib/format";
import type { Pen } from "../lib/pyramid";
import { clock, dateTime, day8 } from "../lib/time";
import { font } from "../theme";

export interface ChartPen { key: string; label: string; unit: string; color: string; pen: Pen }
interface Props { pens: ChartPen[]; from: number; to: number; height: number; label: string; onView: (from: number, to: number) => void }

const rest = 150; // ms without a move before the node is asked for the new stretch
const shortest = 1000;

function dataOf(pens: ChartPen[], from: number, to: number, n: number): uPlot.AlignedData {
  const x = new Float64Array(2 * n);
  const width = (to - from) / n;
  for (let c = 0; c < n; c++) {
    x[2 * c] = (from + c * width) / 1000;
    x[2 * c + 1] = (from + (c + 0.5) * width) / 1000;
  }
  const rows = pens.map(({ pen }) => {
    const cols = pen.columns(from, to, n);
    const y: (number | null)[] = new Array<number | null>(2 * n);
    for (let c = 0; c < n; c++) {
      const low = cols.min[c] as number;
      y[2 * c] = Number.isNaN(low) ? null : low;
      y[2 * c + 1] = Number.isNaN(low) ? null : (cols.max[c] as number);
    }
    return y;
  });
  return [x, ...rows] as unknown as uPlot.AlignedData;
}

function axisTime(_: uPlot, splits: number[]): string[] {
  const span = (splits.at(-1) ?? 0) - (splits[0] ?? 0);
  let last = "";
  return splits.map((s) => {
    const d = day8(s * 1000).slice(5);
    const text = span > 3 * 86400 ? d : clock(s * 1000, span < 600);
    const out = d !== last && span <= 3 * 86400 ? `${text}\n${d}` : text;
    last = d;
    return out;
  });
}

function optionsOf(pens: ChartPen[], width: number, height: number, dark: boolean): uPlot.Options {
  const ink = dark ? "#d0d4d9" : "#404448";
  const grid = { stroke: dark ? "#33383e" : "#e3e5e8", width: 1 };
  const unitList = [...new Set(pens.map((p) => p.unit))];
  const axis = (unit: string, n: number): uPlot.Axis => ({
    scale: `u:${unit}`, side: n === 0 ? 3 : 1, stroke: ink, font: `12px ${font}`, labelFont: `12px ${font}`, label: unit || " ", labelSize: 18, size: 62,
    grid: n === 0 ? grid : { show: false }, ticks: grid, values: (_, v) => v.map((x) => measured(x)),
  });
  return {
    width, height, pxAlign: 0, legend: { show: false }, cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    tzDate: (s) => new Date(s * 1000), // only used for picking ticks; labels are made in the plant's zone
    scales: { x: { time: true } },
    axes: [{ stroke: ink, font: `12px ${font}`, grid, ticks: grid, values: axisTime, size: 44 }, ...unitList.slice(0, 3).map(axis)],
    // One pixel: the browser strokes anything wider as a shape with joins, and a dense line then costs several frames.
    series: [{}, ...pens.map((p) => ({ label: p.label, scale: `u:${p.unit}`, stroke: p.color, width: 1, spanGaps: false, points: { show: false } }))],
  };
}

/** Time series with pan (drag, arrows) and zoom (wheel, + and −). */
export function TrendChart({ pens, from, to, height, label, onView }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLDivElement>(null);
  const { mood } = useMood();
  const told = useRef(onView);
  told.current = onView;
  useEffect(() => {
    const el = host.current;
    if (!el) return;
    const view = { from, to };
    const columns = () => Math.max(50, Math.round(u.bbox.width / devicePixelRatio) || 800);
    const u = new uPlot(optionsOf(pens, el.clientWidth || 800, height, mood === "dark"), [[]] as unknown as uPlot.AlignedData, el);
    let frame = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      frame = 0;
      u.batch(() => {
        u.setData(dataOf(pens, view.from, view.to, columns()), true);
        u.setScale("x", { min: view.from / 1000, max: view.to / 1000 });
      });
    };
    const tell = () => {
      // Not under a hand that still holds the chart.
      if (el.dataset.held) timer = setTimeout(tell, rest);
      else told.current(Math.round(view.from), Math.round(view.to));
    };
    const move = (a: number, b: number) => {
      if (b - a < shortest) return;
      view.from = a;
      view.to = b;
      frame ||= requestAnimationFrame(draw);
      clearTimeout(timer);
      timer = setTimeout(tell, rest);
    };
    const undo = listen(el, u, view, move);
    const hooks = u.hooks as { setCursor?: (() => void)[] };
    hooks.setCursor = [() => showReadout(readout.current, u, pens)];
    const sizes = new ResizeObserver(() => {
      u.setSize({ width: el.clientWidth, height });
      draw();
    });
    sizes.observe(el);
    draw();
    return () => {
      sizes.disconnect();
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      undo();
      u.destroy();
    };
  }, [pens, from, to, height, mood]);
  return (
    <div>
      <div ref={host} role="img" tabIndex={0} aria-label={label} style={{ width: "100%", height, touchAction: "pan-y", cursor: "grab" }} />
      <div ref={readout} className="num dim row" style={{ minHeight: 22, fontSize: 12 }} />
    </div>
  );
}

function showReadout(el: HTMLDivElement | null, u: uPlot, pens: ChartPen[]): void {
  if (!el) return;
  const i = u.cursor.idx;
  if (i === null || i === undefined) return void (el.textContent = "");
  const c = i - (i % 2);
  const parts = pens.map((p, n) => {
    const low = u.data[n + 1]?.[c];
    const high = u.data[n + 1]?.[c + 1];
    const text = low === null || low === undefined || high === null || high === undefined ? "—" : low === high ? measured(low) : `${measured(low)} … ${measured(high)}`;
    return `${p.label} ${text}${p.unit ? ` ${p.unit}` : ""}`;
  });
  el.textContent = [dateTime((u.data[0][c] ?? 0) * 1000), ...parts].join("   ");
}

/** Mouse, touch and keys; answers with how to stop listening. */
function listen(el: HTMLElement, u: uPlot, view: { from: number; to: number }, move: (a: number, b: number) => void): () => void {
  let held: { x: number; from: number; to: number } | null = null;
  const zoom = (at: number, by: number) => move(at - (at - view.from) * by, at + (view.to - at) * by);
  const on: { [K in keyof HTMLElementEventMap]?: (e: HTMLElementEventMap[K]) => void } = {
    wheel: (e) => {
      e.preventDefault();
      const box = u.over.getBoundingClientRect();
      const share = Math.min(1, Math.max(0, (e.clientX - box.left) / box.width));
      zoom(view.from + share * (view.to - view.from), e.deltaY > 0 ? 1.25 : 0.8);
    },
    pointerdown: (e) => {
      held = { x: e.clientX, ...view };
      el.dataset.held = "1";
      el.setPointerCapture(e.pointerId);
      el.style.cursor = "grabbing";
    },
    pointermove: (e) => {
      if (!held) return;
      const d = ((e.clientX - held.x) / u.over.clientWidth) * (held.to - held.from);
      if (d !== 0) move(held.from - d, held.to - d);
    },
    pointerup: () => {
      held = null;
      delete el.dataset.held;
      el.style.cursor = "grab";
    },
    keydown: (e) => {
      const step = (view.to - view.from) / 10;
      const mid = (view.from + view.to) / 2;
      if (e.key === "ArrowLeft") move(view.from - step, view.to - step);
      else if (e.key === "ArrowRight") move(view.from + step, view.to + step);
      else if (e.key === "+" || e.key === "=") zoom(mid, 0.8);
      else if (e.key === "-") zoom(mid, 1.25);
      else return;
      e.preventDefault();
    },
  };
  on.pointercancel = on.pointerup;
  const names = Object.keys(on) as (keyof typeof on)[];
  for (const n of names) el.addEventListener(n, on[n] as EventListener, n === "wheel" ? { passive: false } : undefined);
  return () => names.forEach((n) => el.removeEventListener(n, on[n] as EventListener));
}
