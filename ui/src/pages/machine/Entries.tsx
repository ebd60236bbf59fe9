import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Form, Input, InputNumber, Modal, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { session } from "../../api/queries";
import type { Machine } from "../../api/types";
import { Problem } from "../../components/Status";
import { hour, iso } from "../../lib/time";

interface CountForm { good?: number; scrap?: number; rework?: number; note: string }
interface StateForm { code: string; mode: string; hours: number; note: string }

/** What a person may add to a machine's record. */
export function Entries({ machine }: { machine: Machine }) {
  const { t } = useTranslation("machine");
  const { data: me } = useQuery(session);
  const [open, setOpen] = useState<"count" | "state" | null>(null);
  if (!me?.permissions.includes("report")) return null;
  return (
    <span className="row">
      <Button size="small" onClick={() => setOpen("count")}>{t("count.add")}</Button>
      <Button size="small" onClick={() => setOpen("state")}>{t("state.set")}</Button>
      {open === "count" && <CountModal machine={machine} close={() => setOpen(null)} />}
      {open === "state" && <StateModal machine={machine} close={() => setOpen(null)} />}
    </span>
  );
}

function useEntry<F>(path: string, body: (f: F) => unknown, close: () => void) {
  const client = useQueryClient();
  const { message } = App.useApp();
  const { t } = useTranslation();
  return useMutation({
    mutationFn: (f: F) => api.post(path, body(f)),
    onSuccess: async () => {
      void message.success(t("saved"));
      close();
      await client.invalidateQueries();
    },
  });
}

function CountModal({ machine, close }: { machine: Machine; close: () => void }) {
  const { t } = useTranslation("machine");
  const [form] = Form.useForm<CountForm>();
  const save = useEntry<CountForm>(`/equipment/${machine.id}/counts`, (f) => ({ ...f, product: machine.product ?? "" }), close);
  return (
    <Modal open title={t("count.add")} onCancel={close} onOk={() => form.submit()} confirmLoading={save.isPending} okText={t("common:save")} cancelText={t("common:cancel")}>
      <p className="dim">{t("count.hint")}</p>
      {save.error && <Problem error={save.error} />}
      <Form form={form} layout="vertical" onFinish={(f) => save.mutate(f)}>
        <div className="row">{(["good", "scrap", "rework"] as const).map((k) => <Form.Item key={k} name={k} label={t(`count.${k}`)}><InputNumber precision={0} /></Form.Item>)}</div>
        <Form.Item name="note" label={t("note")} rules={[{ required: true, message: t("note.missing") }]}><Input maxLength={500} /></Form.Item>
      </Form>
    </Modal>
  );
}

function StateModal({ machine, close }: { machine: Machine; close: () => void }) {
  const { t } = useTranslation("machine");
  const [form] = Form.useForm<StateForm>();
  const save = useEntry<StateForm>(`/equipment/${machine.id}/state`, ({ hours, ...f }) => ({ ...f, until: iso(Date.now() + hours * hour) }), close);
  const codes = ["EXECUTING", "NOT_EXECUTING", "OUT_OF_SERVICE", "NOT_AVAILABLE"] as const;
  const modes = ["PROCESSING", "SETUP", "MAINTENANCE", "NONE"] as const;
  return (
    <Modal open title={t("state.set")} onCancel={close} onOk={() => form.submit()} confirmLoading={save.isPending} okText={t("common:save")} cancelText={t("common:cancel")}>
      <p className="dim">{t("state.hint")}</p>
      {save.error && <Problem error={save.error} />}
      <Form form={form} layout="vertical" onFinish={(f) => save.mutate(f)} initialValues={{ code: "EXECUTING", mode: "PROCESSING", hours: 8 }}>
        <Form.Item name="code" label={t("code")}><Select options={codes.map((c) => ({ value: c, label: t(`common:state.${c}`) }))} /></Form.Item>
        <Form.Item name="mode" label={t("mode")}><Select options={modes.map((m) => ({ value: m, label: t(`common:mode.${m}`) }))} /></Form.Item>
        <Form.Item name="hours" label={t("state.until")}><Select options={[1, 4, 8, 12].map((h) => ({ value: h, label: t("hours", { count: h }) }))} /></Form.Item>
        <Form.Item name="note" label={t("note")} rules={[{ required: true, message: t("note.missing") }]}><Input maxLength={500} /></Form.Item>
      </Form>
    </Modal>
  );
}
