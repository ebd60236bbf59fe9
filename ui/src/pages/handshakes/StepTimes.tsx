import { useQuery } from "@tanstack/react-query";
import { Segmented } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Handshake, type Statistics, statistics, type StepName } from "../../api/handshake";
import { Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { percent } from "../../lib/format";
import { useTook, useWho } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));

/** How long each step took over a stretch of time, and how hand-overs ended; the chart has a table beside it. */
export function StepTimes({ of, from, to }: { of: Handshake; from: string; to: string }) {
  const { t } = useTranslation("handshake");
  const { name } = useLang();
  const took = useTook();
  const who = useWho(of);
  const [view, setView] = useState<"chart" | "table">("chart");
  const query = useQuery(statistics(of.series ?? "", from, to));
  const s = query.data;
  const option = useMemo(() => {
    if (!s) return {};
    const bar = (label: string, color: string, of: (x: Statistics["steps"][number]) => number | undefined) => ({ type: "bar", name: label, data: s.steps.map((x) => of(x) ?? null), itemStyle: { color } });
    return {
      legend: { top: 0, type: "scroll" }, tooltip: { trigger: "axis", valueFormatter: (n: unknown) => took((n as number | null) ?? undefined) }, grid: { left: 8, right: 16, top: 40, bottom: 8, containLabel: true },
      xAxis: { type: "category", data: s.steps.map((x) => t(`step.${x.name as StepName}`)) }, yAxis: { type: "log", name: "ms", min: 1 },
      series: [bar(t("waited.median"), "#1677ff", (x) => x.waited?.median_ms), bar(t("waited.p95"), "#91caff", (x) => x.waited?.p95_ms), bar(t("told.median"), "#389e0d", (x) => x.told?.median_ms), bar(t("told.p95"), "#95de64", (x) => x.told?.p95_ms)],
    };
  }, [s, t, took]);
  if (!s) return <Waiting query={query} />;
  if (s.count === 0) return <p className="dim">{t("times.none")}</p>;
  return (
    <>
      <div className="row"><span className="dim">{t("count")} <b className="num">{s.count}</b>{!s.whole && ` · ${t("whole.not")}`}{s.total && <> · {t("total")} <span className="num">{took(s.total.median_ms)} / {took(s.total.p95_ms)}</span></>}</span><span className="fill" />
        <Segmented size="small" value={view} onChange={setView} options={[{ value: "chart", label: t("common:chart") }, { value: "table", label: t("common:table") }]} /></div>
      {view === "chart" && <Suspense fallback={null}><EChart option={option} height={260} label={t("times.label", { name: name(of.name) })} /></Suspense>}
      {view === "table" && (
        <div className="scroll" tabIndex={0} role="group" aria-label={t("times")}>
          <table className="plain"><caption className="vh">{t("times")}</caption>
            <thead><tr><th>{t("step")}</th><th>{t("party")}</th><th className="r">{t("count")}</th><th className="r">{t("waited.median")}</th><th className="r">{t("waited.p95")}</th><th className="r">{t("most")}</th><th className="r">{t("told.median")}</th><th className="r">{t("told.p95")}</th><th className="r">{t("most")}</th></tr></thead>
            <tbody>{s.steps.map((x) => (
              <tr key={x.name}><td>{t(`step.${x.name as StepName}`)}</td><td>{who(x.party)}</td><td className="r num">{x.waited?.count ?? x.told?.count ?? 0}</td><td className="r num">{took(x.waited?.median_ms)}</td><td className="r num">{took(x.waited?.p95_ms)}</td><td className="r num">{took(x.waited?.most_ms)}</td><td className="r num">{took(x.told?.median_ms)}</td><td className="r num">{took(x.told?.p95_ms)}</td><td className="r num">{took(x.told?.most_ms)}</td></tr>))}</tbody>
          </table>
        </div>)}
      <div className="scroll" tabIndex={0} role="group" aria-label={t("ends")}>
        <table className="plain"><caption className="vh">{t("ends")}</caption>
          <thead><tr><th>{t("end")}</th><th>{t("reason")}</th><th className="r">{t("count")}</th><th className="r">{t("share")}</th></tr></thead>
          <tbody>{s.ends.map((e) => (
            <tr key={`${e.end} ${e.by} ${e.why}`}><td>{t(`end.${e.end}`)}</td><td>{e.why ? t(`why.${e.why as "loss"}`, { who: who(e.by), step: t("step"), loss: t("safe"), by: "" }) : "—"}</td><td className="r num">{e.count}</td><td className="r num">{percent(e.count / s.count)}</td></tr>))}</tbody>
        </table>
      </div>
    </>
  );
}
