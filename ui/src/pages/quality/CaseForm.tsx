import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Drawer, Form, Input, InputNumber, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { Defect } from "../../api/marks";
import type { Case, Characteristic } from "../../api/quality";
import { products } from "../../api/queries";
import { useLang } from "../../i18n/useLang";
import { PlacePicker, useQualitySearch, useStep, useTitle } from "./parts";
import { MarkFlaws } from "./PicturePad";

/** Says what does not conform: of a point of a chart, or of anything. */
export function CaseForm({ characteristic, subgroup, order, close }: { characteristic?: Characteristic | undefined; subgroup?: string | undefined; order?: string | undefined; close: () => void }) {
  const { t } = useTranslation("quality");
  const title = useTitle();
  const [, set] = useQualitySearch();
  const [form] = Form.useForm<Case>();
  const save = useStep((v: Case) => api.post<Case>("/nonconformances", { ...v, characteristic: characteristic?.id, subgroup, defects: marked.length > 0 ? marked : undefined }), (c) => { close(); set({ tab: "cases", case: c.id }); });
  const { name } = useLang();
  const [marked, setMarked] = useState<Defect[]>([]);
  const [need, setNeed] = useState(false);
  const goods = useQuery(products).data ?? [];
  const item = Form.useWatch("item", form) as string | undefined;
  const product = characteristic?.item ?? item;
  const send = (v: Case) => {
    const open = marked.some((d) => !d.code);
    setNeed(open);
    if (!open) save.mutate(v);
  };
  const needed = [{ required: true, message: t("needed") }];
  return (
    <Drawer open onClose={close} size={480} title={t("cases.add")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("common:save")}</Button>}>
      {characteristic && <p><b>{title(characteristic)}</b></p>}
      <Form<Case> name="nonconformance" form={form} layout="vertical" initialValues={{ severity: "minor", order }} onFinish={send}>
        {!characteristic && <Form.Item name="place" label={t("place")} rules={needed}><PlacePicker /></Form.Item>}
        <Form.Item name="text" label={t("case.text")} rules={needed}><Input.TextArea maxLength={4000} autoSize={{ minRows: 3 }} /></Form.Item>
        <Form.Item name="severity" label={t("case.severity")} rules={needed}><Select aria-label={t("case.severity")} options={(["minor", "major", "critical"] as const).map((s) => ({ value: s, label: t(`severity.${s}`) }))} /></Form.Item>
        {!characteristic?.item && <Form.Item name="item" label={t("item")}><Select allowClear showSearch={{ optionFilterProp: "label" }} aria-label={t("item")} onChange={() => setMarked([])} options={goods.map((p) => ({ value: p.code, label: `${p.code} ${name(p.name)}` }))} /></Form.Item>}
        <Form.Item name="quantity" label={t("quantity")}><InputNumber min={0} style={{ width: 160 }} /></Form.Item>
        <Form.Item name="order" label={t("order")}><Input maxLength={40} /></Form.Item>
        <Form.Item name="lot" label={t("lot")}><Input maxLength={60} /></Form.Item>
        <MarkFlaws product={product} operation={characteristic?.operation} value={marked} onChange={setMarked} />
        {need && <Alert type="warning" showIcon title={t("flaws:mark.need")} />}
      </Form>
    </Drawer>
  );
}
