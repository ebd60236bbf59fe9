import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Empty, Input, Popconfirm, Tree } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ApiError } from "../../api/client";
import { nodes } from "../../api/queries";
import type { PlantNode } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { bodyOf, formOf, levels, type NodeForm, treeOf } from "./node";
import { NodeEditor } from "./NodeEditor";

interface Editing { old?: PlantNode; form: NodeForm; key: string }

export function Nodes() {
  const { t } = useTranslation("plant");
  const { name } = useLang();
  const { message } = App.useApp();
  const client = useQueryClient();
  const { data, error, isPending } = useQuery(nodes);
  const [editing, setEditing] = useState<Editing>();
  const [text, setText] = useState("");
  const rows = useMemo(() => {
    const q = text.toLowerCase();
    const hit = (data ?? []).filter((n) => `${n.path} ${name(n.name)}`.toLowerCase().includes(q));
    return q ? (data ?? []).filter((n) => hit.some((h) => h.path === n.path || h.path.startsWith(`${n.path}/`))) : (data ?? []);
  }, [data, text, name]);
  const tree = useMemo(() => treeOf(rows, (n) => `${name(n.name)}`), [rows, name]);
  const choose = (id: string) => {
    const old = data?.find((n) => n.id === id);
    if (old) setEditing({ old, form: formOf(old), key: `${id}/${old.rev}` });
  };
  const failed = async (err: Error) => {
    if (err instanceof ApiError && err.code === "conflict") {
      await client.invalidateQueries({ queryKey: ["nodes"] });
      setEditing(undefined);
      message.warning(t("conflict"));
      return;
    }
    message.error(err.message);
  };
  const done = async () => {
    message.success(t("common:saved"));
    setEditing(undefined);
    await client.invalidateQueries({ queryKey: ["nodes"] });
  };
  const save = useMutation({
    mutationFn: (f: NodeForm) => (editing?.old ? api.put(`/nodes/${editing.old.id}`, bodyOf(f, editing.old), editing.old.rev) : api.post("/nodes", bodyOf(f))),
    onSuccess: done, onError: failed,
  });
  const retire = useMutation({ mutationFn: (n: PlantNode) => api.del(`/nodes/${n.id}`, n.rev), onSuccess: done, onError: failed });
  const addBelow = (n?: PlantNode) => {
    const next = levels[Math.min(levels.length - 1, n ? levels.indexOf(n.level) + 1 : 0)] ?? "equipment";
    setEditing({ form: { path: n ? `${n.path}/` : "", level: next, zh: "" }, key: `new ${n?.id}` });
  };
  if (error) return <Alert type="error" showIcon message={error.message} />;
  const old = editing?.old;
  return (
    <div style={{ display: "grid", gridTemplateColumns: "minmax(240px, 1fr) 2fr", gap: 12 }}>
      <section className="panel" aria-label={t("tab.nodes")}>
        <div className="stack">
          <Input.Search allowClear placeholder={t("common:search")} aria-label={t("common:search")} onChange={(e) => setText(e.target.value)} />
          <Button onClick={() => addBelow()}>{t("add.root")}</Button>
          {!isPending && <Tree treeData={tree} height={560} defaultExpandAll selectedKeys={old ? [old.id] : []} onSelect={(keys) => choose(String(keys[0] ?? ""))} />}
        </div>
      </section>
      <section className="panel">
        {!editing && <Empty description={t("select")} />}
        {editing && (
          <div className="stack">
            {old && (
              <div className="row">
                <Button onClick={() => addBelow(old)} disabled={old.level === "equipment"}>{t("add.child")}</Button>
                <Popconfirm title={t("retire.confirm")} onConfirm={() => retire.mutate(old)}><Button danger>{t("retire")}</Button></Popconfirm>
                <span className="dim mono">rev {old.rev}</span>
              </div>
            )}
            <NodeEditor key={editing.key} form={editing.form} saving={save.isPending} save={(f) => save.mutate(f)} />
          </div>
        )}
      </section>
    </div>
  );
}
