import { Alert, Button, Drawer, Form, Input, InputNumber, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { Arrival, Booked, Entry, Stock } from "../../api/material";
import { ItemPicker, LocationPicker, quantityRule, useStep } from "./parts";

type What = Entry["what"];

/** What operators may book at their places; the rest is the storekeeper's. */
const ofOperators: What[] = ["moved", "produced", "consumed", "scrapped"];
const ofKeepers: What[] = ["received", "moved", "counted", "produced", "consumed", "shipped", "scrapped", "adjusted", "split", "merged"];

const fields: Record<string, readonly string[]> = {
  received: ["to", "quantity", "party", "paper", "expires"], moved: ["from", "to", "quantity"], counted: ["from", "quantity"], produced: ["to", "quantity", "order", "job"],
  consumed: ["from", "quantity", "order", "job"], shipped: ["from", "quantity", "party"], scrapped: ["from", "quantity", "reason"], adjusted: ["from", "quantity", "reason"],
  split: ["from", "quantity", "into"], merged: ["from", "quantity", "into"],
};

/** What is still to come of an arrival, to the sixth decimal. */
const rest = (a: Arrival) => String(Math.max(0, Math.round((Number(a.quantity) - Number(a.received)) * 1e6) / 1e6));

/** Says what happened to material; of an arrival, that it was received. */
export function EntryForm({ of, arrival, keeps, close }: { of: Stock | undefined; arrival?: Arrival; keeps: boolean; close: () => void }) {
  const { t } = useTranslation("material");
  const [form] = Form.useForm<Entry>();
  const [what, setWhat] = useState<What>(of || !keeps ? "moved" : "received");
  const [doubt, setDoubt] = useState<string>();
  // One key for what is on the form: pressed twice, or answered by nobody, it is booked once.
  const [key] = useState(() => `${Date.now()}-${Math.random().toString(36).slice(2)}`);
  const save = useStep((v: Entry) => api.post<Booked>("/material/entries", { ...v, what, key, arrival: what === "received" ? arrival?.id : undefined }), (b) => {
    const why = b.bins.flatMap((bin) => bin.doubts).filter((d) => d.entry === b.entry.id).map((d) => d.why);
    if (why.length > 0) setDoubt(why.join("；"));
    else close();
  });
  const start: Partial<Entry> = of ? { item: of.item.code, lot: of.number || undefined, from: of.location } : arrival ? { item: arrival.item, to: arrival.to, party: arrival.party, quantity: rest(arrival) } : {};
  const shown = new Set(fields[what] ?? []);
  const needed = [{ required: true, message: t("needed") }];
  const text = (name: keyof Entry, label: string, required: boolean, max: number) => shown.has(name) && <Form.Item name={name} label={label} rules={required ? needed : []}><Input maxLength={max} /></Form.Item>;
  return (
    <Drawer open onClose={close} size={520} title={t("book")} extra={!doubt && <Button type="primary" loading={save.isPending} onClick={form.submit}>{t("book.do")}</Button>}>
      {doubt ? <Alert type="warning" showIcon title={t("doubt.booked")} description={doubt} action={<Button onClick={close}>{t("common:close")}</Button>} /> : (
        <Form<Entry> form={form} layout="vertical" initialValues={start} onFinish={(v) => save.mutate(v)}>
          <Form.Item label={t("what")} htmlFor="entry-what">
            <Select id="entry-what" aria-label={t("what")} value={what} onChange={setWhat} options={(arrival ? (["received"] as const) : keeps ? ofKeepers : ofOperators).map((w) => ({ value: w, label: t(`what.${w}`) }))} />
          </Form.Item>
          <Form.Item name="item" label={t("item")} rules={needed}><ItemPicker label={t("item")} /></Form.Item>
          <Form.Item name="lot" label={t("lot")} extra={t("lot.hint")}><Input maxLength={63} /></Form.Item>
          {shown.has("from") && <Form.Item name="from" label={t(what === "counted" || what === "adjusted" ? "location" : "from")} rules={needed}><LocationPicker label={t("from")} /></Form.Item>}
          {shown.has("to") && <Form.Item name="to" label={t("to")} rules={needed}><LocationPicker label={t("to")} /></Form.Item>}
          <Form.Item name="quantity" label={t("quantity")} extra={t(what === "counted" ? "quantity.counted" : what === "adjusted" ? "quantity.adjusted" : "quantity.hint")} rules={[...needed, quantityRule(t("quantity.bad"))]}><Input maxLength={18} inputMode="decimal" /></Form.Item>
          {text("into", t(what === "split" ? "into.split" : "into.merged"), true, 63)}
          {text("order", t("order"), true, 40)}
          {shown.has("job") && <Form.Item name="job" label={t("job")} rules={needed}><InputNumber min={1} max={9999} precision={0} /></Form.Item>}
          {text("party", t(what === "received" ? "supplier" : "customer"), what === "shipped", 200)}
          {text("paper", t("paper"), false, 100)}
          {shown.has("expires") && <Form.Item name="expires" label={t("expires")} rules={[{ pattern: /^\d{4}-\d{2}-\d{2}$/, message: t("day.bad") }]}><Input placeholder="2027-05-01" /></Form.Item>}
          {text("reason", t("reason"), true, 200)}
          <Form.Item name="note" label={t("note")}><Input.TextArea maxLength={1000} autoSize={{ minRows: 2 }} /></Form.Item>
        </Form>)}
    </Drawer>
  );
}
