import { useQuery } from "@tanstack/react-query";
import { Alert } from "antd";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type Capability, capability, type Characteristic, type Index } from "../../api/quality";
import { RangePicker, useRange } from "../../components/RangePicker";
import { Nothing, Waiting } from "../../components/Status";
import { iso } from "../../lib/time";
import { CharacteristicPicker, shown, useCharacteristic, useQualitySearch, useTitle } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));

const measured = (c: Characteristic) => !c.attribute;

/** How well a process keeps within its specification, with intervals and what to bear in mind. */
export function CapabilityTab() {
  const { t } = useTranslation("quality");
  const [search, set] = useQualitySearch();
  const c = useCharacteristic(measured);
  const range = useRange(search, "24h");
  const query = useQuery({ ...capability(c?.id ?? "", iso(range.from), iso(range.to)), enabled: c !== undefined && !c.attribute });
  return (
    <div className="stack">
      <div className="row"><CharacteristicPicker only={measured} /><RangePicker few search={search} fallback="24h" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} /></div>
      {!c ? <Nothing text={t("none.pick")} /> : c.attribute ? <Nothing text={t("cap.attribute")} /> : !query.data ? <Waiting query={query} /> : <Report a={query.data} />}
    </div>
  );
}

function Report({ a }: { a: Capability }) {
  const { t } = useTranslation("quality");
  const title = useTitle();
  const c = a.characteristic;
  const n = (v: number | null | undefined, d = 3) => (typeof v === "number" ? v.toFixed(d) : "—");
  const rows: [string, Index | undefined][] = [
    ...(["Cp", "Cp_l", "Cp_u", "Cp_k", "Cpm"] as const).map((k): [string, Index | undefined] => [k.replace("_", ""), a.indices[k]]),
    ...(["Pp", "Ppl", "Ppu", "Ppk"] as const).map((k): [string, Index | undefined] => [k, a.performance.intervals[k]]), [`Pp（${t("cap.percentiles").slice(0, 3)}）`, a.percentiles.Pp], [`Ppk（${t("cap.percentiles").slice(0, 3)}）`, a.percentiles.Ppk],
  ];
  const facts: [string, string][] = [
    [t("center"), shown(a.center, c)], [t("cap.sd"), `${Number(a.std_dev.toPrecision(4))}（${a.sigma || (c.chart === "imr" ? "MR" : c.chart === "xbar-s" ? "UWAVE-SD" : "UWAVE-R")}）`], [t("cap.sdall"), String(Number(a.performance.sd_n1.toPrecision(4)))], [t("cap.normal"), typeof a.normality.p === "number" ? a.normality.p.toPrecision(3) : "—"],
    [t("cap.percentiles"), `${shown(a.percentiles.x_0_135, c)} / ${shown(a.percentiles.x_50, c)} / ${shown(a.percentiles.x_99_865, c)}`], [t("cap.by"), a.percentiles.by ? t(`by.${a.percentiles.by}` as "by.normal") : "—"], [t("cap.ppm"), (a.expected_ppm ?? []).map((x) => Number(x.toPrecision(3))).join(" / ")],
  ];
  return (
    <>
      {a.doubts.map((d) => <Alert key={d} type="warning" showIcon title={t(`doubt.${d}` as "doubt.not_normal")} />)}
      <section className="panel" aria-label={t("cap.title")}>
        <h2 className="row">{title(c)} <span className="dim">{t("cap.values", { n: a.nobs, m: a.subgroups })}</span></h2>
        <div className="row" style={{ alignItems: "flex-start", gap: 32 }}>
          <table className="plain">
            <thead><tr><th>{t("cap.index")}</th><th className="r">{t("cap.value")}</th><th>{t("cap.interval")}</th></tr></thead>
            <tbody>{rows.map(([k, x]) => <tr key={k}><th scope="row">{k}</th><td className="r num">{typeof x?.value === "number" ? <b>{n(x.value)}</b> : "—"}</td><td className="num dim">{typeof x?.value !== "number" ? t("cap.none", { why: t(`why.${x?.reason ?? "no_specification"}` as "why.no_specification") }) : typeof x.ci95_low === "number" ? `${n(x.ci95_low)} – ${n(x.ci95_high)}` : ""}</td></tr>)}</tbody>
          </table>
          <table className="plain"><tbody>{facts.map(([k, v]) => <tr key={k}><th scope="row">{k}</th><td className="num">{v}</td></tr>)}</tbody></table>
        </div>
      </section>
      <Histogram a={a} />
    </>
  );
}

function Histogram({ a }: { a: Capability }) {
  const { t } = useTranslation("quality");
  const c = a.characteristic;
  const option = useMemo(() => ({
    grid: { left: 48, right: 24, top: 16, bottom: 44 }, tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: a.bins.map((b) => shown((b.from + b.to) / 2, c)), axisLabel: { rotate: 28, fontSize: 11 } }, yAxis: { type: "value", minInterval: 1 },
    series: [{ type: "bar", barCategoryGap: "4%", data: a.bins.map((b) => ({ value: b.n, itemStyle: { color: (c.lsl !== undefined && b.from < c.lsl) || (c.usl !== undefined && b.to > c.usl) ? "#c8102e" : "#1f5fa8" } })) }],
  }), [a]);
  return (
    <section className="panel" aria-label={t("cap.histogram")}>
      <h2>{t("cap.histogram")}</h2>
      <Suspense fallback={null}><EChart option={option} height={240} label={t("cap.histogram")} /></Suspense>
      <details><summary>{t("common:table")}</summary>
        <table className="plain"><thead><tr><th>{t("cap.from")}</th><th className="r">{t("cap.count")}</th></tr></thead><tbody>{a.bins.map((b) => <tr key={b.from}><td className="num">{shown(b.from, c)} – {shown(b.to, c)}</td><td className="r num">{b.n}</td></tr>)}</tbody></table></details>
    </section>
  );
}
