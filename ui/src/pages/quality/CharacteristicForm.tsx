import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Drawer, Form, Input, InputNumber, Select } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Characteristic, gauges, rules } from "../../api/quality";
import { useLang } from "../../i18n/useLang";
import { PlacePicker, useStep } from "./parts";

const charts = { variable: ["imr", "xbar-r", "xbar-s"], attribute: ["p", "np", "c", "u"] } as const;
const levels = ["S-1", "S-2", "S-3", "S-4", "I", "II", "III"] as const;

/** A characteristic as it is planned. */
export function CharacteristicForm({ of, close }: { of: Characteristic | undefined; close: () => void }) {
  const { t } = useTranslation("quality");
  const { name } = useLang();
  const [form] = Form.useForm<Characteristic>();
  const attribute = Form.useWatch("attribute", form) ?? of?.attribute ?? false;
  const save = useStep((v: Characteristic) => api.post("/characteristics", { ...v, name: v.name, id: of?.id, rev: of?.rev ?? 0, revision: of?.revision, from: of?.from, rules: v.rules ?? [] }), close);
  const all = useQuery(gauges()).data ?? [];
  const needed = [{ required: true, message: t("needed") }];
  const number = (n: "lsl" | "usl" | "target") => <Form.Item name={n} label={t(n)}><InputNumber style={{ width: 140 }} /></Form.Item>;
  return (
    <Drawer open onClose={close} size={640} title={t(of ? "plans.edit" : "plans.add")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("common:save")}</Button>}>
      <Form<Characteristic> form={form} layout="vertical" initialValues={of ?? { stage: "in_process", size: 1, chart: "imr", rules: ["n1", "n2"], decimals: 3 }} onFinish={(v) => save.mutate(v)}>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name="code" label={t("code")} rules={needed}><Input maxLength={40} style={{ width: 120 }} /></Form.Item>
          <Form.Item name={["name", "zh"]} label={t("name.zh")} rules={needed}><Input maxLength={100} /></Form.Item>
          <Form.Item name={["name", "en"]} label={t("name.en")}><Input maxLength={100} /></Form.Item>
        </div>
        <Form.Item name="place" label={t("place")} rules={needed}><PlacePicker /></Form.Item>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name="item" label={t("item")}><Input maxLength={40} /></Form.Item><Form.Item name="operation" label={t("operation")}><InputNumber min={0} max={9999} precision={0} /></Form.Item>
          <Form.Item name="stage" label={t("stage")} rules={needed}><Select aria-label={t("stage")} style={{ width: 110 }} options={(["incoming", "in_process", "final", "outgoing"] as const).map((s) => ({ value: s, label: t(`stage.${s}`) }))} /></Form.Item>
          <Form.Item name="every" label={t("every")}><Input maxLength={60} /></Form.Item>
        </div>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name="every_minutes" label={t("every.minutes")}><InputNumber min={0} max={100000} precision={0} style={{ width: 120 }} /></Form.Item><Form.Item name="every_parts" label={t("every.parts")}><InputNumber min={0} max={1000000} precision={0} style={{ width: 120 }} /></Form.Item>
          <Form.Item name="first_piece" label=" " valuePropName="checked"><Checkbox>{t("first.piece")}</Checkbox></Form.Item>
        </div>
        <div className="row"><Form.Item name="attribute" valuePropName="checked"><Checkbox disabled={of !== undefined} onChange={(e) => form.setFieldsValue(e.target.checked ? { chart: "p", lsl: undefined, usl: undefined, target: undefined, tag: undefined } as unknown as Characteristic : { chart: "imr" } as unknown as Characteristic)}>{t("attribute")}</Checkbox></Form.Item>
          <Form.Item name="special" valuePropName="checked"><Checkbox>{t("special")}</Checkbox></Form.Item><Form.Item name="hold" valuePropName="checked"><Checkbox>{t("hold")}</Checkbox></Form.Item></div>
        {!attribute && <div className="row" style={{ alignItems: "flex-start" }}>{number("lsl")}{number("target")}{number("usl")}
          <Form.Item name="unit" label={t("unit")}><Input maxLength={20} style={{ width: 80 }} /></Form.Item><Form.Item name="decimals" label={t("decimals")}><InputNumber min={0} max={9} precision={0} style={{ width: 80 }} /></Form.Item></div>}
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name="chart" label={t("chart")} rules={needed}><Select aria-label={t("chart")} style={{ width: 220 }} options={charts[attribute ? "attribute" : "variable"].map((k) => ({ value: k, label: t(`chart.${k}`) }))} /></Form.Item>
          <Form.Item name="size" label={t("size")} rules={needed}><InputNumber min={1} max={1000} precision={0} disabled={of !== undefined} /></Form.Item>
        </div>
        <Form.Item name="rules" label={t("rules")}><Select mode="multiple" aria-label={t("rules")} options={rules.map((r) => ({ value: r, label: t(`rule.${r}`) }))} /></Form.Item>
        {attribute && <div className="row" style={{ alignItems: "flex-start" }}><Form.Item name="level" label={t("level")}><Select allowClear aria-label={t("level")} style={{ width: 120 }} options={levels.map((l) => ({ value: l, label: l }))} /></Form.Item><Form.Item name="aql" label={t("aql")}><InputNumber min={0.01} max={1000} /></Form.Item></div>}
        <Form.Item name="gauge" label={t("gauge")}><Select allowClear aria-label={t("gauge")} options={all.map((g) => ({ value: g.id ?? "", label: `${g.number} ${name(g.name)}` }))} /></Form.Item>
        {!attribute && <><Form.Item name="tag" label={t("tag")} extra={t("tag.hint")}><Input maxLength={200} placeholder="part.diameter" /></Form.Item><Form.Item name="trigger" label={t("trigger")} extra={t("trigger.hint")}><Input maxLength={200} placeholder="count.good" /></Form.Item></>}
      </Form>
    </Drawer>
  );
}
