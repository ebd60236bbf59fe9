import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Descriptions, Form, Input, InputNumber, Modal, Popconfirm, Progress, Space, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { links } from "../../api/queries";
import type { Invitation, LinkedNode, LinkStream } from "../../api/types";
import { bytes, duration, percent, type Lang } from "../../lib/format";
import { dateTime, ofMicros } from "../../lib/time";
import { backlogOf, nodeMood } from "./links";
import { LinkTroubles, useRefusal } from "./LinkTroubles";
import { NodeRegionForm } from "./NodeRegionForm";
import { NodeSettings } from "./NodeSettings";

/** Nodes above and below this one: who is connected, how far each is behind, and for how long yet. */
export function Links({ administers }: { administers: boolean }) {
  const { t, i18n } = useTranslation("system");
  const lang = i18n.language as Lang;
  const { message } = App.useApp();
  const refusal = useRefusal();
  const client = useQueryClient();
  const { data, isPending, error } = useQuery(links);
  const [inviting, setInviting] = useState(false);
  const [made, setMade] = useState<Invitation>();
  const [settings, setSettings] = useState<LinkedNode>();
  const [placing, setPlacing] = useState<LinkedNode>();
  const regionOf = (id: string) => data?.regions.find((r) => r.node === id);
  const renew = () => client.invalidateQueries({ queryKey: ["links"] });
  const invite = useMutation({
    mutationFn: (n: { name: string; hours: number }) => api.post<Invitation>("/links/invitations", n),
    onSuccess: (code) => { setMade(code); setInviting(false); },
    onError: (err) => { message.error(err.message); },
  });
  const revoke = useMutation({
    mutationFn: (id: string) => api.post(`/links/nodes/${id}/revoke`), onSuccess: renew, onError: (err) => { message.error(err.message); },
  });
  const drain = (streams: LinkStream[]) => {
    const b = backlogOf(streams);
    if (b.items === 0) return t("l.level");
    return `${t("l.behind", { n: b.items.toLocaleString() })}${b.seconds >= 0 ? ` · ${t("l.left", { time: duration(b.seconds * 1000, lang) })}` : ""}`;
  };
  if (error) return <Alert type="error" showIcon message={error.message} />;
  const up = data?.parent;
  return (
    <div className="stack">
      {data && <LinkTroubles links={data} />}
      {up && (
        <Descriptions title={t("l.up")} bordered size="small" column={{ xs: 1, md: 2 }} items={[
          { key: "parent", label: t("l.parent"), children: up.parent },
          { key: "state", label: t("l.state"), children: <Tag color={up.state === "up" ? undefined : "error"}>{t(`l.s.${up.state}`)}</Tag> },
          { key: "behind", label: t("l.backlog"), children: drain(up.streams) },
          { key: "outbox", label: t("l.outbox"), children: (
            <Progress percent={Math.round(up.outbox.used * 100)} size="small" status={up.outbox.alarm ? "exception" : "normal"} aria-label={t("l.outbox")}
              format={() => `${bytes(up.outbox.bytes)} / ${bytes(up.outbox.limit_bytes)}`} />) },
          ...(regionOf("") ? [{ key: "region", label: t("l.region.own"), children: regionOf("")?.name }] : []),
          ...(up.last_error ? [{ key: "error", label: t("detail"), children: up.last_error }] : []),
        ]} />
      )}
      {!isPending && !up && !data?.hub && <Alert type="info" showIcon message={t("l.alone")} />}
      {data?.hub && (
        <>
          {administers && <div><Button type="primary" onClick={() => setInviting(true)}>{t("l.invite")}</Button></div>}
          {made && <Alert type="warning" showIcon closable onClose={() => setMade(undefined)} message={t("l.code", { name: made.name, until: dateTime(made.expires) })}
            description={<span className="mono">{made.code}</span>} />}
          <Table<LinkedNode> size="small" rowKey={(n) => n.node.id} loading={isPending} dataSource={data.nodes} pagination={{ pageSize: 50, hideOnSinglePage: true }} scroll={{ x: 900 }}
            columns={[
              { title: t("l.name"), key: "name", sorter: (a, b) => a.node.name.localeCompare(b.node.name), render: (_, n) => <>{n.node.name}<div className="dim mono">{n.node.id.slice(0, 12)}…</div></> },
              { title: t("l.state"), key: "state", sorter: (a, b) => nodeMood(a).localeCompare(nodeMood(b)),
                render: (_, n) => <><Tag color={nodeMood(n) === "away" ? "error" : undefined}>{t(`l.m.${nodeMood(n)}`)}</Tag>{n.refused && <span className="dim">{refusal(n.refused)}</span>}</> },
              { title: t("l.since"), key: "since", render: (_, n) => (n.since ? dateTime(ofMicros(n.since)) : "–") },
              { title: t("l.backlog"), key: "behind", sorter: (a, b) => backlogOf(a.streams).items - backlogOf(b.streams).items, render: (_, n) => drain(n.streams) },
              { title: t("l.outbox"), key: "outbox", render: (_, n) => <span className={n.outbox.alarm ? "bad" : ""}>{percent(n.outbox.used)}</span> },
              { title: t("l.region"), key: "region", render: (_, n) => regionOf(n.node.id)?.name ?? <span className="dim">{t("l.region.none")}</span> },
              { title: t("l.host"), key: "host", render: (_, n) => (n.party.host ? `${n.party.host} · ${n.party.address}` : "–") },
              { title: "", key: "do", render: (_, n) => n.node.revoked ? null : (
                <Space>
                  <Button size="small" onClick={() => setSettings(n)}>{t("l.settings")}</Button>
                  {administers && <Button size="small" aria-label={t("l.region.of", { name: n.node.name })} onClick={() => setPlacing(n)}>{t("l.region.set")}</Button>}
                  {administers && <Popconfirm title={t("l.confirm")} onConfirm={() => revoke.mutate(n.node.id)}><Button size="small" danger>{t("t.revoke")}</Button></Popconfirm>}
                </Space>) },
            ]}
            expandable={{ rowExpandable: (n) => !!n.last_error, expandedRowRender: (n) => n.last_error }} />
        </>
      )}
      <Modal open={inviting} title={t("l.invite")} onCancel={() => setInviting(false)} footer={null} destroyOnHidden>
        <Form<{ name: string; hours: number }> layout="vertical" initialValues={{ hours: 24 }} onFinish={(n) => invite.mutate(n)}>
          <Form.Item name="name" label={t("l.name")} rules={[{ required: true }]}><Input maxLength={100} /></Form.Item>
          <Form.Item name="hours" label={t("l.hours")} rules={[{ required: true }]}><InputNumber min={1} max={720} /></Form.Item>
          <Button type="primary" htmlType="submit" loading={invite.isPending}>{t("l.make")}</Button>
        </Form>
      </Modal>
      {placing && <NodeRegionForm node={placing} region={regionOf(placing.node.id)?.region} close={() => setPlacing(undefined)} />}
      {settings && <NodeSettings node={settings} onClose={() => setSettings(undefined)} />}
    </div>
  );
}
