import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Descriptions, Drawer, Form, Input, InputNumber, Modal, Popconfirm, Skeleton, Switch, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address, api } from "../../api/client";
import type { Tenant, TenantLimits, TenantUse, TenantUsage } from "../../api/types";
import { ExportPanel } from "../../components/ExportPanel";
import { useLang } from "../../i18n/useLang";
import { bytes, nameOf } from "../../lib/format";
import { steps } from "./tenants";

const mega = 1 << 20;

/** One firm: what it has, what it used, and what may be done with it. */
export function TenantDetail({ id, close, changed }: { id: string; close: () => void; changed: () => void }) {
  const { t } = useTranslation("tenants");
  const { lang } = useLang();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [deleting, setDeleting] = useState(false);
  const use = useQuery({ queryKey: ["tenants", "use", id], queryFn: ({ signal }) => api.get<TenantUse>(`/tenants/${id}/usage`, {}, signal), refetchInterval: 30_000 });
  const renew = (): void => { void client.invalidateQueries({ queryKey: ["tenants", "use", id] }); changed(); };
  const change = useMutation({
    mutationFn: (c: { state?: string; limits?: TenantLimits }) => api.put<Tenant>(`/tenants/${id}`, c, use.data?.tenant.rev),
    onSuccess: () => { message.success(t("saved")); }, onError: (err) => { message.error(err.message); }, onSettled: renew,
  });
  const one = use.data?.tenant;
  return (
    <Drawer open width={720} onClose={close} title={one ? `${nameOf(one.name, lang)} · ${id}` : id}>
      <div className="stack">
        {use.error && <Alert type="error" showIcon message={use.error.message} />}
        {use.isPending && <Skeleton active />}
        {one && one.state !== "deleted" && (
          <div className="row">
            {steps(one).map((s) => (s === "active"
              ? <Button key={s} onClick={() => change.mutate({ state: s })}>{t("resume")}</Button>
              : <Popconfirm key={s} title={t(s === "leaving" ? "leave.confirm" : "suspend.confirm")} onConfirm={() => change.mutate({ state: s })}><Button danger={s === "leaving"}>{t(s === "leaving" ? "leave" : "suspend")}</Button></Popconfirm>))}
            {one.state === "leaving" && <Button danger type="primary" onClick={() => setDeleting(true)}>{t("delete")}</Button>}
          </div>)}
        {use.data && <Now use={use.data} />}
        {use.data && one && one.state !== "deleted" && <Limits key={one.rev} limits={one.limits} save={(limits) => change.mutate({ limits })} />}
        {use.data && <Days days={use.data.days} />}
        {one && one.state !== "deleted" && <><h2>{t("export")}</h2><ExportPanel path={`/tenants/${id}/export`} /></>}
      </div>
      {deleting && <Delete id={id} close={() => setDeleting(false)} done={renew} />}
    </Drawer>
  );
}

function Now({ use }: { use: TenantUse }) {
  const { t } = useTranslation("tenants");
  const { now, tenant: { limits } } = use;
  const of = (n: number, most: number): string => t("of", { n: n.toLocaleString(), most: most.toLocaleString() });
  return (
    <Descriptions size="small" bordered column={2} title={t("now")} items={[
      { key: "devices", label: t("devices"), children: of(now.devices, limits.devices) }, { key: "tags", label: t("tags"), children: of(now.tags, limits.tags) },
      { key: "users", label: t("users"), children: of(now.users, limits.users) }, { key: "bytes", label: t("bytes"), children: t("of", { n: bytes(now.bytes), most: bytes(limits.bytes) }) },
      { key: "events", label: t("events"), children: now.events.toLocaleString() }, { key: "files", label: t("files"), children: now.files.toLocaleString() },
    ]} />
  );
}

function Limits({ limits, save }: { limits: TenantLimits; save: (l: TenantLimits) => void }) {
  const { t } = useTranslation("tenants");
  return (
    <Form layout="vertical" initialValues={{ ...limits, bytes: Math.round(limits.bytes / mega) }} onFinish={(l: TenantLimits) => save({ ...l, bytes: l.bytes * mega })}>
      <h2>{t("limits")}</h2>
      <div className="row">
        {([["devices", t("devices")], ["tags", t("tags")], ["users", t("users")], ["samples", t("limit.samples")], ["bytes", t("limit.bytes")]] as const).map(([name, label]) => (
          <Form.Item key={name} name={name} label={label} rules={[{ required: true }]}><InputNumber min={0} precision={0} style={{ width: 130 }} /></Form.Item>))}
      </div>
      <Form.Item name="reach" label={t("reach")} extra={t("reach.hint")} valuePropName="checked"><Switch /></Form.Item>
      <Button htmlType="submit">{t("save")}</Button>
    </Form>
  );
}

function Days({ days }: { days: TenantUsage[] }) {
  const { t } = useTranslation("tenants");
  const count = (n: number): string => n.toLocaleString();
  return (
    <>
      <h2>{t("days")}</h2>
      <Table<TenantUsage> size="small" rowKey="day" dataSource={days} pagination={false} locale={{ emptyText: t("days.none") }} columns={[
        { title: t("day"), dataIndex: "day" }, { title: t("samples"), dataIndex: "samples", align: "right", render: count }, { title: t("raw"), dataIndex: "bytes", align: "right", render: bytes },
        { title: t("requests"), dataIndex: "requests", align: "right", render: count }, { title: t("refused"), dataIndex: "refused", align: "right", render: count },
      ]} />
    </>
  );
}

function Delete({ id, close, done }: { id: string; close: () => void; done: () => void }) {
  const { t } = useTranslation("tenants");
  const { message } = App.useApp();
  const [typed, setTyped] = useState("");
  const drop = useMutation({
    mutationFn: () => api.del(address(`/tenants/${id}`, { confirm: typed })),
    onSuccess: () => { void message.success(t("deleted")); close(); }, onError: (err) => { message.error(err.message); }, onSettled: done,
  });
  return (
    <Modal open title={t("delete.title")} onCancel={close} okText={t("delete")} okButtonProps={{ danger: true, disabled: typed !== id, loading: drop.isPending }} onOk={() => drop.mutate()}>
      <p>{t("delete.hint", { id })}</p>
      <Input value={typed} aria-label={t("id")} autoComplete="off" onChange={(e) => setTyped(e.target.value)} />
    </Modal>
  );
}
