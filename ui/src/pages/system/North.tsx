import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Empty, Popconfirm, Switch, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { northTargets } from "../../api/queries";
import type { NorthRow, NorthStatus } from "../../api/types";
import { dateTime } from "../../lib/time";
import { NorthForm } from "./NorthForm";
import { written } from "./north";

/** Where values go: brokers of other people, what they have and what they lack. */
export function North() {
  const { t } = useTranslation("north");
  const { message, modal } = App.useApp();
  const client = useQueryClient();
  const { data, error, isPending } = useQuery(northTargets);
  const [open, setOpen] = useState<Partial<NorthRow>>();
  const changed = () => client.invalidateQueries({ queryKey: ["north-targets"] });
  const drop = useMutation({ mutationFn: (r: NorthRow) => api.del(`/north-targets/${r.id}`, r.rev), onSettled: changed, onError: (err) => { message.error(err.message); } });
  const turn = useMutation({
    mutationFn: (r: NorthRow) => api.put(`/north-targets/${r.id}`, { ...written(r), off: !r.off }, r.rev), onSettled: changed, onError: (err) => { message.error(err.message); },
  });
  if (error) return <Alert type="error" showIcon message={error.message} />;
  return (
    <div className="stack">
      <div className="row"><Button type="primary" onClick={() => setOpen({ kind: "mqtt", paths: [], off: false })}>{t("add")}</Button><span className="dim">{t("hint")}</span></div>
      {(data ?? []).flatMap((r) => (r.status.gaps ?? []).map((g) => (
        <Alert key={r.id + g.at} type="error" showIcon message={r.name} description={t("gap", { at: dateTime(g.at), n: g.batches, reason: g.reason })} />
      )))}
      <Table<NorthRow> size="small" rowKey="id" loading={isPending} dataSource={data ?? []} pagination={false} scroll={{ x: 900 }}
        locale={{ emptyText: <Empty description={t("none")} /> }}
        columns={[
          { title: t("name"), key: "name", render: (_, r) => (
            <><button type="button" className="figbtn" onClick={() => setOpen(r)}>{r.name}</button><div className="dim">{t(`kind.${r.kind}`)} · <span className="mono">{r.url}</span></div></>) },
          { title: t("state"), key: "state", render: (_, r) => (
            <><Tag color={r.status.error && r.status.state === "connecting" ? "error" : undefined}>{t(`state.${r.status.state}`)}</Tag>
              <div className="dim">{r.paths.length ? t("tags", { n: r.status.tags }) : t("tags.none")}</div></>) },
          { title: t("behind"), key: "behind", render: (_, r) => (r.off ? "–" : <Behind status={r.status} />) },
          { title: t("sent"), key: "sent", render: (_, r) => (
            <>{t("sent.n", { n: r.status.sent.toLocaleString() })}{r.status.sent_at && <div className="dim">{t("sent.at", { at: dateTime(r.status.sent_at) })}</div>}</>) },
          { title: t("error"), key: "error", render: (_, r) => (r.status.error ? <>{r.status.error}<div className="dim">{r.status.error_at && dateTime(r.status.error_at)}</div></> : "–") },
          { title: t("on"), key: "on", render: (_, r) => (
            <Switch size="small" checked={!r.off} loading={turn.isPending} aria-label={`${t("on")} ${r.name}`}
              onClick={() => { if (r.off) turn.mutate(r); else void modal.confirm({ title: t("off"), content: t("off.confirm"), okText: t("off"), cancelText: t("common:cancel"), onOk: () => turn.mutate(r) }); }} />) },
          { title: "", key: "do", align: "right", render: (_, r) => <Popconfirm placement="left" title={t("end.confirm")} onConfirm={() => drop.mutate(r)}><Button size="small" danger>{t("end")}</Button></Popconfirm> },
        ]} />
      {open && <NorthForm target={open} close={() => setOpen(undefined)} saved={changed} />}
    </div>
  );
}

function Behind({ status }: { status: NorthStatus }) {
  const { t } = useTranslation("north");
  if (status.behind === 0 || status.state === "up") return <>{t("behind.none")}</>;
  return <>{t("behind.n", { n: status.behind.toLocaleString(), since: status.behind_since ? dateTime(status.behind_since) : "–" })}</>;
}
