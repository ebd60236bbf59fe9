import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Modal, Popconfirm, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { tokens } from "../../api/queries";
import type { Token } from "../../api/types";
import { dateTime } from "../../lib/time";
import { edit, type Edited, GrantList, GrantsField, written } from "./Grants";

interface NewToken { name: string; grants?: Edited[] }

export function Tokens() {
  const { t } = useTranslation("system");
  const { t: a } = useTranslation("access");
  const { message } = App.useApp();
  const client = useQueryClient();
  const { data, isPending } = useQuery(tokens);
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string>();
  const renew = () => client.invalidateQueries({ queryKey: ["tokens"] });
  const add = useMutation({
    mutationFn: (n: NewToken) => api.post<Token & { secret: string }>("/tokens", { name: n.name, grants: written(n.grants ?? []) }),
    onSuccess: (made) => { setSecret(made.secret); setAdding(false); return renew(); },
    onError: (err) => { message.error(err.message); },
  });
  const revoke = useMutation({ mutationFn: (id: string) => api.del(`/tokens/${id}`), onSuccess: renew, onError: (err) => { message.error(err.message); } });
  return (
    <div className="stack">
      <div><Button type="primary" onClick={() => setAdding(true)}>{t("t.add")}</Button></div>
      {secret && <Alert type="warning" showIcon closable onClose={() => setSecret(undefined)} message={t("t.secret")} description={<span className="mono">{secret}</span>} />}
      <Table<Token> size="small" rowKey="id" loading={isPending} dataSource={data ?? []} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: 600 }}
        columns={[
          { title: t("t.name"), dataIndex: "name" },
          { title: a("grants"), key: "grants", render: (_, x) => <GrantList grants={x.grants} /> },
          { title: t("t.created"), key: "created", render: (_, x) => dateTime(x.created) },
          { title: "", key: "revoke", render: (_, x) => (x.revoked ? <span className="dim">{t("t.revoked")}</span>
            : <Popconfirm title={t("t.confirm")} onConfirm={() => revoke.mutate(x.id)}><Button size="small">{t("t.revoke")}</Button></Popconfirm>) },
        ]} />
      <Modal open={adding} title={t("t.add")} onCancel={() => setAdding(false)} footer={null} width={720} destroyOnHidden>
        <Form<NewToken> layout="vertical" initialValues={{ grants: edit([{ role: "viewer" }]) }} onFinish={(n) => add.mutate(n)}>
          <Form.Item name="name" label={t("t.name")} rules={[{ required: true }]}><Input maxLength={100} /></Form.Item>
          <GrantsField />
          <Button type="primary" htmlType="submit" loading={add.isPending}>{t("common:save")}</Button>
        </Form>
      </Modal>
    </div>
  );
}
