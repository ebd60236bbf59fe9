import { Button, Segmented, Select } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Change, Reading, ZoneGroup } from "../../api/condition";
import { Nothing } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, measured, unitText } from "../../lib/format";
import { dateTime, ms } from "../../lib/time";
import { useVerdict, useWarning } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));

const features = ["velocity", "rms", "kurtosis", "crest", "peak"] as const;
type Feature = (typeof features)[number];

function valueOf(r: Reading, f: Feature): number | null {
  switch (f) {
    case "velocity": return r.velocity_rms_mm_s;
    case "rms": return r.features?.rms_about_mean ?? null;
    case "kurtosis": return r.features?.kurtosis_pearson ?? null;
    case "crest": return r.features?.crest ?? null;
    case "peak": return r.features?.peak ?? null;
  }
}

interface Props { all: Reading[]; unit: string | undefined; group: ZoneGroup | undefined; baseline: Change | null; name: string; at: string | undefined; choose: (at: string) => void }

/** A feature of all windows, with the zones' boundaries or the baseline, and the same as a table. */
export function Trend({ all, unit, group, baseline, name, at, choose }: Props) {
  const { t } = useTranslation("health");
  const { lang } = useLang();
  const verdict = useVerdict();
  const warning = useWarning();
  const [feature, setFeature] = useState<Feature>("velocity");
  const [view, setView] = useState<"chart" | "table">("chart");
  const rows = useMemo(() => [...all].reverse(), [all]);
  const option = useMemo(() => {
    const lines = feature === "velocity" && group ? [["A/B", group.ab], ["B/C", group.bc], ["C/D", group.cd]] as const : feature === "rms" && baseline ? [[t("baseline"), baseline.mean]] as const : [];
    const ends = [all[0], all.at(-1)].map((r) => ms(r?.at ?? 0));
    return {
      grid: { left: 60, right: 70, top: 30, bottom: 40 }, legend: { top: 0 }, tooltip: { trigger: "axis" },
      xAxis: { type: "time" }, yAxis: { type: "value", name: feature === "rms" || feature === "peak" ? unitText(unit, lang) : "", scale: feature !== "velocity" },
      series: [
        { name: t(`feature.${feature}`), type: "line", showSymbol: true, symbolSize: 4, lineStyle: { width: 1 }, itemStyle: { color: "#1f4e79" }, data: all.map((r) => [ms(r.at), valueOf(r, feature)]) },
        ...lines.map(([label, y]) => ({ name: feature === "rms" ? label : t("boundary", { zone: label }), type: "line", symbol: "none", silent: true, lineStyle: { width: 1, type: "dashed", color: "#8a4b00" }, itemStyle: { color: "#8a4b00" }, data: ends.map((x) => [x, y]), endLabel: { show: true, formatter: String(label) } })),
      ],
    };
  }, [all, feature, group, baseline, lang]);
  const last = rows.map((r) => valueOf(r, feature)).find((v) => v !== null);
  return (
    <section className="panel" aria-label={t("trend")}>
      <h2 className="row">{t("trend")}
        <Select size="small" value={feature} aria-label={t("trend.pick")} style={{ width: 170 }} onChange={setFeature} options={features.map((f) => ({ value: f, label: t(`feature.${f}`) }))} />
        <span className="fill" />
        <Segmented size="small" value={view} onChange={setView} options={[{ value: "chart", label: t("common:chart") }, { value: "table", label: t("common:table") }]} />
        <Button size="small" disabled={all.length === 0} onClick={() => download("readings.csv", csv([
          ["at", "rpm", "rms", "peak", "crest", "kurtosis", "velocity_rms_mm_s", "zone", "verdict", "confidence", "warnings"],
          ...all.map((r) => [r.at, r.rpm ?? "", r.features?.rms_about_mean ?? "", r.features?.peak ?? "", r.features?.crest ?? "", r.features?.kurtosis_pearson ?? "", r.velocity_rms_mm_s ?? "", r.zone ?? "", r.verdict, r.findings[0]?.confidence ?? "", r.warnings.map((w) => w.code).join(" ")]),
        ]), "text/csv")}>{t("common:export.csv")}</Button></h2>
      {all.length === 0 ? <Nothing text={t("trend.none")} /> : view === "chart" ? (
        <Suspense fallback={null}><EChart option={option} height={240} label={t("trend.label", { name, feature: t(`feature.${feature}`), n: all.length, last: last === undefined || last === null ? "—" : measured(last) })} /></Suspense>
      ) : (
        <div className="scroll" style={{ maxHeight: 320 }} tabIndex={0}>
          <table className="plain">
            <caption className="vh">{t("trend")}</caption>
            <thead><tr><th>{t("time")}</th><th className="r">{t("rpm")}</th><th className="r">{t("velocity")}</th><th>{t("zone")}</th><th className="r">{t("rms")}</th><th className="r">{t("kurtosis")}</th><th className="r">{t("crest")}</th><th>{t("verdict")}</th><th className="r">{t("confidence")}</th><th>{t("warnings")}</th><th /></tr></thead>
            <tbody>{rows.map((r) => (
              <tr key={r.at} aria-selected={r.at === at}>
                <td className="num">{dateTime(r.at)}</td><td className="r num">{r.rpm === null ? "—" : measured(r.rpm)}</td><td className="r num">{r.velocity_rms_mm_s === null ? "—" : measured(r.velocity_rms_mm_s)}</td><td>{r.zone ?? "—"}</td>
                <td className="r num">{r.features ? measured(r.features.rms_about_mean) : r.quality}</td><td className="r num">{r.features ? measured(r.features.kurtosis_pearson) : "—"}</td><td className="r num">{r.features ? measured(r.features.crest) : "—"}</td>
                <td>{verdict(r)}</td><td className="r num">{r.findings[0] && r.findings[0].element !== "none" ? r.findings[0].confidence.toFixed(2) : "—"}</td><td className="dim">{r.warnings.map(warning).join("；")}</td>
                <td>{r.features && <Button size="small" onClick={() => choose(r.at)}>{t("show")}</Button>}</td>
              </tr>))}</tbody>
          </table>
        </div>)}
    </section>
  );
}
