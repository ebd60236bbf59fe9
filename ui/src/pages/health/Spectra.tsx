import { Checkbox, Segmented } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Element, elements, type Picture, type SpectrumLines } from "../../api/condition";
import { useLang } from "../../i18n/useLang";
import { fixed, measured, unitText } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { look, useVerdict } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));

const pointsOf = (s: SpectrumLines): [number, number][] => s.values.map((v, i) => [i * s.step_hz, v]);

interface Both { pic: Picture; other: Picture | undefined }

/** The envelope with the bearing's lines: the evidence picture. */
export function Envelope({ pic, other }: Both) {
  const { t } = useTranslation("health");
  const { lang } = useLang();
  const verdict = useVerdict();
  const named = pic.reading.findings[0]?.element;
  const [marked, setMarked] = useState<Element[]>(named && named !== "none" ? [named] : ["outer", "inner"]);
  const [view, setView] = useState<"chart" | "table">("chart");
  const e = pic.envelope;
  const top = e ? Math.max(...e.values) : 0;
  const option = useMemo(() => e && {
    grid: { left: 60, right: 16, top: 30, bottom: 40 }, legend: { top: 0 }, tooltip: { trigger: "axis" },
    xAxis: { type: "value", name: "Hz", nameLocation: "middle", nameGap: 24, min: 0, max: e.step_hz * e.values.length, axisLabel: { showMaxLabel: false } }, yAxis: { type: "value", min: 0 },
    series: [
      { name: dateTime(pic.at), type: "line", showSymbol: false, lineStyle: { width: 1 }, itemStyle: { color: "#404448" }, data: pointsOf(e) },
      ...(other?.envelope ? [{ name: dateTime(other.at), type: "line", showSymbol: false, lineStyle: { width: 1, type: "dotted" }, itemStyle: { color: "#0570b0" }, data: pointsOf(other.envelope) }] : []),
      ...marked.map((m) => ({
        name: t(`element.${m}`), type: "line", showSymbol: false, silent: true, lineStyle: { width: 1.5, type: look[m].dash, color: look[m].color }, itemStyle: { color: look[m].color },
        data: pic.marks.filter((x) => x.element === m).flatMap((x) => [[x.hz, 0], [x.hz, top], [x.hz, null]]),
      })),
    ],
  }, [pic, other, marked, lang]);
  const band = pic.reading.band;
  const near = (hz: number) => (e ? Math.max(0, ...e.values.slice(Math.max(0, Math.round(hz / e.step_hz) - 2), Math.round(hz / e.step_hz) + 3)) : 0);
  return (
    <section className="panel" aria-label={t("envelope")}>
      <h2 className="row">{t("envelope")}<span className="fill" />
        <Segmented size="small" value={view} onChange={setView} options={[{ value: "chart", label: t("common:chart") }, { value: "table", label: t("common:table") }]} /></h2>
      {pic.marks.length === 0 ? <p className="dim">{t("marks.unknown")}</p> : (
        <fieldset className="row" style={{ border: 0, padding: 0, margin: 0 }}><legend className="vh">{t("marks")}</legend>
          {elements.map((m) => <Checkbox key={m} checked={marked.includes(m)} onChange={(ev) => setMarked(ev.target.checked ? [...marked, m] : marked.filter((x) => x !== m))}>{t(`element.${m}`)}</Checkbox>)}
          <span className="dim">{t("marks.hint")}</span></fieldset>)}
      {!e || !option ? <p>{t("envelope.none")}</p> : view === "chart" ? (
        <Suspense fallback={null}><EChart option={option} height={280} label={t("envelope.label", { at: dateTime(pic.at), from: fixed(band?.from_hz ?? 0, 0), to: fixed(band?.to_hz ?? 0, 0), verdict: verdict(pic.reading) })} /></Suspense>
      ) : (
        <table className="plain">
          <caption className="vh">{t("envelope")}</caption>
          <thead><tr><th>{t("element")}</th><th className="r">{t("harmonic")}</th><th className="r">{t("hz")}</th><th className="r">{t("depth")}</th></tr></thead>
          <tbody>{pic.marks.map((m) => <tr key={`${m.element}${m.harmonic}`}><td>{t(`element.${m.element}`)}</td><td className="r num">{m.harmonic}</td><td className="r num">{fixed(m.hz, 2)}</td><td className="r num">{measured(near(m.hz))}</td></tr>)}</tbody>
        </table>)}
      {band && <p className="dim" style={{ margin: "6px 0 0" }}>{t("envelope.band", { from: fixed(band.from_hz, 0), to: fixed(band.to_hz, 0) })}</p>}
    </section>
  );
}

/** The spectrum of the window, beside another one when asked. */
export function Spectrum({ pic, other }: Both) {
  const { t } = useTranslation("health");
  const { lang } = useLang();
  const [view, setView] = useState<"chart" | "table">("chart");
  const unit = unitText(pic.unit, lang);
  const option = useMemo(() => ({
    grid: { left: 60, right: 16, top: 30, bottom: 40 }, legend: { top: 0 }, tooltip: { trigger: "axis" },
    xAxis: { type: "value", name: "Hz", nameLocation: "middle", nameGap: 24, min: 0, max: pic.spectrum.step_hz * pic.spectrum.values.length, axisLabel: { showMaxLabel: false } }, yAxis: { type: "value", name: unit },
    series: [
      { name: dateTime(pic.at), type: "line", showSymbol: false, lineStyle: { width: 1 }, itemStyle: { color: "#1f4e79" }, data: pointsOf(pic.spectrum) },
      ...(other ? [{ name: dateTime(other.at), type: "line", showSymbol: false, lineStyle: { width: 1, type: "dotted" }, itemStyle: { color: "#c25b00" }, data: pointsOf(other.spectrum) }] : []),
    ],
  }), [pic, other, lang]);
  return (
    <section className="panel" aria-label={t("spectrum")}>
      <h2 className="row">{t("spectrum")}<span className="fill" />
        <Segmented size="small" value={view} onChange={setView} options={[{ value: "chart", label: t("common:chart") }, { value: "table", label: t("common:table") }]} /></h2>
      {view === "chart" ? <Suspense fallback={null}><EChart option={option} height={240} label={t("spectrum.label", { at: dateTime(pic.at), hz: fixed(pic.peaks[0]?.hz ?? 0, 1) })} /></Suspense> : (
        <table className="plain">
          <caption>{t("peaks")}</caption>
          <thead><tr><th className="r">{t("hz")}</th><th className="r">{t("order")}</th><th className="r">{t("amplitude")} {unit}</th></tr></thead>
          <tbody>{pic.peaks.map((x) => <tr key={x.hz}><td className="r num">{fixed(x.hz, 2)}</td><td className="r num">{x.order ? fixed(x.order, 2) : "—"}</td><td className="r num">{measured(x.amplitude)}</td></tr>)}</tbody>
        </table>)}
      <p className="dim" style={{ margin: "6px 0 0" }}>{t("spectrum.hint")}</p>
    </section>
  );
}
