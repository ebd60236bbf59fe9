import { useQuery } from "@tanstack/react-query";
import { Button, InputNumber, Select } from "antd";
import { useRef, useState, type KeyboardEvent, type MouseEvent } from "react";
import { useTranslation } from "react-i18next";
import { type Defect, type Picture, pictures } from "../../api/marks";
import { filePath } from "../production/Documents";
import { ScrapReason } from "../production/reasons";

const step = 0.01;
const clamp = (v: number) => Math.min(1, Math.max(0, v));
const rounded = (v: number) => Math.round(clamp(v) * 10_000) / 10_000;
export const percentAt = (v: number): string => (v * 100).toFixed(1);

/** The picture of a part on which flaws are marked by a touch or by keys. */
export function PicturePad({ picture, value, onChange }: { picture: Picture; value: Defect[]; onChange: (all: Defect[]) => void }) {
  const { t } = useTranslation("flaws");
  const box = useRef<HTMLDivElement>(null);
  const [cross, setCross] = useState({ x: 0.5, y: 0.5 });
  const [focused, setFocused] = useState(false);
  const mark = (x: number, y: number) => onChange([...value, { code: "", count: 1, spot: { picture: picture.sha256, x: rounded(x), y: rounded(y) } }]);
  const touched = (e: MouseEvent) => {
    const r = box.current?.getBoundingClientRect();
    if (!r || r.width === 0 || r.height === 0) return;
    const at = { x: clamp((e.clientX - r.left) / r.width), y: clamp((e.clientY - r.top) / r.height) };
    setCross(at);
    mark(at.x, at.y);
  };
  const pressed = (e: KeyboardEvent) => {
    const by = (e.shiftKey ? 5 : 1) * step;
    const way = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[e.key];
    if (way) setCross((c) => ({ x: clamp(c.x + (way[0] ?? 0)), y: clamp(c.y + (way[1] ?? 0)) }));
    else if (e.key === "Enter" || e.key === " ") mark(cross.x, cross.y);
    else return;
    e.preventDefault();
  };
  return (
    <div ref={box} role="application" tabIndex={0} aria-label={t("mark.pad", { title: picture.title })} onClick={touched} onKeyDown={pressed} onFocus={() => setFocused(true)} onBlur={() => setFocused(false)} style={{ position: "relative", width: "100%", maxWidth: 560, cursor: "crosshair", touchAction: "manipulation", lineHeight: 0 }}>
      <img src={filePath(picture.sha256)} alt={picture.title} draggable={false} style={{ width: "100%", userSelect: "none" }} />
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden style={{ position: "absolute", inset: 0, width: "100%", height: "100%", pointerEvents: "none" }}>
        {focused && <path d={`M${cross.x} 0V1M0 ${cross.y}H1`} stroke="#1f5fa8" strokeWidth={1.5} vectorEffect="non-scaling-stroke" />}
      </svg>
      {value.map((d, i) => d.spot && <Pin key={`${d.spot.x} ${d.spot.y} ${i}`} x={d.spot.x} y={d.spot.y} text={String(i + 1)} />)}
      <span role="status" className="sr-only" style={{ position: "absolute", width: 1, height: 1, overflow: "hidden", clipPath: "inset(50%)" }}>{focused && t("mark.at", { x: percentAt(cross.x), y: percentAt(cross.y) })}</span>
    </div>
  );
}

/** A mark with its number; it does not stand in the way of the next touch. */
export function Pin({ x, y, text }: { x: number; y: number; text: string }) {
  return <span aria-hidden style={{ position: "absolute", left: `${x * 100}%`, top: `${y * 100}%`, transform: "translate(-50%, -50%)", minWidth: 20, height: 20, borderRadius: 10, background: "#b32222", border: "2px solid #fff", color: "#fff", fontSize: 11, lineHeight: "16px", textAlign: "center", pointerEvents: "none" }}>{text}</span>;
}

/** Marks flaws of a product: the picture is chosen, the place touched, the kind said. */
export function MarkFlaws({ product, operation, value, onChange }: { product: string | undefined; operation?: number | undefined; value: Defect[]; onChange: (all: Defect[]) => void }) {
  const { t } = useTranslation("flaws");
  const all = useQuery(pictures(product)).data ?? [];
  const [chosen, setChosen] = useState<string>();
  const picture = all.find((p) => p.sha256 === chosen) ?? all.find((p) => p.operation === operation) ?? all[0];
  if (!picture) return null;
  const of = value.filter((d) => d.spot?.picture === picture.sha256);
  const change = (i: number, more: Partial<Defect>) => onChange(value.map((d, k) => (k === i ? { ...d, ...more } : d)));
  return (
    <section className="stack" aria-label={t("mark")}>
      <h3 style={{ margin: 0 }}>{t("mark")}</h3>
      {all.length > 1 && <Select aria-label={t("picture")} style={{ maxWidth: 420 }} value={picture.sha256} onChange={setChosen} options={all.map((p) => ({ value: p.sha256, label: t("picture.of", { title: p.title, revision: p.revision, operation: p.operation, n: p.marks }) }))} />}
      <p className="dim" style={{ margin: 0 }}>{t("mark.hint")}</p>
      <PicturePad picture={picture} value={of} onChange={(next) => onChange([...value.filter((d) => d.spot?.picture !== picture.sha256), ...next])} />
      {value.map((d, i) => d.spot && (
        <div className="row" key={`${d.spot.picture} ${d.spot.x} ${d.spot.y} ${i}`}>
          <span className="chip">{t("mark.n", { n: i + 1 })}</span><span className="num dim">{t("mark.at", { x: percentAt(d.spot.x), y: percentAt(d.spot.y) })}</span>
          <span style={{ display: "inline-block", width: 180 }}><ScrapReason label={t("mark.kind", { n: i + 1 })} value={d.code} onChange={(code) => change(i, { code })} /></span>
          <InputNumber min={1} precision={0} style={{ width: 70 }} aria-label={`${t("count")} ${i + 1}`} value={d.count} onChange={(count) => change(i, { count: count ?? 1 })} />
          <Button size="small" aria-label={t("mark.remove", { n: i + 1 })} onClick={() => onChange(value.filter((_, k) => k !== i))}>✕</Button>
        </div>))}
    </section>
  );
}
