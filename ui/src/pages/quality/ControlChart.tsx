import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Point, View } from "../../api/quality";
import { ms, shortTime } from "../../lib/time";
import { type Frame, nearest, scaleOf, signal, spread, steps, ticks } from "./look";
import { shown, useTitle } from "./parts";

interface Props { view: View; from: number; to: number; zoom?: (from: number, to: number) => void; open?: (p: Point) => void; height?: number; id?: string }

/** A control chart as a drawing: points with limits, or an envelope; hands and keys zoom and open. */
export function ControlChart({ view, from, to, zoom, open, height = 340, id = "control-chart" }: Props) {
  const { t } = useTranslation("quality");
  const title = useTitle();
  const host = useRef<SVGSVGElement>(null);
  const [width, setWidth] = useState(900);
  const [drag, setDrag] = useState<{ a: number; b: number }>();
  const [at, setAt] = useState(-1);
  useEffect(() => {
    const el = host.current?.parentElement;
    if (!el) return;
    const sizes = new ResizeObserver(() => setWidth(Math.max(320, el.clientWidth)));
    sizes.observe(el);
    return () => sizes.disconnect();
  }, []);
  const f: Frame = { width, height, left: 64, right: 84, top: 12, bottom: 26 };
  const s = useMemo(() => scaleOf(view, from, to, f), [view, from, to, width, height]);
  const points = view.points;
  const place = useMemo(() => spread(points, from, to), [points, from, to]);
  const x = (i: number) => s.x(place.at(i));
  const c = view.characteristic;
  const bad = points.filter(signal).length;
  const count = points.length || view.envelope.reduce((n, e) => n + e.n, 0);
  const inside = (e: PointerEvent) => e.clientX - (host.current?.getBoundingClientRect().left ?? 0);
  const instant = (px: number): number => {
    if (!place.even) return s.at(px);
    const i = Math.min(points.length - 1, Math.max(0, Math.floor(((px - f.left) / (width - f.left - f.right)) * points.length)));
    return ms(points[i]?.at ?? 0);
  };
  const up = (e: PointerEvent) => {
    if (!drag) return;
    const [a, b] = [Math.min(drag.a, drag.b), Math.max(drag.a, drag.b)];
    setDrag(undefined);
    if (b - a > 8 && zoom) {
      const [l, r] = [instant(a), instant(b)];
      if (r > l) zoom(Math.floor(l), Math.ceil(r) + 1);
      return;
    }
    const i = nearest(points, x, inside(e));
    const p = points[i];
    if (p) {
      setAt(i);
      open?.(p);
    }
  };
  const key = (e: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (step) setAt((i) => Math.min(points.length - 1, Math.max(0, i + step)));
    else if (e.key === "Enter" && points[at]) open?.(points[at]);
    else if ((e.key === "+" || e.key === "-") && zoom) {
      const mid = points[at] ? ms(points[at].at) : (from + to) / 2;
      const half = ((to - from) / 2) * (e.key === "+" ? 0.5 : 2);
      zoom(Math.floor(mid - half), Math.ceil(mid + half));
    } else return;
    e.preventDefault();
  };
  const chosen = points[at];
  const label = points.length > 0 ? t("label.chart", { name: title(c), n: points.length, bad }) : t("label.envelope", { name: title(c), n: count });
  return (
    <div style={{ position: "relative" }}>
      <svg ref={host} id={id} width={width} height={height} role="application" aria-label={label} tabIndex={0} onKeyDown={key} style={{ touchAction: "pan-y", cursor: "crosshair", display: "block", userSelect: "none" }}
        onPointerDown={(e) => { setDrag({ a: inside(e), b: inside(e) }); e.currentTarget.setPointerCapture(e.pointerId); }} onPointerMove={(e) => drag && setDrag({ ...drag, b: inside(e) })} onPointerUp={up}>
        <Axes view={view} f={f} s={s} from={from} to={to} even={place.even} />
        <Spec view={view} f={f} s={s} />
        {view.envelope.length > 0 && <Envelope view={view} s={s} />}
        {points.length > 0 && (
          <>
            <path d={steps(points, x, s.y, (p) => p.center)} fill="none" stroke="var(--ok)" strokeWidth={1.2} />
            <path d={steps(points, x, s.y, (p) => p.lcl)} fill="none" stroke="var(--alarm)" strokeWidth={1.2} strokeDasharray="6 4" />
            <path d={steps(points, x, s.y, (p) => p.ucl)} fill="none" stroke="var(--alarm)" strokeWidth={1.2} strokeDasharray="6 4" />
            <polyline points={points.map((p, i) => `${x(i).toFixed(1)},${s.y(p.value).toFixed(1)}`).join(" ")} fill="none" stroke="var(--accent)" strokeWidth={1} />
            {points.map((p, i) => (signal(p) ? <path key={p.id} d={`M${x(i) - 5} ${s.y(p.value)}l5 -5 5 5 -5 5z`} fill="var(--alarm)" stroke="var(--panel)" /> : points.length <= 400 && <circle key={p.id} cx={x(i)} cy={s.y(p.value)} r={2.4} fill="var(--accent)" />))}
            {view.notes.map((n) => {
              const i = points.findIndex((p) => p.id === n.subgroup);
              const p = points[i];
              return p && <g key={n.id}><line x1={x(i)} x2={x(i)} y1={f.top} y2={s.y(p.value) - 7} stroke="var(--dim)" strokeDasharray="2 3" /><text x={x(i)} y={f.top + 9} textAnchor="middle" fontSize={11} fill="var(--text)">{n.cause ? t(`cause.${n.cause}` as "cause.tool") : "✎"}</text></g>;
            })}
            {chosen && <circle cx={x(at)} cy={s.y(chosen.value)} r={7} fill="none" stroke="var(--text)" strokeWidth={1.6} />}
          </>)}
        {drag && <rect x={Math.min(drag.a, drag.b)} y={f.top} width={Math.abs(drag.b - drag.a)} height={height - f.top - f.bottom} fill="var(--accent)" opacity={0.15} />}
      </svg>
      <span className="vh" role="status">{chosen ? `${shortTime(chosen.at)} ${shown(chosen.value, c)} ${(chosen.rules ?? []).map((r) => t(`rule.${r}` as "rule.n1")).join("，")}` : ""}</span>
    </div>
  );
}

function Axes({ view, f, s, from, to, even }: { view: View; f: Frame; s: ReturnType<typeof scaleOf>; from: number; to: number; even: boolean }) {
  const n = 6;
  const points = view.points;
  const marks = even
    ? [0, 1, 2, 3, 4, 5].map((k) => Math.floor((k * (points.length - 1)) / 5)).filter((i, k, a) => a.indexOf(i) === k).map((i) => ({ x: s.x(from + ((i + 0.5) * (to - from)) / points.length), text: shortTime(points[i]?.at ?? 0) }))
    : Array.from({ length: n }, (_, k) => from + ((k + 0.5) * (to - from)) / n).map((at) => ({ x: s.x(at), text: shortTime(at) }));
  return (
    <g fontSize={11} fill="var(--dim)">
      {ticks(s.low, s.high).map((v) => <g key={v}><line x1={f.left} x2={f.width - f.right} y1={s.y(v)} y2={s.y(v)} stroke="var(--line)" strokeWidth={0.6} /><text x={f.left - 6} y={s.y(v) + 4} textAnchor="end">{Number(v.toPrecision(7))}</text></g>)}
      {marks.map((m) => <text key={m.x} x={m.x} y={f.height - 8} textAnchor="middle">{m.text}</text>)}
      <line x1={f.left} x2={f.width - f.right} y1={f.height - f.bottom} y2={f.height - f.bottom} stroke="var(--line)" />
    </g>
  );
}

/** Lines of the specification, and names of the last limits at the right edge. */
function Spec({ view, f, s }: { view: View; f: Frame; s: ReturnType<typeof scaleOf> }) {
  const c = view.characteristic;
  const last = view.points.at(-1);
  const rows = ([["USL", c.usl, "var(--warn)"], ["LSL", c.lsl, "var(--warn)"], ["UCL", last?.ucl, "var(--alarm)"], ["CL", last?.center, "var(--ok)"], ["LCL", last?.lcl, "var(--alarm)"]] as const)
    .flatMap(([name, v, color]) => (typeof v === "number" && v > s.low && v < s.high ? [{ name, v, color }] : [])).sort((a, b) => b.v - a.v);
  let before = -100;
  return (
    <g fontSize={11}>
      {rows.map((r) => {
        const y = s.y(r.v);
        const at = Math.max(y + 4, before + 12);
        before = at;
        return <g key={r.name}>{r.name.endsWith("SL") && <line x1={f.left} x2={f.width - f.right} y1={y} y2={y} stroke={r.color} strokeWidth={1.4} />}<text x={f.width - f.right + 4} y={at} fill="var(--text)">{r.name} {shown(r.v, c)}</text></g>;
      })}
    </g>
  );
}

function Envelope({ view, s }: { view: View; s: ReturnType<typeof scaleOf> }) {
  const e = view.envelope;
  const edge = (of: (x: (typeof e)[number]) => number) => e.map((x) => `${s.x(ms(x.at)).toFixed(1)},${s.y(of(x)).toFixed(1)}`);
  return (
    <g>
      <polygon points={[...edge((x) => x.high), ...edge((x) => x.low).reverse()].join(" ")} fill="var(--accent)" opacity={0.25} />
      <polyline points={edge((x) => x.mean).join(" ")} fill="none" stroke="var(--accent)" />
      {e.map((x) => x.flagged > 0 && <circle key={x.at} cx={s.x(ms(x.at))} cy={s.y(x.high)} r={2.5} fill="var(--alarm)" />)}
    </g>
  );
}
