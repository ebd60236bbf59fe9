import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { LineAnalysis, StationDid } from "../../api/line";
import { useMood } from "../../components/mood";
import { useLang } from "../../i18n/useLang";
import { duration } from "../../lib/format";
import { clock, dateTime, day8, hour, minute, ms } from "../../lib/time";
import { font } from "../../theme";
import { glyph, inOrder, paint } from "./look";

const label = 130;
const row = 24;
const gap = 4;
const axis = 30;
const steps = [5 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 4 * hour, 8 * hour, 24 * hour];

/** Rows of the canvas: the bottleneck, then every station. */
function draw(canvas: HTMLCanvasElement, a: LineAnalysis, stations: StationDid[], title: string, name: (s: StationDid) => string): void {
  const width = canvas.clientWidth;
  const height = (stations.length + 1) * (row + gap) + axis;
  const scale = devicePixelRatio || 1;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const g = canvas.getContext("2d");
  if (!g) return;
  g.scale(scale, scale);
  const css = getComputedStyle(document.documentElement);
  const colour = (n: string) => css.getPropertyValue(n).trim();
  const from = ms(a.from);
  const to = ms(a.to);
  const x = (at: string | number) => label + ((ms(at) - from) / (to - from)) * (width - label);
  g.font = `12px ${font}`;
  g.textBaseline = "middle";
  const head = (text: string, y: number, bold: boolean) => {
    g.font = `${bold ? "600 " : ""}12px ${font}`;
    g.fillStyle = colour("--text");
    g.fillText(text, 0, y + row / 2, label - 8);
    g.font = `12px ${font}`;
  };
  head(title, 0, true);
  for (const m of a.bottleneck.moments) {
    if (!m.station) continue;
    const l = x(m.from);
    const w = Math.max(x(m.to) - l, 0.7);
    g.fillStyle = colour(m.with ? "--panel2" : "--accent");
    g.fillRect(l, 0, w, row);
    if (m.with) hatch(g, l, w, colour("--accent"));
    const text = name(stations.find((s) => s.code === m.station) as StationDid);
    if (!m.with && w > g.measureText(text).width + 8) {
      g.fillStyle = colour("--panel");
      g.fillText(text, l + 4, row / 2);
    }
  }
  stations.forEach((s, i) => {
    const y = (i + 1) * (row + gap);
    head(name(s), y, a.bottleneck.main === s.code);
    for (const p of s.stretches) {
      const l = x(p.from);
      const w = Math.max(x(p.to) - l, 0.7);
      g.fillStyle = colour(paint[p.state]);
      g.fillRect(l, y, w, row);
      if (p.state === "unknown") hatch(g, l, w, colour("--hatch"), y);
      if (w > 14 && p.state !== "working") {
        g.fillStyle = p.state === "down" ? colour("--alarm-text") : colour("--text");
        g.fillText(glyph[p.state], l + 3, y + row / 2);
      }
    }
    g.strokeStyle = colour("--line");
    g.strokeRect(label + 0.5, y + 0.5, width - label - 1, row - 1);
  });
  const step = steps.find((s) => ((to - from) / s) * 60 < width - label) ?? 24 * hour;
  const offset = 8 * hour; // whole steps of the plant's clock
  const y = (stations.length + 1) * (row + gap);
  g.fillStyle = colour("--text");
  for (let at = Math.ceil((from + offset) / step) * step - offset; at < to; at += step) {
    g.fillRect(Math.round(x(at)), y, 1, 5);
    g.fillText(step >= 24 * hour ? day8(at).slice(5) : clock(at), x(at) + 3, y + 12);
  }
}

function hatch(g: CanvasRenderingContext2D, l: number, w: number, colour: string, y = 0): void {
  g.save();
  g.beginPath();
  g.rect(l, y, w, row);
  g.clip();
  g.strokeStyle = colour;
  g.beginPath();
  for (let s = Math.floor(l / 6) * 6 - row; s < l + w; s += 6) {
    g.moveTo(s, y + row);
    g.lineTo(s + row, y);
  }
  g.stroke();
  g.restore();
}

const shown = 50;

/** Who was the bottleneck when, above what each station did. */
export function Band({ a, open }: { a: LineAnalysis; open: (code: string) => void }) {
  const { t } = useTranslation("line");
  const { name, lang } = useLang();
  const { mood } = useMood();
  const ref = useRef<HTMLCanvasElement>(null);
  const stations = useMemo(() => inOrder(a.stations, a.layout.links), [a]);
  useEffect(() => {
    const canvas = ref.current;
    if (!canvas) return;
    const paintAll = () => draw(canvas, a, stations, t("bottleneck"), (s) => name(s.name));
    const sizes = new ResizeObserver(paintAll);
    sizes.observe(canvas);
    const frame = requestAnimationFrame(paintAll);
    return () => {
      cancelAnimationFrame(frame);
      sizes.disconnect();
    };
  }, [a, stations, mood, lang]);
  const of = (code: string | undefined) => name(a.stations.find((s) => s.code === code)?.name) || (code ?? "");
  const moments = a.bottleneck.moments;
  const hit = (e: React.MouseEvent<HTMLCanvasElement>) => {
    const s = stations[Math.floor(e.nativeEvent.offsetY / (row + gap)) - 1];
    if (s) open(s.code);
  };
  return (
    <section className="panel" aria-label={t("band")}>
      <h2>{t("band")} <span className="dim" style={{ fontWeight: 400, fontSize: 12 }}>{t("band.hint")}</span></h2>
      <canvas ref={ref} role="img" aria-label={t("band.label", { values: a.bottleneck.shares.map((s) => `${of(s.station)} ${duration(s.sole_ms + s.shifting_ms, lang)}`).join("，") })}
        style={{ width: "100%", height: (stations.length + 1) * (row + gap) + axis, display: "block", cursor: "pointer" }} onClick={hit} />
      <details>
        <summary>{t("moments")}</summary>
        {moments.length > shown && <p className="dim" style={{ margin: 0 }}>{t("more.rows", { n: shown })}</p>}
        <div className="scroll" tabIndex={0} role="group" aria-label={t("moments")} style={{ maxHeight: 300 }}>
          <table className="plain">
            <thead><tr><th>{t("from")}</th><th>{t("to")}</th><th className="r">{t("duration")}</th><th>{t("station")}</th><th>{t("kind")}</th></tr></thead>
            <tbody>{moments.slice(-shown).reverse().map((m) => (
              <tr key={m.from}>
                <td className="num">{dateTime(m.from)}</td><td className="num">{clock(m.to, true)}</td><td className="r num">{duration(ms(m.to) - ms(m.from), lang)}</td>
                <td>{m.station ? <button type="button" className="figbtn" onClick={() => open(m.station as string)}>{of(m.station)}</button> : "—"}</td>
                <td>{!m.station ? t("moment.none") : m.with ? t("moment.with", { name: of(m.with) }) : t("moment.sole")}</td>
              </tr>))}</tbody>
          </table>
        </div>
      </details>
    </section>
  );
}
