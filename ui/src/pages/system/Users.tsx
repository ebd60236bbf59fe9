import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Form, Input, Modal, Switch, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { users } from "../../api/queries";
import type { User } from "../../api/types";
import { UserSessions } from "../account/Sessions";
import { edit, type Edited, GrantList, GrantsField, written } from "./Grants";

interface Entered { name: string; display?: string; organisation?: string; grants?: Edited[]; password?: string; off?: boolean }

export function Users() {
  const { t } = useTranslation("system");
  const { t: a } = useTranslation("access");
  const { message } = App.useApp();
  const client = useQueryClient();
  const { data, isPending } = useQuery(users);
  const [watched, setWatched] = useState<User>();
  const [edited, setEdited] = useState<User | "new">();
  const save = useMutation({
    mutationFn: (e: Entered) => {
      if (edited === "new" || !edited) return api.post("/users", { name: e.name, display: e.display, organisation: e.organisation, grants: written(e.grants ?? []), password: e.password });
      return api.put(`/users/${edited.id}`, { display: e.display, organisation: e.organisation ?? "", grants: written(e.grants ?? []), off: e.off ?? false, password: e.password || undefined, rev: edited.rev });
    },
    onSuccess: () => { setEdited(undefined); message.success(t("common:saved")); return client.invalidateQueries({ queryKey: ["users"] }); },
    onError: (err) => { message.error(err.message); },
  });
  const old = edited && edited !== "new" ? edited : undefined;
  return (
    <div className="stack">
      <div><Button type="primary" onClick={() => setEdited("new")}>{t("u.add")}</Button></div>
      <Table<User> size="small" rowKey="id" loading={isPending} dataSource={data ?? []} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: 600 }}
        columns={[
          { title: t("u.name"), key: "name", render: (_, u) => <button type="button" className="figbtn" onClick={() => setEdited(u)}>{u.name}</button> },
          { title: t("u.display"), key: "display", render: (_, u) => <>{u.display}{u.organisation && <div className="dim">{u.organisation}</div>}</> },
          { title: a("grants"), key: "grants", render: (_, u) => <GrantList grants={u.grants} /> },
          { title: t("u.off"), key: "off", render: (_, u) => (u.off ? t("common:yes") : t("common:no")) },
          { title: t("u.sessions"), key: "sessions", render: (_, u) => <Button size="small" aria-label={`${u.name} ${t("u.sessions")}`} onClick={() => setWatched(u)}>{t("u.sessions")}</Button> },
        ]} />
      <Modal open={!!watched} title={`${watched?.name ?? ""} ${t("u.sessions")}`} onCancel={() => setWatched(undefined)} footer={null} width={860} destroyOnHidden>
        {watched && <UserSessions user={watched} />}
      </Modal>
      <Modal open={!!edited} title={old ? t("u.edit") : t("u.add")} onCancel={() => setEdited(undefined)} footer={null} width={720} destroyOnHidden>
        <Form<Entered> layout="vertical" initialValues={old ? { ...old, grants: edit(old.grants) } : { grants: edit([{ role: "operator" }]) }} onFinish={(e) => save.mutate(e)}>
          <Form.Item name="name" label={t("u.name")} rules={[{ required: true }]}><Input disabled={!!old} maxLength={63} autoComplete="off" /></Form.Item>
          <Form.Item name="display" label={t("u.display")}><Input maxLength={100} /></Form.Item>
          <Form.Item name="organisation" label={t("u.organisation")} extra={t("u.organisation.hint")}><Input maxLength={100} /></Form.Item>
          <GrantsField />
          <Form.Item name="password" label={t("u.password")} rules={[{ min: 10 }]}><Input.Password autoComplete="new-password" /></Form.Item>
          {old && <Form.Item name="off" label={t("u.off")} valuePropName="checked"><Switch /></Form.Item>}
          <Button type="primary" htmlType="submit" loading={save.isPending}>{t("common:save")}</Button>
        </Form>
      </Modal>
    </div>
  );
}
