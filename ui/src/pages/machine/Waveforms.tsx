import { useQuery } from "@tanstack/react-query";
import { Button, Select } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { address } from "../../api/client";
import { waveform, waveforms } from "../../api/queries";
import type { Tag, Waveform, WaveformItem } from "../../api/types";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { measured, unitText } from "../../lib/format";
import { dateTime, iso } from "../../lib/time";
import { thumbnail } from "./thumbnail";

const EChart = lazy(() => import("../../charts/EChart"));

const width = 160;
const height = 36;

/** Windows of a machine's fast signals: small ones to choose from, one large. */
export function Waveforms({ tags, from, to }: { tags: Tag[]; from: number; to: number }) {
  const { t } = useTranslation("machine");
  const { name } = useLang();
  const [no, setNo] = useState(tags[0]?.no);
  const tag = tags.find((x) => x.no === no);
  const query = useQuery({ ...waveforms(String(no), iso(from), iso(to)), enabled: no !== undefined });
  const [start, setStart] = useState<string>();
  if (!tag) return null;
  return (
    <section className="panel" aria-label={t("waveforms")}>
      <h2 className="row">{t("waveforms")}
        <Select size="small" value={no} aria-label={t("waveforms.pick")} style={{ minWidth: 200 }} onChange={(v: number) => { setNo(v); setStart(undefined); }}
          options={tags.map((x) => ({ value: x.no, label: name(x.title) || x.name }))} /></h2>
      {!query.data ? <Waiting query={query} /> : query.data.items.length === 0 ? <Nothing text={t("waveforms.none")} /> : (
        <div className="scroll" style={{ maxHeight: 300 }}><List items={query.data.items} tag={tag} chosen={start} choose={setStart} /></div>)}
      {start && <Plot tag={tag} start={start} />}
    </section>
  );
}

function List({ items, tag, chosen, choose }: { items: WaveformItem[]; tag: Tag; chosen?: string; choose: (start: string) => void }) {
  const { t } = useTranslation("machine");
  const { lang } = useLang();
  return (
    <table className="plain">
      <thead><tr><th>{t("waveforms.start")}</th><th>{t("waveforms.shape")}</th><th className="r">{t("waveforms.rms", { unit: unitText(tag.unit, lang) })}</th><th className="r">{t("waveforms.peak")}</th><th className="r">{t("waveforms.rate")}</th><th /></tr></thead>
      <tbody>
        {items.map((w) => (
          <tr key={w.start} aria-selected={w.start === chosen}>
            <td className="num">{dateTime(w.start)}</td>
            <td>{w.count > 0 && <svg width={width} height={height} role="img" aria-label={t("waveforms.shape")}><path d={thumbnail(w.min, w.max, width, height)} fill="currentColor" /></svg>}</td>
            <td className="r num">{w.count > 0 ? measured(w.rms) : w.quality}</td>
            <td className="r num">{w.count > 0 ? measured(w.peak_to_peak) : ""}</td>
            <td className="r num">{w.count > 0 ? `${w.count} × ${w.rate_hz} Hz` : ""}</td>
            <td>{w.count > 0 && <Button size="small" onClick={() => choose(w.start)}>{t("waveforms.show")}</Button>}</td>
          </tr>))}
      </tbody>
    </table>
  );
}

function Plot({ tag, start }: { tag: Tag; start: string }) {
  const { t } = useTranslation("machine");
  const { lang } = useLang();
  const query = useQuery(waveform(String(tag.no), start));
  const file = (format: string) => address("/waveforms/file", { tag: tag.no, start, format });
  return (
    <div className="stack">
      <div className="row">
        <strong className="num">{dateTime(start)}</strong>
        {["csv", "wav", "float32"].map((f) => <Button key={f} size="small" href={file(f)} download>{f.toUpperCase()}</Button>)}
      </div>
      {!query.data ? <Waiting query={query} /> : <Suspense fallback={null}><Values of={query.data} label={t("waveforms.plot", { at: dateTime(start) })} unit={unitText(tag.unit, lang)} /></Suspense>}
    </div>
  );
}

function Values({ of, label, unit }: { of: Waveform; label: string; unit: string }) {
  const option = useMemo(() => ({
    grid: { left: 60, right: 16, top: 12, bottom: 40 },
    tooltip: { trigger: "axis" },
    xAxis: { type: "value", name: "ms", nameLocation: "middle", nameGap: 24, min: 0, max: (1000 * of.values.length) / of.rate_hz },
    yAxis: { type: "value", scale: true, name: unit },
    series: [{ type: "line", showSymbol: false, lineStyle: { width: 1 }, sampling: "lttb", data: of.values.map((v, i) => [(1000 * i) / of.rate_hz, v]) }],
  }), [of, unit]);
  return <EChart option={option} height={260} label={label} />;
}
