import { useQueryClient } from "@tanstack/react-query";
import { Alert, DatePicker, Form, Input, Modal } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { EvidenceRequest } from "../../api/types";
import { fromWall, pickerDate } from "../../lib/time";

export type Verb = "grant" | "refuse" | "withdraw";

const stateOf = { grant: "granted", refuse: "refused", withdraw: "withdrawn" } as const;

/** A grant has an end, a refusal and a withdrawal a reason. */
export function Decide({ of, verb, machine, close }: { of: EvidenceRequest; verb: Verb; machine: string; close: () => void }) {
  const { t } = useTranslation("requests");
  const client = useQueryClient();
  const [form] = Form.useForm<{ until?: Dayjs; reason?: string }>();
  const [failed, setFailed] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const send = async ({ until, reason }: { until?: Dayjs; reason?: string }) => {
    setBusy(true);
    setFailed(undefined);
    try {
      const at = until && new Date(fromWall(until.year(), until.month(), until.date(), until.hour(), until.minute(), until.second())).toISOString();
      await api.post(`/evidence-requests/${of.id}/decision`, { state: stateOf[verb], ...(reason ? { reason } : {}), ...(at ? { until: at } : {}) });
      await client.invalidateQueries({ queryKey: ["received-requests"] });
      close();
    } catch (err) {
      setFailed(err as Error);
      setBusy(false);
    }
  };
  return (
    <Modal open title={t(`${verb}.title`)} onCancel={close} onOk={() => form.submit()} okText={t("confirm")} cancelText={t("cancel")} confirmLoading={busy}>
      <p><strong>{of.person}</strong>（{of.office}）：{of.purpose}<br /><span className="dim">{machine} · {of.tags.join("、")} · {of.from} – {of.to}</span></p>
      <Form form={form} layout="vertical" onFinish={(v) => void send(v)} initialValues={{ until: dayjs(pickerDate(Date.now() + 7 * 86400_000)) }}>
        {verb === "grant" && (
          <Form.Item name="until" label={t("until.label")} rules={[{ required: true }, { validator: (_, v?: Dayjs) => (v && v.isAfter(dayjs(pickerDate(Date.now()))) && v.isBefore(dayjs(pickerDate(Date.now())).add(365, "day")) ? Promise.resolve() : Promise.reject(new Error(t("until.wrong")))) }]}>
            <DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" allowClear={false} style={{ width: "100%" }} />
          </Form.Item>
        )}
        <Form.Item name="reason" label={t("reason")} extra={t("reason.hint")} rules={[{ required: verb !== "grant", whitespace: true }]}><Input.TextArea maxLength={300} autoSize={{ minRows: 2, maxRows: 5 }} /></Form.Item>
      </Form>
      {failed && <Alert type="error" showIcon title={failed.message} />}
    </Modal>
  );
}
