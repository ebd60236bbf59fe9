import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Select } from "antd";
import { useTranslation } from "react-i18next";
import { definitions } from "../../api/queries";
import { Pareto } from "../../components/Pareto";
import { RangePicker, useRange } from "../../components/RangePicker";
import { ScopePicker } from "../../components/ScopePicker";
import { useLang } from "../../i18n/useLang";
import type { OeeSearch } from "../../routes";
import { BreakdownTable } from "./BreakdownTable";
import { FigureTrend } from "./FigureTrend";

const windows = ["hour", "shift", "day", "week", "month"] as const;
const splits = ["none", "line", "equipment", "product", "shift", "area", "site"] as const;

export default function OeePage() {
  const { t } = useTranslation("oee");
  const { name } = useLang();
  const search = useSearch({ from: "/app/oee" });
  const navigate = useNavigate();
  const set = (change: Partial<OeeSearch>) => void navigate({ to: "/oee", search: { ...search, ...change }, replace: true });
  const range = useRange(search, "24h");
  const { data: defs } = useQuery(definitions);
  const window = search.window ?? "hour";
  const by = search.by ?? "line";
  const figure = search.figure ?? "oee";
  const scope = search.scope ?? "";
  return (
    <div className="stack">
      <div className="pagehead" style={{ marginBottom: 0 }}><h1>{t("title")}</h1><span className="dim">{t("lead")}</span></div>
      <div className="row">
        <ScopePicker value={search.scope} set={(s) => set({ scope: s })} />
        <Select value={by} aria-label={t("by")} style={{ width: 130 }} onChange={(v) => set({ by: v })} options={splits.map((s) => ({ value: s, label: t(`by.${s}`) }))} />
        <Select value={window} aria-label={t("window")} style={{ width: 100 }} onChange={(v) => set({ window: v })} options={windows.map((w) => ({ value: w, label: t(`common:window.${w}`) }))} />
        <Select showSearch optionFilterProp="label" value={figure} aria-label={t("figure")} style={{ width: 190 }} onChange={(v) => set({ figure: v })} options={(defs ?? []).map((d) => ({ value: d.id, label: name(d.name) }))} />
        <RangePicker few search={search} fallback="24h" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} />
      </div>
      <BreakdownTable scope={scope} by={by} from={range.from} to={range.to} open={(path) => set({ scope: path })} />
      <FigureTrend id={figure} scope={scope} window={window} by={by} from={range.from} to={range.to} />
      <Pareto scope={scope} from={range.from} to={range.to} />
    </div>
  );
}
