import { useQuery } from "@tanstack/react-query";
import { Segmented } from "antd";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type DefectCount, defects } from "../../api/quality";
import { RangePicker, useRange } from "../../components/RangePicker";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Waiting } from "../../components/Status";
import { percent } from "../../lib/format";
import { iso } from "../../lib/time";
import { FlawsTab } from "./FlawsTab";
import { useQualitySearch } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));

/** Defects by kind, or by their place on the part. */
export function DefectsTab() {
  const { t } = useTranslation("flaws");
  const [search, set] = useQualitySearch();
  const look = search.look === "place" ? "place" : "kind";
  return (
    <div className="stack">
      <Segmented<"kind" | "place"> aria-label={t("look")} style={{ alignSelf: "flex-start" }} value={look} onChange={(v) => set({ look: v === "place" ? v : undefined })} options={[{ value: "kind", label: t("kinds") }, { value: "place", label: t("tab") }]} />
      {look === "place" ? <FlawsTab /> : <ByKind />}
    </div>
  );
}

/** How often each kind of defect was found, the most frequent first. */
function ByKind() {
  const { t } = useTranslation("quality");
  const [search, set] = useQualitySearch();
  const range = useRange(search, "30d");
  const query = useQuery(defects(iso(range.from), iso(range.to), search.scope));
  const rows = query.data ?? [];
  const option = useMemo(() => chart(rows, t("defects.count"), t("defects.share")), [rows, t]);
  return (
    <div className="stack">
      <div className="row"><RangePicker few search={search} fallback="30d" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} /><ScopePicker value={search.scope} set={(scope) => set({ scope })} /></div>
      {!query.data ? <Waiting query={query} /> : rows.length === 0 ? <Nothing text={t("defects.none")} /> : (
        <section className="panel" aria-label={t("tab.defects")}>
          <Suspense fallback={null}><EChart option={option} height={280} label={`${t("tab.defects")}：${rows.map((r) => `${r.code} ${r.count}`).join("，")}`} /></Suspense>
          <table className="plain"><thead><tr><th>{t("defect")}</th><th className="r">{t("defects.count")}</th><th className="r">{t("defects.share")}</th><th>{t("defects.from")}</th></tr></thead>
            <tbody>{rows.map((r) => <tr key={`${r.code} ${r.from}`}><td>{r.code || "—"}</td><td className="r num">{r.count}</td><td className="r num">{percent(r.share)}</td><td>{t(`from.${r.from}`)}</td></tr>)}</tbody></table>
        </section>)}
    </div>
  );
}

function chart(rows: DefectCount[], count: string, share: string) {
  return {
    grid: { left: 48, right: 48, top: 32, bottom: 60 }, legend: { top: 0 }, tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: rows.map((r) => r.code || "—"), axisLabel: { interval: 0, rotate: 28, fontSize: 11 } },
    yAxis: [{ type: "value" }, { type: "value", min: 0, max: 100, axisLabel: { formatter: "{value} %" }, splitLine: { show: false } }],
    series: [{ name: count, type: "bar", data: rows.map((r) => r.count), itemStyle: { color: "#c25b00" } }, { name: share, type: "line", yAxisIndex: 1, data: rows.map((r) => Number((r.share * 100).toFixed(1))), itemStyle: { color: "#1f5fa8" } }],
  };
}
