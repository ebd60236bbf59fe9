import { useQuery } from "@tanstack/react-query";
import { Alert, Skeleton, Table } from "antd";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { regions } from "../../api/queries";
import type { TrendPoint } from "../../api/types";
import { type About, trend } from "../../api/walk";
import EChart from "../../charts/EChart";
import { useReason } from "../../components/Figures";
import { useLang } from "../../i18n/useLang";
import { codeOf } from "../../lib/divisions";
import { figureText, isShare } from "../../lib/format";
import { firstYear } from "./YearPicker";

interface Props { about: About; digits: number; unit: string; pick: string | undefined }

/** The indicator year by year, beside what is wanted and the division that is picked. */
export default function Trend({ about, digits, unit, pick }: Props) {
  const { t } = useTranslation("cockpit");
  const { lang } = useLang();
  const reason = useReason();
  const names = new Map((useQuery(regions).data ?? []).map((r) => [r.code, r.name]));
  const first = Math.max(firstYear, about.year - 11);
  const own = useQuery(trend(about, first));
  const division = pick && /^\d{6}$/.test(pick) ? pick : undefined;
  const other = useQuery({ ...trend({ ...about, region: division }, first), enabled: division !== undefined });
  const place = names.get(codeOf(about.region ?? "")) ?? t("all");
  const option = useMemo(() => {
    const data = own.data ?? [];
    const scale = isShare(unit, digits) ? 100 : 1;
    const line = (name: string, of: (number | null | undefined)[], more = {}) => ({ name, type: "line", data: of.map((v) => (v === null || v === undefined ? null : v * scale)), connectNulls: false, ...more });
    return {
      grid: { left: 60, right: 20, top: 40, bottom: 30 }, tooltip: { trigger: "axis" }, legend: { top: 0 },
      xAxis: { type: "category", data: data.map((p) => String(p.year)) }, yAxis: { type: "value", min: 0, name: scale === 100 ? "%" : "" },
      series: [
        line(place, data.map((p) => p.value)),
        ...(data.some((p) => p.wanted !== undefined) ? [line(t("wanted"), data.map((p) => p.wanted), { lineStyle: { type: "dashed" }, step: "end" })] : []),
        ...(division && other.data ? [line(names.get(division) ?? division, other.data.map((p) => p.value))] : []),
      ],
    };
  }, [own.data, other.data, place, division, unit, digits, t]); // eslint-disable-line react-hooks/exhaustive-deps
  if (own.error) return <Alert type="error" showIcon title={own.error.message} />;
  if (!own.data) return <Skeleton active />;
  const show = (v: number | null | undefined, why?: string) => (v === null || v === undefined ? <span className="dim">{why === undefined ? "—" : reason(why)}</span> : <span className="num">{figureText(v, unit, digits, lang)}</span>);
  return (
    <section className="stack" aria-label={t("view.trend")}>
      <p className="dim" style={{ margin: 0 }}>{t("trend.hint")}</p>
      <EChart option={option} height={300} label={t("trend.label", { place })} />
      <Table<TrendPoint> size="small" rowKey="year" pagination={false} dataSource={own.data}
        columns={[
          { title: t("year"), dataIndex: "year" },
          { title: place, key: "value", align: "right", render: (_, p) => show(p.value, p.reason) },
          { title: t("wanted"), key: "wanted", align: "right", render: (_, p) => show(p.wanted) },
          ...(division && other.data ? [{ title: names.get(division) ?? division, key: "other", align: "right" as const, render: (_: unknown, p: TrendPoint) => { const o = other.data.find((x) => x.year === p.year); return show(o?.value, o?.reason); } }] : []),
          { title: t("confidence"), dataIndex: "confidence", width: 90 },
        ]} />
    </section>
  );
}
