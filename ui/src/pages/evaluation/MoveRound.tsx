import { Form, Input, Modal } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { ifMatch, type Round } from "../../api/evaluation";
import { day, day8 } from "../../lib/time";
import { useRoundChange } from "./RoundView";

const notice = 7; // days that the form proposes

/** Public notice, settling and cancelling, each asked once more. */
export function MoveRound({ round, to, close }: { round: Round; to: "public" | "final" | "cancelled"; close: () => void }) {
  const { t } = useTranslation("evaluation");
  const [f] = Form.useForm<{ from: string; to: string; note?: string }>();
  const change = useRoundChange(close);
  const today = Date.now();
  const rule = { pattern: /^\d{4}-\d{2}-\d{2}$/, required: true, message: t("day.bad") };
  return (
    <Modal open title={t(`move.${to}`)} okText={t(`move.${to}`)} cancelText={t("common:cancel")} onCancel={close} onOk={() => f.submit()} confirmLoading={change.isPending}>
      <p>{t(`move.${to}.hint`)}</p>
      <Form form={f} layout="vertical" initialValues={{ from: day8(today), to: day8(today + notice * day) }}
        onFinish={(v) => change.mutate(() => api.post<Round>(`/evaluations/${round.id}/state`, { state: to, ...(to === "public" ? { from: v.from, to: v.to } : {}), note: v.note }, {}, ifMatch(round.rev)))}>
        {to === "public" && <Form.Item name="from" label={t("notice.from")} rules={[rule]}><Input style={{ width: 140 }} /></Form.Item>}
        {to === "public" && <Form.Item name="to" label={t("notice.to")} rules={[rule]}><Input style={{ width: 140 }} /></Form.Item>}
        <Form.Item name="note" label={t("note")} rules={to === "cancelled" ? [{ required: true, whitespace: true, message: t("note.needed") }] : []}><Input.TextArea rows={2} maxLength={1300} /></Form.Item>
      </Form>
    </Modal>
  );
}
