import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Form, Input, Modal, Select, Switch, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { users } from "../../api/queries";
import type { Role, User } from "../../api/types";
import { roles } from "./roles";

interface Entered { name: string; display?: string; role: Role; path?: string; password?: string; off?: boolean }

export function Users() {
  const { t } = useTranslation("system");
  const { message } = App.useApp();
  const client = useQueryClient();
  const { data, isPending } = useQuery(users);
  const [edited, setEdited] = useState<User | "new">();
  const save = useMutation({
    mutationFn: (e: Entered) => {
      if (edited === "new" || !edited) return api.post("/users", { name: e.name, display: e.display, role: e.role, path: e.path, password: e.password });
      return api.put(`/users/${edited.id}`, { display: e.display, role: e.role, path: e.path ?? "", off: e.off ?? false, password: e.password || undefined, rev: edited.rev });
    },
    onSuccess: () => { setEdited(undefined); message.success(t("common:saved")); return client.invalidateQueries({ queryKey: ["users"] }); },
    onError: (err) => message.error(err.message),
  });
  const old = edited && edited !== "new" ? edited : undefined;
  return (
    <div className="stack">
      <div><Button type="primary" onClick={() => setEdited("new")}>{t("u.add")}</Button></div>
      <Table<User> size="small" rowKey="id" loading={isPending} dataSource={data ?? []} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: 600 }}
        columns={[
          { title: t("u.name"), key: "name", render: (_, u) => <button type="button" className="figbtn" onClick={() => setEdited(u)}>{u.name}</button> },
          { title: t("u.display"), dataIndex: "display" },
          { title: t("u.role"), key: "role", render: (_, u) => t(`common:role.${u.role}`) },
          { title: t("u.path"), key: "path", render: (_, u) => u.path || t("u.whole") },
          { title: t("u.off"), key: "off", render: (_, u) => (u.off ? t("common:yes") : t("common:no")) },
        ]} />
      <Modal open={!!edited} title={old ? t("u.edit") : t("u.add")} onCancel={() => setEdited(undefined)} footer={null} destroyOnHidden>
        <Form<Entered> layout="vertical" initialValues={old ?? { role: "operator" }} onFinish={(e) => save.mutate(e)}>
          <Form.Item name="name" label={t("u.name")} rules={[{ required: true }]}><Input disabled={!!old} maxLength={63} autoComplete="off" /></Form.Item>
          <Form.Item name="display" label={t("u.display")}><Input maxLength={100} /></Form.Item>
          <Form.Item name="role" label={t("u.role")}><Select options={roles(t)} /></Form.Item>
          <Form.Item name="path" label={t("u.path")}><Input placeholder={t("u.whole")} /></Form.Item>
          <Form.Item name="password" label={t("u.password")} rules={[{ min: 8 }]}><Input.Password autoComplete="new-password" /></Form.Item>
          {old && <Form.Item name="off" label={t("u.off")} valuePropName="checked"><Switch /></Form.Item>}
          <Button type="primary" htmlType="submit" loading={save.isPending}>{t("common:save")}</Button>
        </Form>
      </Modal>
    </div>
  );
}
