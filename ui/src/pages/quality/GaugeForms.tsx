import { Button, Drawer, Form, Input, InputNumber, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { Adjustment } from "../../api/gauges";
import type { Gauge } from "../../api/quality";
import { newKey } from "../../lib/key";
import { useStep } from "./parts";

/** What the gauge said of its master. */
export function CheckForm({ gauge, close }: { gauge: Gauge; close: () => void }) {
  const { t } = useTranslation("gauges");
  const [key] = useState(newKey);
  const [form] = Form.useForm<{ readings: number[]; note?: string }>();
  const save = useStep((v: { readings: (number | null | undefined)[]; note?: string }) => api.post(`/gauges/${gauge.id}/checks`, { readings: v.readings.filter((x) => typeof x === "number"), note: v.note, key }), close);
  return (
    <Drawer open onClose={close} size={420} title={`${t("check")} ${gauge.number}`} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("common:save")}</Button>}>
      <p>{t("check.hint", { master: gauge.master ?? "", reference: gauge.reference, unit: gauge.unit ?? "" })}</p>
      <Form form={form} layout="vertical" onFinish={(v) => save.mutate(v)}>
        {[0, 1, 2].map((i) => <Form.Item key={i} name={["readings", i]} label={t("reading", { n: i + 1 })} {...(i === 0 ? { rules: [{ required: true, message: t("needed") }] } : {})}><InputNumber autoFocus={i === 0} style={{ width: 180 }} inputMode="decimal" /></Form.Item>)}
        <Form.Item name="note" label={t("note")}><Input maxLength={1000} /></Form.Item>
      </Form>
    </Drawer>
  );
}

/** What was done so that the gauge is right again. */
export function AdjustForm({ gauge, close }: { gauge: Gauge; close: () => void }) {
  const { t } = useTranslation("gauges");
  const [key] = useState(newKey);
  const [form] = Form.useForm<Adjustment>();
  const save = useStep((v: Adjustment) => api.post(`/gauges/${gauge.id}/adjustments`, { ...v, key }), close);
  const needed = [{ required: true, message: t("needed") }];
  return (
    <Drawer open onClose={close} size={420} title={`${t("adjust")} ${gauge.number}`} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("common:save")}</Button>}>
      <p className="dim">{t("adjust.hint")}</p>
      <Form<Adjustment> form={form} layout="vertical" initialValues={{ what: "adjusted" }} onFinish={(v) => save.mutate(v)}>
        <Form.Item name="what" label={t("what")}><Select aria-label={t("what")} options={(["adjusted", "calibrated", "repaired"] as const).map((w) => ({ value: w, label: t(`what.${w}`) }))} /></Form.Item>
        <Form.Item name="text" label={t("text")} rules={needed}><Input.TextArea maxLength={1000} autoSize={{ minRows: 2 }} /></Form.Item>
        <Form.Item name="certificate" label={t("certificate")}><Input maxLength={120} /></Form.Item>
      </Form>
    </Drawer>
  );
}
