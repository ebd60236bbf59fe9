import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, DatePicker, Drawer, Form, Input, InputNumber, Select, Table } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type CostRate, costRates, rated } from "../../api/cost";
import { products } from "../../api/queries";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { fixed } from "../../lib/format";
import { day8, iso, ms, ofPicker, pickerDate, startOfDay } from "../../lib/time";
import { PlacePicker, useMay, useStep } from "./parts";

/** Rates by which quality costs, each with its source and the day from which it holds. */
export function CostRates() {
  const { t } = useTranslation("qualitycost");
  const { name } = useLang();
  const { plans } = useMay();
  const [editing, setEditing] = useState<CostRate | "new">();
  const query = useQuery(costRates);
  return (
    <>
      <div className="row"><span className="fill" />{plans && <Button type="primary" onClick={() => setEditing("new")}>{t("rate.add")}</Button>}</div>
      {query.error && <Problem error={query.error} retry={() => void query.refetch()} />}
      <Table<CostRate> size="small" rowKey={(r) => r.id ?? ""} loading={query.isLoading} dataSource={query.data ?? []} pagination={{ pageSize: 50, hideOnSinglePage: true }} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t("rates.none")} /> }}
        columns={[
          { title: t("what"), key: "w", width: 90, sorter: (a, b) => a.what.localeCompare(b.what), render: (_, r) => t(`what.${r.what}`) }, { title: t("product"), key: "p", width: 130, render: (_, r) => r.product ?? t("rate.all") }, { title: t("operation"), key: "o", width: 70, align: "right", render: (_, r) => r.operation ?? "—" },
          { title: t("place"), key: "pl", width: 150, render: (_, r) => r.place_name && name(r.place_name) },
          { title: t("rate.fen"), key: "f", width: 170, align: "right", render: (_, r) => <span className="num">{fixed(r.fen / 100, 2)} {t(`rate.per.${r.what}`)}{r.minutes ? ` × ${r.minutes} min` : ""}</span> },
          { title: t("rate.from"), key: "at", width: 110, sorter: (a, b) => ms(a.from) - ms(b.from), render: (_, r) => <span className="num">{day8(r.from)}</span> }, { title: t("rate.source"), dataIndex: "source" }, { title: t("by"), dataIndex: "by", width: 100 },
          { title: "", key: "do", width: 100, render: (_, r) => (r.ended ? <span className="chip">{t("rate.ended")}</span> : plans && <Button size="small" aria-label={`${t("common:edit")} ${t(`what.${r.what}`)} ${r.product ?? ""}`} onClick={() => setEditing(r)}>{t("common:edit")}</Button>) },
        ]} />
      {editing && <RateForm of={editing === "new" ? undefined : editing} close={() => setEditing(undefined)} />}
    </>
  );
}

type Typed = Omit<CostRate, "from" | "fen"> & { from: Dayjs; yuan: number };

function RateForm({ of, close }: { of: CostRate | undefined; close: () => void }) {
  const { t } = useTranslation("qualitycost");
  const { name } = useLang();
  const [form] = Form.useForm<Typed>();
  const what = Form.useWatch("what", form) as CostRate["what"] | undefined;
  const goods = useQuery(products).data ?? [];
  const save = useStep(({ from, yuan, ...v }: Typed) => api.post<CostRate>("/quality/cost-rates", { ...v, id: of?.id, rev: of?.rev ?? 0, fen: Math.round(yuan * 100), from: iso(startOfDay(ofPicker(from.toDate()))) }), close);
  const needed = [{ required: true, message: t("needed") }];
  return (
    <Drawer open onClose={close} size={480} title={t(of ? "rate.edit" : "rate.add")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("common:save")}</Button>}>
      <Form<Typed> form={form} layout="vertical" initialValues={of ? { ...of, yuan: of.fen / 100, from: dayjs(pickerDate(ms(of.from))) } : { what: "scrap", from: dayjs().startOf("year") }} onFinish={(v) => save.mutate(v)}>
        <Form.Item name="what" label={t("what")} rules={needed}><Select aria-label={t("what")} options={rated.map((w) => ({ value: w, label: t(`what.${w}`) }))} /></Form.Item>
        <Form.Item name="place" label={t("place")} rules={needed}><PlacePicker /></Form.Item>
        <Form.Item name="product" label={t("product")}><Select allowClear showSearch={{ optionFilterProp: "label" }} aria-label={t("product")} placeholder={t("rate.all")} options={goods.map((p) => ({ value: p.code, label: `${p.code} ${name(p.name)}` }))} /></Form.Item>
        <Form.Item name="operation" label={t("operation")}><InputNumber min={1} max={9999} precision={0} /></Form.Item>
        <Form.Item name="yuan" label={`${t("rate.fen")} ${what ? t(`rate.per.${what}`) : ""}`} rules={needed}><InputNumber min={0} precision={2} style={{ width: 160 }} /></Form.Item>
        {what === "inspection" && <Form.Item name="minutes" label={t("rate.minutes")} rules={needed}><InputNumber min={0.1} max={10000} /></Form.Item>}
        <Form.Item name="from" label={t("rate.from")} rules={needed}><DatePicker allowClear={false} /></Form.Item>
        <Form.Item name="source" label={t("rate.source")} rules={needed}><Input maxLength={400} /></Form.Item>
        {of && <Form.Item name="ended" valuePropName="checked"><Checkbox>{t("rate.end")}</Checkbox></Form.Item>}
      </Form>
    </Drawer>
  );
}
