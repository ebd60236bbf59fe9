import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Modal, Popconfirm, Select, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { tokens } from "../../api/queries";
import type { Role, Token } from "../../api/types";
import { dateTime } from "../../lib/time";
import { roles } from "./roles";

interface NewToken { name: string; role: Role; path?: string }

export function Tokens() {
  const { t } = useTranslation("system");
  const { message } = App.useApp();
  const client = useQueryClient();
  const { data, isPending } = useQuery(tokens);
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string>();
  const renew = () => client.invalidateQueries({ queryKey: ["tokens"] });
  const add = useMutation({
    mutationFn: (n: NewToken) => api.post<Token & { secret: string }>("/tokens", n),
    onSuccess: (made) => { setSecret(made.secret); setAdding(false); return renew(); },
    onError: (err) => message.error(err.message),
  });
  const revoke = useMutation({ mutationFn: (id: string) => api.del(`/tokens/${id}`), onSuccess: renew, onError: (err) => message.error(err.message) });
  return (
    <div className="stack">
      <div><Button type="primary" onClick={() => setAdding(true)}>{t("t.add")}</Button></div>
      {secret && <Alert type="warning" showIcon closable onClose={() => setSecret(undefined)} message={t("t.secret")} description={<span className="mono">{secret}</span>} />}
      <Table<Token> size="small" rowKey="id" loading={isPending} dataSource={data ?? []} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: 600 }}
        columns={[
          { title: t("t.name"), dataIndex: "name" },
          { title: t("u.role"), key: "role", render: (_, x) => t(`common:role.${x.role}`) },
          { title: t("u.path"), key: "path", render: (_, x) => x.path || t("u.whole") },
          { title: t("t.created"), key: "created", render: (_, x) => dateTime(x.created) },
          { title: "", key: "revoke", render: (_, x) => (x.revoked ? <span className="dim">{t("t.revoked")}</span>
            : <Popconfirm title={t("t.confirm")} onConfirm={() => revoke.mutate(x.id)}><Button size="small">{t("t.revoke")}</Button></Popconfirm>) },
        ]} />
      <Modal open={adding} title={t("t.add")} onCancel={() => setAdding(false)} footer={null} destroyOnHidden>
        <Form<NewToken> layout="vertical" initialValues={{ role: "viewer" }} onFinish={(n) => add.mutate(n)}>
          <Form.Item name="name" label={t("t.name")} rules={[{ required: true }]}><Input maxLength={100} /></Form.Item>
          <Form.Item name="role" label={t("u.role")}><Select options={roles(t)} /></Form.Item>
          <Form.Item name="path" label={t("u.path")}><Input placeholder={t("u.whole")} /></Form.Item>
          <Button type="primary" htmlType="submit" loading={add.isPending}>{t("common:save")}</Button>
        </Form>
      </Modal>
    </div>
  );
}
