import { useQuery } from "@tanstack/react-query";
import { Button, Form, Input, InputNumber, Select } from "antd";
import { useTranslation } from "react-i18next";
import { machines } from "../../api/queries";
import { words } from "../../api/rules";
import { useLang } from "../../i18n/useLang";
import { unitText } from "../../lib/format";
import type { Fields } from "./ComponentForm";

/** Signals that the component is given. */
export function Inputs() {
  const { t } = useTranslation("components");
  const { name } = useLang();
  const form = Form.useFormInstance<Fields>();
  const rows = Form.useWatch("inputs", form) ?? [];
  const all = useQuery(machines()).data ?? [];
  const needed = [{ required: true, message: t("needed") }];
  return (
    <Form.List name="inputs">{(fields, { add, remove }) => (
      <div className="stack" style={{ gap: 6, marginBottom: 12 }} role="group" aria-label={t("inputs")}>
        {fields.map((f, i) => (
          <div key={f.key} className="row" style={{ alignItems: "flex-end" }}>
            <Form.Item name={[f.name, "name"]} label={`${t("input.name")} ${i + 1}`} rules={needed} style={{ margin: 0, width: 150 }}><Input maxLength={40} spellCheck={false} /></Form.Item>
            <Form.Item name={[f.name, "equipment"]} label={`${t("input.machine")} ${i + 1}`} rules={needed} style={{ margin: 0, width: 210 }}><Select showSearch={{ optionFilterProp: "label" }} onChange={() => form.setFieldValue(["inputs", f.name, "signal"], undefined)} options={all.map((m) => ({ value: m.id, label: name(m.name) }))} /></Form.Item>
            <SignalField at={[f.name, "signal"]} machine={rows[f.name]?.equipment} label={`${t("input.signal")} ${i + 1}`} chosen={(unit) => { if (!rows[f.name]?.unit) form.setFieldValue(["inputs", f.name, "unit"], unit); }} />
            <Form.Item name={[f.name, "unit"]} label={`${t("input.unit")} ${i + 1}`} style={{ margin: 0, width: 90 }}><Input maxLength={40} spellCheck={false} placeholder="UCUM" /></Form.Item>
            <Button disabled={fields.length === 1} aria-label={`${t("remove")} ${t("inputs")} ${i + 1}`} onClick={() => remove(f.name)}>×</Button>
          </div>))}
        <div><Button size="small" onClick={() => add({})}>{t("input.add")}</Button></div>
      </div>)}
    </Form.List>
  );
}

interface SignalProps { at: (string | number)[]; machine: string | undefined; label: string; chosen: (unit: string | undefined) => void }

function SignalField({ at, machine, label, chosen }: SignalProps) {
  const { t } = useTranslation("components");
  const { name, lang } = useLang();
  const query = useQuery({ ...words(machine ?? ""), enabled: Boolean(machine) });
  const numbers = (query.data ?? []).filter((s) => s.kind !== "text");
  return (
    <Form.Item name={at} label={label} rules={[{ required: true, message: t("needed") }]} style={{ margin: 0, width: 290 }}>
      <Select showSearch={{ optionFilterProp: "label" }} loading={query.isLoading && Boolean(machine)} onChange={(v: string) => chosen(numbers.find((s) => s.name === v)?.unit)} options={numbers.map((s) => ({ value: s.name, label: `${s.title ? name(s.title) : ""} ${s.name} ${unitText(s.unit, lang)}`.trim() }))} />
    </Form.Item>
  );
}

/** Values that the component says. */
export function Outputs() {
  const { t } = useTranslation("components");
  const number = (f: number, key: "min" | "max", label: string) => <Form.Item name={[f, key]} label={label} style={{ margin: 0 }}><InputNumber style={{ width: 110 }} /></Form.Item>;
  return (
    <Form.List name="outputs">{(fields, { add, remove }) => (
      <div className="stack" style={{ gap: 6, marginBottom: 12 }} role="group" aria-label={t("outputs")}>
        {fields.map((f, i) => (
          <div key={f.key} className="row" style={{ alignItems: "flex-end" }}>
            <Form.Item name={[f.name, "name"]} label={`${t("output.name")} ${i + 1}`} rules={[{ required: true, message: t("needed") }]} style={{ margin: 0, width: 150 }}><Input maxLength={40} spellCheck={false} /></Form.Item>
            <Form.Item name={[f.name, "title", "zh"]} label={`${t("output.title")} ${i + 1}`} style={{ margin: 0, width: 210 }}><Input maxLength={100} /></Form.Item>
            <Form.Item name={[f.name, "unit"]} label={`${t("output.unit")} ${i + 1}`} style={{ margin: 0, width: 90 }}><Input maxLength={40} spellCheck={false} placeholder="UCUM" /></Form.Item>
            {number(f.name, "min", `${t("output.min")} ${i + 1}`)}{number(f.name, "max", `${t("output.max")} ${i + 1}`)}
            <Button disabled={fields.length === 1} aria-label={`${t("remove")} ${t("outputs")} ${i + 1}`} onClick={() => remove(f.name)}>×</Button>
          </div>))}
        <div><Button size="small" onClick={() => add({})}>{t("output.add")}</Button></div>
      </div>)}
    </Form.List>
  );
}
