import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Popconfirm, Segmented, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Attempt, deliveries, type Delivery, deliveryStates, type Route, rotas, routes } from "../../api/alarms";
import { api } from "../../api/client";
import { Priority } from "../../components/alarms/AlarmTable";
import { Nothing, Problem, useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { useChange } from "../production/parts";
import { RotaPanel } from "./RotaPanel";
import { RouteForm } from "./RouteForm";
import { Said } from "../../components/Said";

/** Who is told of which alarms by which way, and what became of each. */
export function DeliveryTab() {
  const { t } = useTranslation("alarms");
  const { name } = useLang();
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  const list = useQuery(routes);
  const duty = useQuery(rotas);
  const [open, setOpen] = useState<Partial<Route> | null>(null);
  const [state, setState] = useState<string | undefined>();
  const log = useInfiniteQuery(deliveries({ state }));
  const rows = log.data?.pages.flatMap((p) => p.items) ?? [];
  const end = useChange((r: Route) => api.del(`/alarms/routes/${r.id}`, r.rev));
  const test = useMutation({
    mutationFn: (r: Route) => api.post<Attempt>(`/alarms/routes/${r.id}/test`),
    onSuccess: (a) => { void (a.ok ? message.success(t("route.tested", { detail: a.detail ?? "" }), 8) : message.error(t("route.failed", { detail: a.detail ?? "" }), 12)); void client.invalidateQueries({ queryKey: ["alarm-deliveries"] }); },
    onError: (err) => { void message.error(problem(err), 10); },
  });
  const exportCsv = () => download("alarm-deliveries.csv", csv([["made", "route", "way", "path", "alarm", "state", "attempts", "last"], ...rows.map((d) => [d.made, d.name, d.way, d.alarm.path, d.alarm.text.zh, d.state, d.attempts.length, d.attempts.at(-1)?.detail ?? d.why])]), "text/csv");
  return (
    <div className="stack">
      <section className="panel" aria-label={t("routes")}>
        <div className="row"><h2 style={{ margin: 0 }}>{t("routes")}</h2><Button type="primary" style={{ marginLeft: "auto" }} onClick={() => setOpen({})}>{t("routes.add")}</Button></div>
        {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
        <Table<Route> size="small" rowKey="id" loading={list.isLoading} dataSource={list.data ?? []} pagination={false} scroll={{ x: 800 }} locale={{ emptyText: <Nothing text={t("routes.none")} /> }}
          columns={[
            { title: t("route.name"), key: "name", width: 140, render: (_, r) => <>{r.name}{r.off && <Tag style={{ marginLeft: 8 }}>{t("route.off")}</Tag>}</> },
            { title: t("route.way"), key: "way", width: 150, render: (_, r) => t(`way.${r.way}`) },
            { title: t("route.where"), key: "url", render: (_, r) => <><span className="mono" style={{ fontSize: 12, overflowWrap: "anywhere" }}>{r.way === "email" ? r.to.join(", ") : r.url}</span>{r.rota && <div className="dim">{t("route.rota")}: {duty.data?.find((o) => o.id === r.rota)?.name ?? r.rota}</div>}</> },
            { title: t("priority"), key: "priority", width: 130, render: (_, r) => (r.priority === 1 ? t("priority.1") : t("priority.upto", { level: t(`priority.${r.priority}` as "priority.1") })) },
              { title: t("route.when"), key: "when", width: 170, render: (_, r) => [r.after_min ? t("route.after.of", { count: r.after_min }) : "", r.again_min ? t("route.again.of", { count: r.again_min }) : ""].filter(Boolean).join(" · ") || t("route.at_once") },
          { title: t("route.quiet"), key: "quiet", width: 130, render: (_, r) => (r.quiet ? `${r.quiet.from}–${r.quiet.to}` : "—") },
            { title: "", key: "do", width: 220, render: (_, r) => (
              <span className="row">
                <Button size="small" loading={test.isPending && test.variables?.id === r.id} onClick={() => test.mutate(r)}>{t("route.test")}</Button>
                <Button size="small" onClick={() => setOpen(r)}>{t("open")}</Button>
                <Popconfirm title={t("route.end.sure")} onConfirm={() => end.mutate(r)}><Button size="small" danger>{t("route.end")}</Button></Popconfirm>
              </span>) },
          ]} />
      </section>
      <RotaPanel />
      <section className="panel" aria-label={t("log")}>
        <div className="row">
          <h2 style={{ margin: 0 }}>{t("log")}</h2>
          <Segmented aria-label={t("log.state")} value={state ?? "all"} onChange={(v) => setState(v === "all" ? undefined : String(v))} options={[{ value: "all", label: t("stage.all") }, ...deliveryStates.map((s) => ({ value: s, label: t(`log.${s}`) }))]} />
          <Button size="small" style={{ marginLeft: "auto" }} disabled={rows.length === 0} onClick={exportCsv}>{t("common:export.csv")}</Button>
        </div>
        {log.isError && <Problem error={log.error} retry={() => void log.refetch()} />}
        <Table<Delivery> size="small" rowKey="id" loading={log.isLoading} dataSource={rows} pagination={false} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t("log.none")} /> }}
          expandable={{ expandedRowRender: (d) => <Attempts d={d} />, rowExpandable: (d) => d.attempts.length > 0 || Boolean(d.why || d.on_call) }}
          columns={[
            { title: t("log.made"), key: "made", width: 170, render: (_, d) => <span className="num">{dateTime(d.made)}</span> },
            { title: t("route.name"), key: "route", width: 160, render: (_, d) => d.name },
            { title: t("priority"), key: "priority", width: 90, render: (_, d) => <Priority level={d.alarm.priority} /> },
            { title: t("text"), key: "text", render: (_, d) => `${name(d.alarm.name)}：${name(d.alarm.text)}` },
            { title: t("log.state"), key: "state", width: 110, render: (_, d) => <Tag color={d.state === "sent" ? "success" : d.state === "failed" ? "error" : "default"}>{t(`log.${d.state}`)}</Tag> },
            { title: t("log.attempts"), key: "attempts", width: 80, align: "right", render: (_, d) => d.attempts.length },
          ]} />
        {log.hasNextPage && <div className="row"><Button loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>{t("common:more")}</Button></div>}
      </section>
      {open && <RouteForm route={open} close={() => setOpen(null)} />}
    </div>
  );
}

function Attempts({ d }: { d: Delivery }) {
  const { t } = useTranslation("alarms");
  return (
    <div>
      {d.on_call && <p style={{ margin: 0 }}>{t("rota.now")}: {d.on_call}</p>}
      {d.why && <p style={{ margin: 0 }}><Said text={d.why} /></p>}
      {d.attempts.map((a) => <div key={a.at} className="num">{dateTime(a.at)} · {a.took_ms} ms · {t(a.ok ? "log.sent" : "log.failed")} · <Said text={a.detail} /></div>)}
    </div>
  );
}
