import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Form, Input, Modal } from "antd";
import { useTranslation } from "react-i18next";
import { stepReport, type StepKind } from "../../api/reporting";

const free: StepKind[] = ["submit", "approve"]; // say enough without words

/** One step with its words; after it everything about reports is asked anew. */
export function StepDialog({ of, what, close }: { of: { id: string; rev: number; name: string; period: string }; what: StepKind; close: () => void }) {
  const { t } = useTranslation("reports");
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<{ words?: string }>();
  const again = () => Promise.all(["report", "reports", "report-dues", "report-scores", "report-comparison"].map((key) => client.invalidateQueries({ queryKey: [key] })));
  const step = useMutation({
    mutationFn: (words: string) => stepReport(of, what, words),
    onSuccess: async () => { message.success(t("done", { step: t(`step.${what}`) })); close(); await again(); },
    onError: async (err) => { message.error(err.message, 10); await again(); },
  });
  return (
    <Modal open title={`${t(`step.${what}`)} · ${of.name} ${of.period}`} onCancel={close} okText={t(`step.${what}`)} confirmLoading={step.isPending} onOk={() => form.submit()}>
      <Form form={form} layout="vertical" onFinish={(v) => step.mutate(v.words ?? "")}>
        <Form.Item name="words" label={t(`words.${what}`)} rules={[{ required: !free.includes(what), whitespace: true, message: t("words.needed") }]}>
          <Input.TextArea rows={4} maxLength={2000} showCount autoFocus />
        </Form.Item>
      </Form>
    </Modal>
  );
}
