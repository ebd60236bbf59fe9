import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Form, Input, Modal, Popconfirm, Switch, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { roles, session } from "../../api/queries";
import type { Permission, RoleDef } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { permissions } from "./roles";

interface Entered { id: string; zh: string; en?: string; permissions: Permission[]; strict?: boolean }

/** What each role may do: those delivered, and own ones. */
export function Roles() {
  const { t } = useTranslation("access");
  const { name } = useLang();
  const { message } = App.useApp();
  const client = useQueryClient();
  const { data, error, isPending } = useQuery(roles);
  const me = useQuery(session).data;
  const whole = me?.whole.includes("administer") ?? false;
  const [edited, setEdited] = useState<RoleDef | "new">();
  const renew = () => client.invalidateQueries({ queryKey: ["roles"] });
  const failed = (err: Error) => message.error(err.message);
  const save = useMutation({
    mutationFn: (e: Entered) => api.put(`/roles/${e.id}`, { id: e.id, name: { zh: e.zh, ...(e.en && { en: e.en }) }, permissions: e.permissions, second_factor: e.strict ?? false, own: true, rev: edited === "new" || !edited ? 0 : edited.rev }),
    onSuccess: () => { setEdited(undefined); message.success(t("common:saved")); return renew(); }, onError: failed,
  });
  const remove = useMutation({ mutationFn: (r: RoleDef) => api.del(`/roles/${r.id}?rev=${r.rev}`), onSuccess: renew, onError: failed });
  const old = edited && edited !== "new" ? edited : undefined;
  return (
    <div className="stack">
      {whole && <div><Button type="primary" onClick={() => setEdited("new")}>{t("role.add")}</Button></div>}
      {error && <Alert type="error" showIcon title={error.message} />}
      <Table<RoleDef> size="small" rowKey="id" loading={isPending} dataSource={data ?? []} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: 800 }}
        columns={[
          { title: t("role"), key: "name", width: 160, render: (_, r) => <>{name(r.name)} {r.own && <Tag>{t("role.own")}</Tag>}{r.second_factor && <Tag color="processing">{t("role.strict")}</Tag>}<div className="dim mono">{r.id}</div></> },
          { title: t("role.may"), key: "may", render: (_, r) => r.permissions.map((p) => t(`may.${p}`)).join("、") },
          { title: "", key: "do", width: 160, render: (_, r) => whole && r.own && (
            <div className="row">
              <Button size="small" onClick={() => setEdited(r)}>{t("role.edit")}</Button>
              <Popconfirm title={t("role.sure")} onConfirm={() => remove.mutate(r)}><Button size="small">{t("role.remove")}</Button></Popconfirm>
            </div>) },
        ]} />
      <Modal open={!!edited} title={old ? t("role.edit") : t("role.add")} onCancel={() => setEdited(undefined)} footer={null} destroyOnHidden>
        <Form<Entered> layout="vertical" initialValues={old ? { id: old.id, zh: old.name.zh, en: old.name.en, permissions: old.permissions, strict: old.second_factor } : { permissions: ["read"] }} onFinish={(e) => save.mutate(e)}>
          <Form.Item name="id" label={t("role.id")} rules={[{ required: true, pattern: /^[a-z][a-z0-9-]{1,39}$/, message: t("role.id.form") }]}><Input disabled={!!old} autoComplete="off" /></Form.Item>
          <Form.Item name="zh" label={t("role.zh")} rules={[{ required: true, message: t("missing") }]}><Input maxLength={60} /></Form.Item>
          <Form.Item name="en" label={t("role.en")}><Input maxLength={60} /></Form.Item>
          <Form.Item name="permissions" label={t("role.may")} rules={[{ required: true, message: t("missing") }]}>
            <Checkbox.Group style={{ display: "grid" }} options={permissions.map((p) => ({ value: p, label: t(`may.${p}`), disabled: !me?.whole.includes(p) }))} />
          </Form.Item>
          <Form.Item name="strict" label={t("role.strict")} extra={t("role.strict.more")} valuePropName="checked"><Switch /></Form.Item>
          <Button type="primary" htmlType="submit" loading={save.isPending}>{t("common:save")}</Button>
        </Form>
      </Modal>
    </div>
  );
}
