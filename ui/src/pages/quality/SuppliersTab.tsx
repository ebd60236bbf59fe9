import { useQuery } from "@tanstack/react-query";
import { Button, Table } from "antd";
import { useTranslation } from "react-i18next";
import { type Supplier, suppliers } from "../../api/quality";
import { RangePicker, useRange } from "../../components/RangePicker";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem } from "../../components/Status";
import { download } from "../../lib/download";
import { csv, fixed, percent } from "../../lib/format";
import { dateTime, iso } from "../../lib/time";
import { useQualitySearch } from "./parts";

const share = (part: number, of: number) => (of === 0 ? "—" : percent(part / of));

/** Suppliers by what was found in their lots, the worst first, month by month. */
export function SuppliersTab() {
  const { t } = useTranslation("quality");
  const [search, set] = useQualitySearch();
  const range = useRange(search, "30d");
  const query = useQuery(suppliers(iso(range.from), iso(range.to), search.scope));
  const rows = query.data ?? [];
  const save = () => download("suppliers.csv", csv([
    ["supplier", "month", "lots", "refused", "looked", "found"],
    ...rows.flatMap((s) => s.months.map((m) => [s.supplier, m.month, m.lots, m.refused, m.looked, m.found])),
  ]), "text/csv");
  return (
    <div className="stack">
      <div className="row">
        <RangePicker few search={search} fallback="30d" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} /><ScopePicker value={search.scope} set={(scope) => set({ scope })} />
        <Button size="small" style={{ marginLeft: "auto" }} disabled={rows.length === 0} onClick={save}>{t("common:export.csv")}</Button>
      </div>
      {query.isError && <Problem error={query.error} retry={() => void query.refetch()} />}
      <Table<Supplier> size="small" rowKey="supplier" loading={query.isLoading} dataSource={rows} pagination={false} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t("suppliers.none")} /> }}
        expandable={{ expandedRowRender: (s) => <Months of={s} />, expandIcon: ({ expanded, onExpand, record }) => <Button size="small" type="text" aria-expanded={expanded} aria-label={t("suppliers.months", { supplier: record.supplier })} onClick={(e) => onExpand(record, e)}>{expanded ? "−" : "+"}</Button> }}
        columns={[
          { title: t("lots.supplier"), dataIndex: "supplier", sorter: (a, b) => a.supplier.localeCompare(b.supplier) },
          { title: t("suppliers.lots"), dataIndex: "lots", align: "right", width: 100, sorter: (a, b) => a.lots - b.lots },
          { title: t("suppliers.accepted"), key: "accepted", align: "right", width: 120, sorter: (a, b) => a.refused / Math.max(1, a.lots) - b.refused / Math.max(1, b.lots), render: (_, s) => <span className="num">{share(s.lots - s.refused, s.lots)}</span> },
          { title: t("suppliers.again"), dataIndex: "again", align: "right", width: 110 },
          { title: t("suppliers.looked"), key: "looked", align: "right", width: 150, render: (_, s) => <span className="num">{s.found} / {s.looked}</span> },
          { title: "PPM", key: "ppm", align: "right", width: 220, sorter: (a, b) => a.ppm - b.ppm, render: (_, s) => <span className="num">{s.looked === 0 ? "—" : `${fixed(s.ppm, 0)} (${fixed(s.ppm_low, 0)}–${fixed(s.ppm_high, 0)})`}</span> },
          { title: t("suppliers.last"), key: "last", width: 170, render: (_, s) => <span className="num">{dateTime(s.last)}</span> },
        ]} />
      <p className="dim">{t("suppliers.lead")}</p>
    </div>
  );
}

function Months({ of }: { of: Supplier }) {
  const { t } = useTranslation("quality");
  return (
    <table className="plain"><thead><tr><th>{t("suppliers.month")}</th><th className="r">{t("suppliers.lots")}</th><th className="r">{t("suppliers.accepted")}</th><th className="r">{t("suppliers.looked")}</th></tr></thead>
      <tbody>{of.months.map((m) => <tr key={m.month}><td className="num">{m.month}</td><td className="r num">{m.lots}</td><td className="r num">{share(m.lots - m.refused, m.lots)}</td><td className="r num">{m.found} / {m.looked}</td></tr>)}</tbody></table>
  );
}
