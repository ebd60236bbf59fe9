import { DatePicker, Form, Input, Select } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useTranslation } from "react-i18next";
import type { Edition, EditionNode, Plan } from "../../api/diagnosis";
import { useLang } from "../../i18n/useLang";
import { day, iso, ofPicker, pickerDate } from "../../lib/time";

export interface PlanFields { title: string; visits: [Dayjs, Dayjs]; evidence: [Dayjs, Dayjs]; target: number; cut: string[]; why?: string }

export const startOfPlan = (): Partial<PlanFields> => ({
  visits: [dayjs(pickerDate(Date.now())), dayjs(pickerDate(Date.now() + 2 * day))], evidence: [dayjs(pickerDate(Date.now() - 30 * day)), dayjs(pickerDate(Date.now()))], target: 2, cut: [],
});

export const fieldsOf = (p: Plan): PlanFields => ({
  title: p.title, visits: [dayjs(p.begin), dayjs(p.end)], evidence: [dayjs(pickerDate(Date.parse(p.from))), dayjs(pickerDate(Date.parse(p.to)))], target: p.target, cut: p.cut, why: p.why ?? "",
});

export const planOf = (v: PlanFields): Plan => ({
  title: v.title, begin: v.visits[0].format("YYYY-MM-DD"), end: v.visits[1].format("YYYY-MM-DD"), from: iso(ofPicker(v.evidence[0].toDate())), to: iso(ofPicker(v.evidence[1].toDate())),
  target: v.target, cut: v.cut ?? [], ...(v.why ? { why: v.why } : {}),
});

export function everyNode(nodes: EditionNode[]): EditionNode[] {
  return nodes.flatMap((n) => [n, ...everyNode(n.parts)]);
}

/** The fields of a plan; what may be cut and the levels are the edition's. */
export function PlanForm({ edition }: { edition: Edition | undefined }) {
  const { t } = useTranslation("diagnosis");
  const { name } = useLang();
  const cut: string[] | undefined = Form.useWatch("cut");
  const parts = everyNode(edition?.elements ?? []).filter((n) => n.cuttable);
  return (
    <>
      <Form.Item name="title" label={t("plan.title")} rules={[{ required: true, message: t("plan.title.needed") }]}><Input maxLength={100} /></Form.Item>
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(300px, 1fr))", columnGap: 16 }}>
        <Form.Item name="visits" label={t("plan.visits")} rules={[{ required: true }]}><DatePicker.RangePicker allowClear={false} style={{ width: "100%" }} /></Form.Item>
        <Form.Item name="target" label={t("plan.target")} rules={[{ required: true }]}>
          <Select options={(edition?.levels ?? []).map((l) => ({ value: l.level, label: `${l.level} ${name(l.name)}` }))} />
        </Form.Item>
        <Form.Item name="evidence" label={t("plan.evidence")} rules={[{ required: true }]} extra={t("plan.evidence.hint")}>
          <DatePicker.RangePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" allowClear={false} style={{ width: "100%" }} />
        </Form.Item>
        <Form.Item name="cut" label={t("plan.cut")} extra={t("plan.cut.hint")}>
          <Select mode="multiple" showSearch={{ optionFilterProp: "label" }} allowClear options={parts.map((n) => ({ value: n.id, label: name(n.name) }))} />
        </Form.Item>
      </div>
      {(cut?.length ?? 0) > 0 && <Form.Item name="why" label={t("plan.why")} rules={[{ required: true, message: t("plan.why.needed") }]}><Input maxLength={300} /></Form.Item>}
    </>
  );
}
