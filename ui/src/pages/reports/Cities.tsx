import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Empty, Select, Table } from "antd";
import { useTranslation } from "react-i18next";
import { policies } from "../../api/queries";
import { type CityRow, comparison } from "../../api/reporting";
import { useReason } from "../../components/Figures";
import { useLang } from "../../i18n/useLang";
import { figureText, percent } from "../../lib/format";
import type { ReportsSearch } from "../../routes";
import { Change, StateTag } from "./words";

const first = "backbone-networking-rate";

/** The cities side by side for one indicator: rank, change since the period before, against the path. */
export function Cities({ period }: { period: string }) {
  const { t, i18n } = useTranslation("reports");
  const { name, lang } = useLang();
  const why = useReason();
  const search: ReportsSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const indicators = useQuery(policies).data?.indicators ?? [];
  const id = search.indicator ?? first;
  const definition = indicators.find((i) => i.id === id);
  const { data, error, isPending } = useQuery(comparison(period, id));
  const of = { unit: definition?.unit ?? "1", definition: { id, version: 1, name: definition?.name ?? { zh: id }, digits: definition?.digits ?? 4, better: "high" } };
  const shown = (v: number) => figureText(v, of.unit, of.definition.digits, lang);
  const reason = (r: string | undefined) => (r && i18n.exists(`reports:reason.${r}`) ? t(`reason.${r}` as "reason.not_frozen") : why(r));
  return (
    <div className="stack">
      <div className="row">
        <Select<string> aria-label={t("indicator")} style={{ width: 300 }} showSearch={{ optionFilterProp: "label" }} value={id} options={indicators.map((i) => ({ value: i.id, label: name(i.name) }))}
          onChange={(indicator) => void navigate({ to: "/reports", search: { ...search, indicator }, replace: true })} />
        {data && <span className="dim">{data.wanted === null ? t("cities.nowanted") : t("cities.wanted", { v: shown(data.wanted) })}</span>}
      </div>
      {error && <Alert type="error" showIcon message={error.message} />}
      <Table<CityRow> size="small" rowKey="region" loading={isPending} dataSource={data?.rows ?? []} pagination={false} scroll={{ x: 900 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("none")} /> }}
        columns={[
          { title: t("rank"), key: "rank", width: 60, align: "right", render: (_, c) => c.rank || "—" },
          { title: t("region"), key: "region", render: (_, c) => <button type="button" className="figbtn" onClick={() => void navigate({ to: "/reports", search: { id: `${period}.${c.region}` } })}>{c.name}</button> },
          { title: t("state"), key: "state", render: (_, c) => <StateTag state={c.state} /> },
          { title: t("value"), key: "value", align: "right", render: (_, c) => (c.value === null ? <span className="dim">{reason(c.reason)}</span> : <b className="num">{shown(c.value)}</b>) },
          { title: `${t("cities.before")} ${data?.before ?? ""}`, key: "before", align: "right", render: (_, c) => (c.before === null ? "—" : shown(c.before)) },
          { title: t("cities.change"), key: "change", align: "right", render: (_, c) => <Change of={of} by={c.change} /> },
          { title: t("cities.climbed"), key: "climbed", align: "right", render: (_, c) => (c.climbed === undefined ? "—" : c.climbed > 0 ? t("up", { n: c.climbed }) : c.climbed < 0 ? t("down", { n: -c.climbed }) : t("level.same")) },
          { title: t("cities.ahead"), key: "ahead", align: "right", render: (_, c) => <Change of={of} by={c.ahead} /> },
          { title: t("coverage"), key: "coverage", align: "right", render: (_, c) => (c.coverage === null ? "—" : percent(c.coverage)) },
        ]} />
    </div>
  );
}
