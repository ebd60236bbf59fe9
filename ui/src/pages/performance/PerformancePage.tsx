import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Select, Table } from "antd";
import { useTranslation } from "react-i18next";
import { orderDefinitions, orderFigures, type OrderRow } from "../../api/performance";
import { products } from "../../api/queries";
import { FigureTable } from "../../components/FigureTable";
import { RangePicker, useRange } from "../../components/RangePicker";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed } from "../../lib/format";
import { iso, ms, shortTime } from "../../lib/time";
import type { PerformanceSearch } from "../../routes";
import { OrderTag, useNames } from "../production/parts";

/** How orders went: figures with their terms, and the orders that they are made of. */
export default function PerformancePage() {
  const { t } = useTranslation("performance");
  const { name } = useLang();
  const search: PerformanceSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (more: PerformanceSearch) => void navigate({ to: "/production/performance", search: { ...search, ...more }, replace: true });
  const range = useRange(search, "24h");
  const goods = useQuery(products).data ?? [];
  const answer = useQuery(orderFigures({ from: iso(range.from), to: iso(range.to), scope: search.scope, product: search.product }));
  const definitions = useQuery(orderDefinitions).data?.items ?? [];
  const rows = answer.data?.rows ?? [];
  const exportCsv = () => {
    const terms = [...new Set(rows.flatMap((r) => Object.keys(r.terms)))].sort();
    download("order-performance.csv", csv([
      ["figure", "version", "value", "reason", "from", "to"],
      ...(answer.data?.figures ?? []).map((f) => [f.definition.id, f.definition.version, f.value, f.reason, iso(range.from), iso(range.to)]),
      [], ["order", "product", "quantity", "state", "due", "began", "ended", ...terms],
      ...rows.map((r) => [r.number, r.product, r.quantity, r.state, r.due, r.began, r.ended, ...terms.map((k) => r.terms[k] ?? 0)]),
      [], ["sha256", answer.data?.root],
    ]), "text/csv");
  };
  return (
    <div className="stack">
      <div className="pagehead" style={{ marginBottom: 0 }}><h1>{t("title")}</h1><span className="dim">{t("lead")}</span><span className="fill" />
        <Button disabled={!answer.data} onClick={exportCsv}>{t("common:export.csv")}</Button>
      </div>
      <div className="row">
        <RangePicker search={search} fallback="24h" range={range} set={(r) => navigate({ to: "/production/performance", search: { scope: search.scope, product: search.product, ...r }, replace: true })} />
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
        <Select allowClear showSearch={{ optionFilterProp: "label" }} style={{ width: 200 }} aria-label={t("product")} placeholder={t("product.all")} value={search.product} onChange={(product?: string) => set({ product })} options={goods.map((p) => ({ value: p.code, label: `${p.code} ${name(p.name)}` }))} />
      </div>
      {answer.isError && <Problem error={answer.error} retry={() => void answer.refetch()} />}
      <FigureTable figures={answer.data?.figures ?? []} definitions={definitions} loading={answer.isPending} none={t("none")} />
      <OrderTable rows={rows} loading={answer.isPending} root={answer.data?.root} />
    </div>
  );
}

function OrderTable({ rows, loading, root }: { rows: OrderRow[]; loading: boolean; root: string | undefined }) {
  const { t } = useTranslation("performance");
  const { product } = useNames();
  const parts = (r: OrderRow) => [r.terms.orders && t("in.ended"), r.terms.orders_due && t("in.due"), r.terms.wip_ms && t("in.wip")].filter(Boolean);
  return (
    <section className="panel" aria-label={t("orders")}>
      <h2 className="row">{t("orders")} <span className="dim" role="status">{t("orders.n", { n: rows.length })}</span></h2>
      <Table<OrderRow> size="small" rowKey="id" loading={loading} dataSource={rows} pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 900 }}
        locale={{ emptyText: <Nothing text={t("none")} /> }}
        columns={[
          { title: t("number"), key: "number", sorter: (a, b) => a.number.localeCompare(b.number), render: (_, r) => <Link className="mono" to="/production/orders" search={{ order: r.id }} aria-label={t("open.order", { number: r.number })}>{r.number}</Link> },
          { title: t("product"), key: "product", render: (_, r) => product(r.product) },
          { title: t("quantity"), key: "quantity", width: 90, align: "right", sorter: (a, b) => a.quantity - b.quantity, render: (_, r) => fixed(r.quantity, 0) },
          { title: t("state"), key: "state", width: 100, render: (_, r) => <OrderTag state={r.state} /> },
          { title: t("contributes"), key: "parts", width: 150, render: (_, r) => parts(r).map((p) => <span key={String(p)} className="chip" style={{ marginRight: 4 }}>{p}</span>) },
          { title: t("began"), key: "began", width: 120, render: (_, r) => (r.began ? shortTime(r.began) : "—") },
          { title: t("ended"), key: "ended", width: 120, render: (_, r) => (r.ended ? shortTime(r.ended) : "—") },
          { title: t("due"), key: "due", width: 120, sorter: (a, b) => ms(a.due) - ms(b.due), render: (_, r) => shortTime(r.due) },
        ]} />
      {root && <p className="dim" style={{ margin: "8px 0 0" }} title={t("root.hint")}>{t("root")} <span className="mono">{root}</span></p>}
    </section>
  );
}
