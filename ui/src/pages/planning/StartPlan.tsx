import { useQuery } from "@tanstack/react-query";
import { Button, DatePicker, Drawer, Form, Input, InputNumber, Radio, Select } from "antd";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Assumptions, type PlanRequest, startPlan, type Weights } from "../../api/planning";
import { calendars, products } from "../../api/queries";
import { useLang } from "../../i18n/useLang";
import { iso, ofPicker } from "../../lib/time";
import { PlacePicker, useChange } from "../production/parts";

interface Values {
  kind: PlanRequest["kind"]; name?: string; seconds: number; days: number; focus: keyof typeof focuses;
  down?: { equipment: string; span: [Dayjs, Dayjs]; reason?: string }[]; extra?: { number: string; product: string; quantity: number; due: Dayjs }[]; calendars?: { equipment: string; calendar: string }[];
}

/** What an operation elsewhere counts where few are to change: as the node has it for replans. */
const calm = 20_000;

/** What a planner may put first; the usual is the node's own. */
const focuses: Record<"usual" | "dates" | "setups" | "calm", Weights | undefined> = {
  usual: undefined,
  dates: { tardiness: 100, makespan: 1, setup: 5, change: 0 },
  setups: { tardiness: 10, makespan: 1, setup: 50, change: 0 },
  calm: { tardiness: 10, makespan: 1, setup: 5, change: calm },
};

const told = (d: Dayjs): string => iso(ofPicker(d.toDate()));

function requestOf(v: Values, place: string): PlanRequest {
  const assume: Assumptions = {
    ...(v.down?.length ? { down: v.down.map((d) => ({ equipment: d.equipment, from: told(d.span[0]), to: told(d.span[1]), ...(d.reason ? { reason: d.reason } : {}) })) } : {}),
    ...(v.extra?.length ? { extra: v.extra.map((e) => ({ number: e.number, product: e.product, quantity: e.quantity, due: told(e.due) })) } : {}),
    ...(v.calendars?.length ? { calendars: v.calendars } : {}),
  };
  const weights = focuses[v.focus];
  return {
    kind: v.kind, place, search_ms: Math.round(v.seconds * 1000), horizon_days: v.days, ...(v.name ? { name: v.name } : {}), ...(weights ? { weights: { ...weights, change: v.kind === "replan" ? calm : weights.change } } : {}),
    ...(v.kind !== "draft" && Object.keys(assume).length > 0 ? { assume } : {}),
  };
}

/** A search is begun; what is taken for so belongs to a what-if. */
export function StartPlan({ place }: { place: string }) {
  const { t } = useTranslation("planning");
  const [open, setOpen] = useState(false);
  const [form] = Form.useForm<Values>();
  const kind = Form.useWatch("kind", form) ?? "draft";
  const start = useChange((v: Values) => startPlan(requestOf(v, place)), () => setOpen(false), true);
  return (
    <>
      <Button type="primary" onClick={() => setOpen(true)}>{t("start")}</Button>
      <Drawer open={open} onClose={() => setOpen(false)} size={680} title={t("start")} destroyOnHidden extra={<Button type="primary" loading={start.isPending} onClick={form.submit}>{t("start.go")}</Button>}>
        <Form<Values> form={form} layout="vertical" initialValues={{ kind: "draft", seconds: 20, days: 30, focus: "usual" }} onFinish={(v) => start.mutate(v)}>
          <Form.Item name="kind" label={t("start.kind")} extra={t(`start.${kind}.hint`)}><Radio.Group options={(["draft", "replan", "what_if"] as const).map((k) => ({ value: k, label: t(`kind.${k}`) }))} /></Form.Item>
          <Form.Item name="focus" label={t("start.focus")}><Radio.Group options={(["usual", "dates", "setups", "calm"] as const).map((k) => ({ value: k, label: t(`focus.${k}`) }))} /></Form.Item>
          <div style={{ display: "grid", gridTemplateColumns: "2fr 1fr 1fr", columnGap: 16 }}>
            <Form.Item name="name" label={t("start.name")}><Input maxLength={60} /></Form.Item>
            <Form.Item name="seconds" label={t("start.seconds")}><InputNumber min={1} max={600} style={{ width: "100%" }} /></Form.Item>
            <Form.Item name="days" label={t("start.days")}><InputNumber min={1} max={366} precision={0} style={{ width: "100%" }} /></Form.Item>
          </div>
          {kind !== "draft" && <Assume />}
        </Form>
      </Drawer>
    </>
  );
}

function Assume() {
  const { t } = useTranslation("planning");
  const { name } = useLang();
  const goods = useQuery(products).data ?? [];
  const all = useQuery(calendars).data ?? [];
  const needed = [{ required: true, message: t("needed") }];
  const row = (columns: string) => ({ display: "grid", gridTemplateColumns: columns, columnGap: 12, alignItems: "start" });
  const machine = (i: number) => <Form.Item name={[i, "equipment"]} label={t("machine")} rules={needed}><PlacePicker by="id" fits={(n) => n.level === "equipment"} /></Form.Item>;
  return (
    <>
      <h3>{t("assume")}</h3>
      <Form.List name="down">{(rows, { add, remove }) => (<>
        {rows.map((r) => <div key={r.key} style={row("1.3fr 2fr 1fr auto")}>{machine(r.name)}
          <Form.Item name={[r.name, "span"]} label={t("assume.span")} rules={needed}><DatePicker.RangePicker showTime={{ format: "HH:mm" }} format="MM-DD HH:mm" /></Form.Item>
          <Form.Item name={[r.name, "reason"]} label={t("reason")}><Input maxLength={60} /></Form.Item>
          <Form.Item label=" "><Button onClick={() => remove(r.name)}>{t("common:delete")}</Button></Form.Item></div>)}
        <Button size="small" onClick={() => add({})}>{t("assume.down")}</Button></>)}
      </Form.List>
      <Form.List name="extra">{(rows, { add, remove }) => (<div style={{ marginTop: 12 }}>
        {rows.map((r) => <div key={r.key} style={row("1fr 1.3fr 1fr 1.3fr auto")}>
          <Form.Item name={[r.name, "number"]} label={t("order")} rules={needed}><Input maxLength={40} /></Form.Item>
          <Form.Item name={[r.name, "product"]} label={t("product")} rules={needed}><Select showSearch={{ optionFilterProp: "label" }} options={goods.map((p) => ({ value: p.code, label: `${p.code} ${name(p.name)}` }))} /></Form.Item>
          <Form.Item name={[r.name, "quantity"]} label={t("quantity")} rules={needed}><InputNumber min={1} precision={0} style={{ width: "100%" }} /></Form.Item>
          <Form.Item name={[r.name, "due"]} label={t("due")} rules={needed}><DatePicker showTime={{ format: "HH:mm" }} format="MM-DD HH:mm" /></Form.Item>
          <Form.Item label=" "><Button onClick={() => remove(r.name)}>{t("common:delete")}</Button></Form.Item></div>)}
        <Button size="small" onClick={() => add({})}>{t("assume.extra")}</Button></div>)}
      </Form.List>
      <Form.List name="calendars">{(rows, { add, remove }) => (<div style={{ marginTop: 12 }}>
        {rows.map((r) => <div key={r.key} style={row("1.3fr 1.3fr auto")}>{machine(r.name)}
          <Form.Item name={[r.name, "calendar"]} label={t("calendar")} rules={needed}><Select options={all.map((c) => ({ value: c.code, label: name(c.name) }))} /></Form.Item>
          <Form.Item label=" "><Button onClick={() => remove(r.name)}>{t("common:delete")}</Button></Form.Item></div>)}
        <Button size="small" onClick={() => add({})}>{t("assume.calendar")}</Button></div>)}
      </Form.List>
    </>
  );
}
