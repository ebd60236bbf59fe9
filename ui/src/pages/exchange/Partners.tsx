import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Popconfirm, Space, Switch, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Contact, type Partner, partners } from "../../api/exchange";
import { Nothing, Problem } from "../../components/Status";
import { dateTime } from "../../lib/time";
import { PartnerForm } from "./PartnerForm";
import { fresh, written } from "./exchange";

/** The systems, how they fare and what waits for whom. */
export function Partners() {
  const { t } = useTranslation("exchange");
  const { message, modal } = App.useApp();
  const client = useQueryClient();
  const list = useQuery(partners);
  const [open, setOpen] = useState<Partner>();
  const changed = () => client.invalidateQueries({ queryKey: ["exchange-partners"] });
  const failed = (err: Error) => { message.error(err.message); };
  const drop = useMutation({ mutationFn: (p: Contact) => api.del(`/exchange/partners/${p.id}`, p.rev), onSettled: changed, onError: failed });
  const turn = useMutation({ mutationFn: (p: Contact) => api.put(`/exchange/partners/${p.id}`, { ...written(p), off: !p.off }, p.rev), onSettled: changed, onError: failed });
  if (list.error) return <Problem error={list.error} retry={() => void list.refetch()} />;
  return (
    <div className="stack">
      <div className="row"><Button type="primary" onClick={() => setOpen(fresh)}>{t("add")}</Button></div>
      <Table<Contact> size="small" rowKey="id" loading={list.isPending} dataSource={list.data ?? []} pagination={false} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t("none")} /> }}
        columns={[
          { title: t("name"), key: "name", render: (_, p) => (
            <><button type="button" className="figbtn" onClick={() => setOpen(p)}>{p.name}</button><div className="dim"><span className="mono">{p.id}</span> · {t(`way.${p.way}`)} · {t(`format.${p.format}`)}</div></>) },
          { title: t("state"), key: "state", render: (_, p) => <Fare of={p} /> },
          { title: t("queues"), key: "queues", render: (_, p) => <Queues of={p} /> },
          { title: t("on"), key: "on", width: 80, render: (_, p) => (
            <Switch size="small" checked={!p.off} loading={turn.isPending} aria-label={`${t("on")} ${p.name}`}
              onClick={() => { if (p.off) turn.mutate(p); else void modal.confirm({ title: p.name, content: t("off.confirm"), cancelText: t("common:cancel"), onOk: () => turn.mutate(p) }); }} />) },
          { title: "", key: "do", align: "right", width: 100, render: (_, p) => <Popconfirm placement="left" title={t("end.confirm")} onConfirm={() => drop.mutate(p)}><Button size="small" danger>{t("end")}</Button></Popconfirm> },
        ]} />
      {open && <PartnerForm key={open.id} of={open} close={() => setOpen(undefined)} saved={changed} />}
    </div>
  );
}

function Fare({ of: p }: { of: Contact }) {
  const { t } = useTranslation("exchange");
  if (p.off) return <Tag>{t("off")}</Tag>;
  return (
    <>
      {p.silent ? <Tag color="error">{p.since ? t("silent", { since: dateTime(p.since) }) : t("silent.ever")}</Tag> : <Tag color="success">{t("ok")}</Tag>}
      {!p.silent && p.since && <div className="dim">{t("heard", { at: dateTime(p.since) })}</div>}
      {p.failed && <div className="dim" style={{ overflowWrap: "anywhere" }}>{t("failed", { at: dateTime(p.failed), reason: p.fail_reason ?? "" })}</div>}
    </>
  );
}

function Queues({ of: p }: { of: Contact }) {
  const { t } = useTranslation("exchange");
  const c = p.counts;
  return (
    <>
      <Space size={4} wrap>
        {c.dead > 0 && <Tag color="error">{t("n.dead", { n: c.dead })}</Tag>}
        {c.refused > 0 && <Tag color="warning">{t("n.refused", { n: c.refused })}</Tag>}
        {c.received > 0 && <Tag color="processing">{t("n.received", { n: c.received })}</Tag>}
        {c.queued > 0 && <Tag color="processing">{t("n.queued", { n: c.queued })}</Tag>}
      </Space>
      <div className="dim">{t("n.done", { n: c.done, m: c.acknowledged })}{c.oldest && ` · ${t("oldest", { at: dateTime(c.oldest) })}`}</div>
    </>
  );
}
