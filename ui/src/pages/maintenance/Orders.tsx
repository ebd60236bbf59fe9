import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Input, Segmented, Table, Tag } from "antd";
import { useTranslation } from "react-i18next";
import { summary, type WorkKind, type WorkOrder, workOrders, type WorkState } from "../../api/maintenance";
import { figures } from "../../api/queries";
import { Priority } from "../../components/alarms/AlarmTable";
import { FigureValue } from "../../components/Figures";
import { RangePicker, useRange } from "../../components/RangePicker";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, duration, fixed, percent } from "../../lib/format";
import { dateTime, iso } from "../../lib/time";
import type { MaintenanceSearch } from "../../routes";
import { OrderDrawer } from "./OrderDrawer";

const colors: Partial<Record<WorkState, string>> = { in_work: "processing", verified: "success", ineffective: "error" };

export function WorkTag({ state }: { state: WorkState }) {
  const { t } = useTranslation("maintenance");
  return <Tag color={colors[state] ?? "default"}>{t(`state.${state}`)}</Tag>;
}

/** What is to be done at machines, what was done, and whether it helped. */
export function Orders({ may }: { may: boolean }) {
  const { t } = useTranslation("maintenance");
  const { name } = useLang();
  const search: MaintenanceSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (change: Partial<MaintenanceSearch>) => void navigate({ to: "/maintenance", search: { ...search, ...change }, replace: true });
  const list = useInfiniteQuery({ ...workOrders({ scope: search.scope, open: search.all ? undefined : true, q: search.q }), refetchInterval: 10_000 });
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const exportCsv = () => download("work-orders.csv", csv([
    ["number", "path", "kind", "title", "priority", "state", "alarm", "fault", "cause", "action", "due", "changed"],
    ...rows.map((o) => [o.number, o.path, o.kind, o.title, o.priority, o.state, o.origin?.alarm, o.fault, o.cause, o.action, o.due, o.at]),
  ]), "text/csv");
  return (
    <div className="stack">
      <Figures scope={search.scope} />
      <div className="row">
        <Segmented aria-label={t("show")} value={search.all ? "all" : "open"} onChange={(v) => set({ all: v === "all" || undefined })} options={[{ value: "open", label: t("show.open") }, { value: "all", label: t("show.all") }]} />
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
        <Input.Search allowClear defaultValue={search.q} placeholder={t("search")} aria-label={t("search")} style={{ width: 220 }} onSearch={(q) => set({ q: q || undefined })} />
        <span style={{ marginLeft: "auto" }} />
        <Button size="small" disabled={rows.length === 0} onClick={exportCsv}>{t("common:export.csv")}</Button>
        {may && <Button type="primary" onClick={() => set({ order: "new" })}>{t("add")}</Button>}
      </div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<WorkOrder> size="small" rowKey="id" loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 1000 }} locale={{ emptyText: <Nothing text={t("none")} /> }}
        columns={[
          { title: t("number"), key: "number", width: 80, sorter: (a, b) => a.number - b.number, render: (_, o) => <Link to="/maintenance" search={{ ...search, order: o.id }}>{o.number}</Link> },
          { title: t("priority"), key: "priority", width: 90, sorter: (a, b) => a.priority - b.priority, render: (_, o) => <Priority level={o.priority} /> },
          { title: t("what"), key: "what", render: (_, o) => <><div>{o.title}</div>{o.origin && <div className="dim" style={{ fontSize: 12 }}>{t("from.alarm", { text: name(o.origin.text) || o.origin.alarm })}</div>}</> },
          { title: t("machine"), key: "machine", width: 220, sorter: (a, b) => a.path.localeCompare(b.path), render: (_, o) => <Link to="/machines/$id" params={{ id: o.equipment }}>{name(o.name)}</Link> },
          { title: t("kind"), key: "kind", width: 110, render: (_, o) => t(`kind.${o.kind}`) },
          { title: t("state"), key: "state", width: 110, render: (_, o) => <WorkTag state={o.state} /> },
          { title: t("assignee"), key: "assignee", width: 110, render: (_, o) => o.assignee || "—" },
          { title: t("changed"), key: "changed", width: 170, sorter: (a, b) => a.at.localeCompare(b.at), render: (_, o) => <span className="num">{dateTime(o.at)}</span> },
        ]} />
      {list.hasNextPage && <div className="row"><Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("common:more")}</Button></div>}
      {search.order && <OrderDrawer id={search.order} may={may} close={() => set({ order: undefined })} open={(order) => set({ order })} />}
    </div>
  );
}

/** MTBF, MTTR and what share of the work was corrective. */
function Figures({ scope }: { scope: string | undefined }) {
  const { t } = useTranslation("maintenance");
  const { lang } = useLang();
  const search: MaintenanceSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const range = useRange(search, "7d");
  const q = { scope: scope ?? "", window: "day", by: "none" as const, from: iso(range.from), to: iso(range.to) };
  const mtbf = useQuery(figures("mtbf", q));
  const mttr = useQuery(figures("mttr", q));
  const sum = useQuery(summary({ scope, from: iso(range.from), to: iso(range.to) }));
  const last = (f: typeof mtbf) => f.data?.at(-1);
  const kinds: WorkKind[] = ["corrective", "preventive", "condition"];
  return (
    <section className="panel" aria-label={t("figures")}>
      <div className="row"><h2 style={{ margin: 0 }}>{t("figures")}</h2>
        <RangePicker few search={search} fallback="7d" range={range} set={(r) => void navigate({ to: "/maintenance", search: { ...search, range: undefined, from: undefined, to: undefined, ...r }, replace: true })} /></div>
      {!sum.data ? <Waiting query={sum} /> : (
        <table className="plain">
          <thead><tr><th>{t("mtbf")}</th><th>{t("mttr")}</th><th>{t("ratio")}</th><th>{t("done")}</th><th>{t("helped")}</th><th>{t("open")}</th></tr></thead>
          <tbody><tr>
            <td>{last(mtbf) ? <FigureValue figure={last(mtbf)!} /> : "—"}</td><td>{last(mttr) ? <FigureValue figure={last(mttr)!} /> : "—"}</td>
            <td className="num" title={sum.data.reason}>{sum.data.corrective_ratio === null ? t("ratio.none") : percent(sum.data.corrective_ratio)}</td>
            <td className="num">{kinds.map((k) => `${t(`kind.${k}`)} ${sum.data?.count[k] ?? 0}`).join(" · ")}</td>
            <td className="num">{t("helped.of", { yes: sum.data.verified, no: sum.data.ineffective })}</td>
            <td className="num">{t("open.of", { open: sum.data.open, late: sum.data.late })}</td>
          </tr></tbody>
          <tbody><tr><th scope="row">{t("spares:costs")}</th><td colSpan={5} className="num">{t("spares:costs.line", { down: duration(sum.data.down_ms, lang), fen: fixed(sum.data.down_fen / 100, 2), labour: fixed(sum.data.labour_fen / 100, 2), parts: fixed(sum.data.parts_fen / 100, 2) })}{sum.data.without_rate > 0 && <span className="dim"> · {t("spares:costs.norate", { n: sum.data.without_rate })}</span>}</td></tr></tbody>
        </table>)}
    </section>
  );
}
