import { useQuery } from "@tanstack/react-query";
import { Button, Form, Input, Modal, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { allowPublisher, type Publisher, publishers, revokePublisher } from "../../api/components";
import { Nothing, Problem } from "../../components/Status";
import { dateTime } from "../../lib/time";
import { useChange } from "../production/parts";
import { useMay } from "./parts";

/** Whose signatures are believed: an administrator allows keys and revokes them. */
export function Publishers() {
  const { t } = useTranslation("components");
  const { administers } = useMay();
  const query = useQuery(publishers);
  const [adding, setAdding] = useState(false);
  const [revoking, setRevoking] = useState<Publisher>();
  const [note, setNote] = useState("");
  const [form] = Form.useForm<{ name: string; key: string }>();
  const allow = useChange(allowPublisher, () => setAdding(false));
  const revoke = useChange((p: Publisher) => revokePublisher(p.id ?? "", note.trim()), () => setRevoking(undefined));
  const needed = [{ required: true, message: t("needed") }];
  return (
    <div className="stack">
      <div className="row"><span className="dim">{t("publishers.lead")}</span><span className="fill" />{administers && <Button type="primary" onClick={() => { form.resetFields(); setAdding(true); }}>{t("publisher.add")}</Button>}</div>
      {query.error && <Problem error={query.error} retry={() => void query.refetch()} />}
      <Table<Publisher> size="small" rowKey={(p) => p.id ?? ""} loading={query.isLoading} dataSource={query.data ?? []} pagination={false} scroll={{ x: 700 }} locale={{ emptyText: <Nothing text={t("publishers.none")} /> }}
        columns={[
          { title: t("publisher.name"), dataIndex: "name", sorter: (a, b) => a.name.localeCompare(b.name) },
          { title: t("publisher.key"), key: "key", render: (_, p) => <code style={{ overflowWrap: "anywhere" }}>{p.key}</code> },
          { title: t("state"), key: "state", width: 260, render: (_, p) => (p.revoked ? <><Tag color="error" variant="outlined">{t("publisher.revoked")}</Tag>{p.revoked.by} <span className="dim num">{dateTime(p.revoked.at)}</span><div>{p.revoked.note}</div></> : <><Tag color="success" variant="outlined">{t("publisher.allowed")}</Tag>{p.allowed?.by} <span className="dim num">{p.allowed && dateTime(p.allowed.at)}</span></>) },
          ...(administers ? [{ title: "", key: "revoke", width: 90, render: (_: unknown, p: Publisher) => !p.revoked && <Button size="small" aria-label={`${t("publisher.revoke")} ${p.name}`} onClick={() => { setNote(""); setRevoking(p); }}>{t("publisher.revoke")}</Button> }] : []),
        ]} />
      <Modal open={adding} title={t("publisher.add")} okText={t("publisher.add")} cancelText={t("common:cancel")} okButtonProps={{ loading: allow.isPending }} onOk={form.submit} onCancel={() => setAdding(false)}>
        <Form form={form} layout="vertical" onFinish={(v) => allow.mutate(v)}>
          <Form.Item name="name" label={t("publisher.name")} rules={needed}><Input maxLength={100} /></Form.Item>
          <Form.Item name="key" label={t("publisher.key")} extra={t("publisher.key.help")} rules={needed}><Input.TextArea autoSize={{ minRows: 3 }} maxLength={400} spellCheck={false} /></Form.Item>
        </Form>
      </Modal>
      <Modal open={revoking !== undefined} title={`${t("publisher.revoke")}: ${revoking?.name ?? ""}`} okText={t("sure")} cancelText={t("common:cancel")} okButtonProps={{ danger: true, disabled: !note.trim(), loading: revoke.isPending }} onOk={() => revoking && revoke.mutate(revoking)} onCancel={() => setRevoking(undefined)}>
        <p>{t("publisher.sure")}</p>
        <Input.TextArea aria-label={t("note.why")} placeholder={t("note.why")} maxLength={1000} value={note} onChange={(e) => setNote(e.target.value)} />
      </Modal>
    </div>
  );
}
