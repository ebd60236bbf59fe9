import { type PointerEvent, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Thresholds } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { measured, unitText } from "../../lib/format";
import { type Chosen, placeOf, valueAt } from "./thresholds";

const width = 600;
const height = 150;

interface Props { of: Thresholds; title: string; chosen: Chosen; set: (name: string, value: number) => void }

/** Time at each value, with the thresholds to be dragged; what a hand cannot drag is typed beside it. */
export function ThresholdHistogram({ of, title, chosen, set }: Props) {
  const { t } = useTranslation("machine");
  const { lang, name } = useLang();
  const svg = useRef<SVGSVGElement>(null);
  const most = Math.sqrt(Math.max(1, ...of.bins.map((b) => b.ms))); // a root: 5 % running is to be seen beside 95 % standing
  const bar = width / Math.max(1, of.bins.length);
  const drag = (param: string) => (e: PointerEvent<SVGLineElement>) => {
    const box = svg.current?.getBoundingClientRect();
    if (!box || !(e.buttons & 1)) return;
    e.currentTarget.setPointerCapture(e.pointerId);
    set(param, valueAt(of.bins, (e.clientX - box.left) / box.width));
  };
  const marks = [0, 0.25, 0.5, 0.75, 1].map((at) => valueAt(of.bins, at));
  return (
    <div>
      <svg ref={svg} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" style={{ width: "100%", height, display: "block" }} role="img" aria-label={t("learn.histogram", { signal: title })}>
        {of.bins.map((b, i) => b.ms > 0 && <rect key={b.from} x={i * bar} width={bar} y={height - (height * Math.sqrt(b.ms)) / most} height={(height * Math.sqrt(b.ms)) / most} fill="currentColor" opacity={0.55} />)}
        {of.params.map((p) => {
          const v = chosen[p.name];
          if (typeof v !== "number") return null;
          const x = placeOf(of.bins, v) * width;
          return (
            <g key={p.name}>
              <line x1={x} x2={x} y1={0} y2={height} stroke="var(--alarm)" strokeWidth={2} vectorEffect="non-scaling-stroke" />
              <line x1={x} x2={x} y1={0} y2={height} stroke="transparent" strokeWidth={16} vectorEffect="non-scaling-stroke" style={{ cursor: "ew-resize", touchAction: "none" }} onPointerDown={drag(p.name)} onPointerMove={drag(p.name)}>
                <title>{t("learn.line", { name: name(p.title), value: measured(v) })}</title>
              </line>
            </g>);
        })}
      </svg>
      <div className="row dim num" style={{ justifyContent: "space-between", fontSize: 12 }} aria-hidden>{marks.map((m, i) => <span key={i}>{measured(m)} {unitText(of.unit, lang)}</span>)}</div>
    </div>
  );
}
