import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Checkbox, Input, Progress, Select, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { everyRow, type OrderHead, orders } from "../../api/production";
import { products, session } from "../../api/queries";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed } from "../../lib/format";
import { dateTime, day, iso, ms, shortTime, startOfDay } from "../../lib/time";
import type { OrdersSearch } from "../../routes";
import { OrderDrawer } from "./OrderDrawer";
import { OrderForm } from "./OrderForm";
import { More, OrderTag, orderStates, useNames } from "./parts";

const dues = ["past", "today", "7d", "30d"] as const;

/** The end of a stretch of due dates, by the plant's clock. */
function dueBefore(due: string | undefined, now: number): string | undefined {
  const midnight = startOfDay(now) + day;
  if (due === "past") return iso(now);
  return due === "today" ? iso(midnight) : due === "7d" ? iso(midnight + 6 * day) : due === "30d" ? iso(midnight + 29 * day) : undefined;
}

const open = (o: OrderHead): boolean => !["completed", "closed", "aborted", "cancelled"].includes(o.state);

/** Orders by due date, with what becomes of them. */
export default function OrdersPage() {
  const { t } = useTranslation("production");
  const { name } = useLang();
  const search: OrdersSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (more: OrdersSearch) => void navigate({ to: "/production/orders", search: { ...search, ...more }, replace: true });
  const me = useQuery(session).data;
  const may = me?.permissions.includes("plan") ?? false;
  const { product, place } = useNames();
  const goods = useQuery(products).data ?? [];
  const [adding, setAdding] = useState(false);
  // Of the minute, so that the question keeps its key for a while.
  const [now] = useState(() => Math.floor(Date.now() / 60_000) * 60_000);
  const query = { q: search.q, scope: search.scope, state: search.state, product: search.product, doubt: search.doubt, due: dueBefore(search.due, now) };
  const list = useInfiniteQuery(orders(query));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const narrowed = Object.values(query).some((v) => v !== undefined);
  const exportCsv = async () => {
    const all = await everyRow<OrderHead>("/orders", query);
    download("orders.csv", csv([
      [t("number"), t("kind"), t("product"), t("revision"), t("quantity"), t("place"), t("due"), t("state"), t("done"), t("planned.from"), t("planned.to"), t("late"), t("priority"), t("customer"), t("reference")],
      ...all.map((o) => [o.number, t(`kind.${o.kind}`), o.product, o.revision, o.quantity, o.place, dateTime(o.due), t(`order.${o.state}`), `${o.ended}/${o.jobs}`, o.from ? dateTime(o.from) : "", o.to ? dateTime(o.to) : "", o.late ? t("late") : "", o.priority, o.customer, o.reference]),
    ]), "text/csv");
  };
  return (
    <div className="stack">
      <div className="pagehead" style={{ marginBottom: 0 }}><h1>{t("orders.title")}</h1><span className="dim">{t("orders.lead")}</span><span className="fill" />
        <Button disabled={rows.length === 0} onClick={() => void exportCsv()}>{t("common:export.csv")}</Button>
        {may && <Button type="primary" onClick={() => setAdding(true)}>{t("orders.add")}</Button>}
      </div>
      <div className="row">
        <Input.Search style={{ width: 210 }} key={search.q ?? ""} defaultValue={search.q} allowClear aria-label={t("orders.search")} placeholder={t("orders.search")} onSearch={(q) => set({ q: q || undefined })} />
        <Select mode="multiple" showSearch={{ optionFilterProp: "label" }} allowClear maxTagCount="responsive" style={{ width: 170 }} aria-label={t("state")} placeholder={t("state.all")} value={search.state?.split(",") ?? []} onChange={(v: string[]) => set({ state: v.join(",") || undefined })} options={orderStates.map((s) => ({ value: s, label: t(`order.${s}`) }))} />
        <Select allowClear showSearch={{ optionFilterProp: "label" }} style={{ width: 170 }} aria-label={t("product")} placeholder={t("product.all")} value={search.product} onChange={(v?: string) => set({ product: v })} options={goods.map((p) => ({ value: p.code, label: `${p.code} ${name(p.name)}` }))} />
        <Select allowClear style={{ width: 120 }} aria-label={t("due")} placeholder={t("due.all")} value={search.due} onChange={(due?: string) => set({ due })} options={dues.map((d) => ({ value: d, label: t(`due.${d}`) }))} />
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
        <Checkbox checked={search.doubt ?? false} onChange={(e) => set({ doubt: e.target.checked || undefined })}>{t("doubt.only")}</Checkbox>
      </div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<OrderHead> size="small" rowKey="id" loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 1050 }}
        locale={{ emptyText: <Nothing text={t(narrowed ? "orders.none" : "orders.empty")} /> }}
        columns={[
          { title: t("number"), key: "number", sorter: (a, b) => a.number.localeCompare(b.number), render: (_, o) => <><button type="button" className="figbtn mono" onClick={() => set({ order: o.id })}>{o.number}</button>{o.kind !== "make" && <span className="chip" style={{ marginLeft: 4 }}>{t(`kind.${o.kind}`)}</span>}<div className="dim">{o.customer}</div></> },
          { title: t("product"), key: "product", render: (_, o) => <>{product(o.product)}<div className="dim">{o.revision ? t("revision.n", { n: o.revision }) : t("revision.open")}</div></> },
          { title: t("quantity"), key: "quantity", width: 100, align: "right", sorter: (a, b) => a.quantity - b.quantity, render: (_, o) => fixed(o.quantity, 0) },
          { title: t("state"), key: "state", width: 110, render: (_, o) => <><OrderTag state={o.state} />{o.doubts > 0 && <Tag>⚠ {t("doubt.n", { n: o.doubts })}</Tag>}</> },
          { title: t("done"), key: "done", width: 130, render: (_, o) => (o.jobs === 0 ? "—" : <Progress size="small" percent={Math.round((100 * o.ended) / o.jobs)} format={() => `${o.ended}/${o.jobs}`} aria-label={t("done")} />) },
          { title: t("due"), key: "due", width: 130, sorter: (a, b) => ms(a.due) - ms(b.due), render: (_, o) => <>{shortTime(o.due)}{o.late ? <Tag color="error" style={{ marginLeft: 4 }}>{t("late")}</Tag> : open(o) && ms(o.due) < now && <Tag color="error" style={{ marginLeft: 4 }}>{t("due.past")}</Tag>}</> },
          { title: t("planned"), key: "planned", width: 130, render: (_, o) => (o.to ? <>{o.from && shortTime(o.from)}<div className="dim">→ {shortTime(o.to)}</div></> : "—") },
          { title: t("place"), key: "place", width: 130, render: (_, o) => place(o.place) },
          { title: t("priority"), key: "priority", width: 90, align: "right", sorter: (a, b) => a.priority - b.priority, render: (_, o) => o.priority },
        ]} />
      <More list={list} />
      {search.order && <OrderDrawer id={search.order} may={may} show={(id) => set({ order: id })} close={() => set({ order: undefined })} />}
      {adding && <OrderForm close={() => setAdding(false)} saved={(o) => { setAdding(false); set({ order: o.id }); }} />}
    </div>
  );
}
