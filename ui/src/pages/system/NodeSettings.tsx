import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Drawer, Input, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { nodePlant, nodeSettings } from "../../api/queries";
import type { LinkedNode, NodeSetting } from "../../api/types";
import { dateTime, ofMicros } from "../../lib/time";

const colours: Record<NodeSetting["state"], string> = { queued: "processing", applied: "warning", confirmed: "default", refused: "error", rolled_back: "error", superseded: "default" };

/** The plant file of a node below: edit, send, and see what became of it. */
export function NodeSettings({ node, onClose }: { node: LinkedNode; onClose: () => void }) {
  const { t } = useTranslation("system");
  const { message } = App.useApp();
  const client = useQueryClient();
  const id = node.node.id;
  const current = useQuery(nodePlant(id));
  const sent = useQuery(nodeSettings(id));
  const [text, setText] = useState<string>();
  const send = useMutation({
    mutationFn: (yaml: string) => api.postText(`/links/nodes/${id}/settings`, yaml),
    onSuccess: () => client.invalidateQueries({ queryKey: ["node-settings", id] }),
    onError: (err) => { message.error(err.message); },
  });
  const shown = text ?? current.data ?? "";
  return (
    <Drawer open title={`${t("l.settings")} · ${node.node.name}`} width="min(960px, 100vw)" onClose={onClose}
      extra={<Button type="primary" disabled={text === undefined || text === current.data} loading={send.isPending} onClick={() => text !== undefined && send.mutate(text)}>{t("l.send")}</Button>}>
      <div className="stack">
        <Alert type="info" showIcon message={t("l.how")} />
        {current.error && <Alert type="warning" showIcon message={current.error.message} />}
        <Input.TextArea className="mono" aria-label={t("l.settings")} value={shown} rows={18} spellCheck={false} onChange={(e) => setText(e.target.value)} />
        <Table<NodeSetting> size="small" rowKey="number" loading={sent.isPending} dataSource={sent.data ?? []} pagination={{ pageSize: 10, hideOnSinglePage: true }}
          columns={[
            { title: "#", dataIndex: "number" },
            { title: t("audit:at"), key: "at", render: (_, v) => dateTime(ofMicros(v.made)) },
            { title: t("audit:who"), dataIndex: "by" },
            { title: t("l.state"), key: "state", render: (_, v) => <Tag color={colours[v.state]}>{t(`l.v.${v.state}`)}</Tag> },
            { title: t("detail"), dataIndex: "detail" },
          ]} />
      </div>
    </Drawer>
  );
}
