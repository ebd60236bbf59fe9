import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Drawer, Form, Input, InputNumber, Select, TreeSelect } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { Firm, FirmLook } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { RegionPicker } from "../../components/RegionPicker";
import { treeOf } from "../../lib/divisions";
import { industries } from "./firms";

interface Values extends Omit<Firm, "since" | "years"> { since?: string; years?: { year: number; sales?: number | null; staff?: number | null }[] }

const fen = 1_000_000; // of 万元

/** What the form shows of a firm: money in 万元. */
const shown = (f: Firm | undefined): Partial<Values> => f ? { ...f, since: undefined as never, years: f.years?.map((y) => ({ ...y, sales: y.sales === undefined ? null : y.sales / fen })) } : { industry: "" };

/** What the API takes. */
function told(v: Values, was: Firm | undefined): Partial<Firm> {
  const { place: _p, trade: _t, rev: _r, ...rest } = { ...was, ...v };
  return {
    ...rest,
    since: v.since ? Date.parse(`${v.since}T00:00:00+08:00`) * 1000 : undefined,
    backbone: v.backbone?.from ? { from: v.backbone.from, to: v.backbone.to || "" } : undefined,
    systems: v.systems?.filter((s) => s?.kind).map((s) => ({ kind: s.kind, name: s.name || "", since: s.since || "" })),
    years: v.years?.filter((y) => y?.year).map((y) => ({ year: y.year, ...(y.sales != null && { sales: Math.round(y.sales * fen) }), ...(y.staff != null && { staff: y.staff }) })),
  } as Partial<Firm>;
}

/** A firm is entered or changed; it is checked before it is stored. */
export function FirmForm({ firm, close, saved }: { firm?: Firm; close: () => void; saved: (f: Firm) => void }) {
  const { t } = useTranslation("firms");
  const { lang } = useLang();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<Values>();
  const [look, setLook] = useState<FirmLook>();
  const [sure, setSure] = useState(false);
  const save = useMutation({
    mutationFn: async (v: Values) => {
      const body = told(v, firm);
      const looked = await api.post<FirmLook>("/firms/look", body);
      setLook(looked);
      form.setFields(looked.faults.map((f) => ({ name: (f.field.includes(".") ? f.field.split(".") : f.field) as "name", errors: f.warning ? [] : [lang === "en" ? f.text.en ?? f.text.zh : f.text.zh] })));
      if (looked.faults.some((f) => !f.warning || (f.field === "code" && !body.confirmed)) || (looked.alike.length > 0 && !sure)) return undefined;
      return firm ? api.put<Firm>(`/firms/${firm.id}`, body, firm.rev) : api.post<Firm>("/firms", body);
    },
    onSuccess: async (f) => {
      if (!f) return;
      message.success(t("saved"));
      await client.invalidateQueries();
      saved(f);
    },
    onError: (err) => { message.error(err.message, 10); },
  });
  const say = (name: { zh: string; en?: string }) => (lang === "en" ? name.en ?? name.zh : name.zh);
  return (
    <Drawer open onClose={close} size={720} title={firm ? t("edit") : t("add")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("look")}</Button>}>
      <Form form={form} layout="vertical" initialValues={shown(firm)} onFinish={(v) => save.mutate(v)}>
        {look?.faults.map((f) => <Alert key={f.field + f.text.zh} style={{ marginBottom: 8 }} type={f.warning ? "warning" : "error"} showIcon title={say(f.text)} />)}
        {look?.faults.some((f) => f.field === "code" && f.warning) && <Form.Item name="confirmed" valuePropName="checked"><Checkbox>{t("confirm.code")}</Checkbox></Form.Item>}
        {look && look.alike.length > 0 && (
          <Alert style={{ marginBottom: 8 }} type="warning" showIcon title={t("alike")} description={<><ul>{look.alike.map((f) => <li key={f.id}>{f.name} {f.code}</li>)}</ul><Checkbox checked={sure} onChange={(e) => setSure(e.target.checked)}>{t("alike.confirm")}</Checkbox></>} />
        )}
        <Fields />
        {firm && <Form.Item name="since" label={t("since")} extra={t("since.hint")}><Input placeholder="2026-01-01" /></Form.Item>}
      </Form>
    </Drawer>
  );
}

function Fields() {
  const { t } = useTranslation("firms");
  const trades = useQuery(industries);
  return (
    <>
      <Form.Item name="name" label={t("name")} rules={[{ required: true }]}><Input maxLength={120} /></Form.Item>
      <Form.Item name="code" label={t("code")} rules={[{ required: true }]}><Input maxLength={30} /></Form.Item>
      <Form.Item name="region" label={t("place")} rules={[{ required: true }]}><RegionPicker allowClear={false} style={{ width: "100%" }} /></Form.Item>
      <Form.Item name="industry" label={t("trade")} rules={[{ required: true }]}><TreeSelect showSearch={{ treeNodeFilterProp: "title" }} treeData={treeOf(trades.data?.items ?? [])} loading={trades.isLoading} /></Form.Item>
      <Form.Item name="size" label={t("size")}><Select allowClear options={["large", "medium", "small", "micro"].map((s) => ({ value: s, label: t(`size.${s as "large"}`) }))} /></Form.Item>
      <Form.Item name="above_scale" valuePropName="checked"><Checkbox>{t("above_scale")}</Checkbox></Form.Item>
      <p className="dim">{t("day.form")}</p>
      <div className="row">
        <Form.Item name={["backbone", "from"]} label={t("backbone.from")}><Input placeholder="2018-05-01" /></Form.Item>
        <Form.Item name={["backbone", "to"]} label={t("backbone.to")}><Input placeholder="2021-05-01" /></Form.Item>
        <Form.Item name="cloud" label={t("cloud")}><Input placeholder="2018-05-01" /></Form.Item>
        <Form.Item name="closed" label={t("closed")}><Input placeholder="2018-05-01" /></Form.Item>
      </div>
      <Form.Item name="cluster" label={t("cluster")}><Input maxLength={60} /></Form.Item>
      <Systems />
      <Years />
      <Form.Item name="remark" label={t("remark")}><Input.TextArea maxLength={500} rows={2} /></Form.Item>
    </>
  );
}

function Systems() {
  const { t } = useTranslation("firms");
  return (
    <Form.List name="systems">
      {(rows, { add, remove }) => (
        <fieldset><legend>{t("systems")}</legend>
          {rows.map((r) => (
            <div className="row" key={r.key}>
              <Form.Item name={[r.name, "kind"]}><Select style={{ width: 90 }} aria-label={t("systems")} options={["mes", "erp", "scm", "plm"].map((k) => ({ value: k, label: k.toUpperCase() }))} /></Form.Item>
              <Form.Item name={[r.name, "name"]}><Input aria-label={t("system.name")} placeholder={t("system.name")} maxLength={100} /></Form.Item>
              <Form.Item name={[r.name, "since"]}><Input aria-label={t("system.since")} placeholder={t("system.since")} /></Form.Item>
              <Form.Item><Button onClick={() => remove(r.name)}>{t("common:delete")}</Button></Form.Item>
            </div>
          ))}
          <Button onClick={() => add({ kind: "mes" })}>{t("common:add")}</Button>
        </fieldset>
      )}
    </Form.List>
  );
}

function Years() {
  const { t } = useTranslation("firms");
  return (
    <Form.List name="years">
      {(rows, { add, remove }) => (
        <fieldset><legend>{t("years")}</legend>
          {rows.map((r) => (
            <div className="row" key={r.key}>
              <Form.Item name={[r.name, "year"]}><InputNumber min={1990} max={2100} aria-label={t("year")} placeholder={t("year")} /></Form.Item>
              <Form.Item name={[r.name, "sales"]}><InputNumber min={0} style={{ width: 170 }} aria-label={t("sales")} placeholder={t("sales")} /></Form.Item>
              <Form.Item name={[r.name, "staff"]}><InputNumber min={0} precision={0} aria-label={t("staff")} placeholder={t("staff")} /></Form.Item>
              <Form.Item><Button onClick={() => remove(r.name)}>{t("common:delete")}</Button></Form.Item>
            </div>
          ))}
          <Button onClick={() => add({ year: new Date().getFullYear() - 1 })}>{t("years.add")}</Button>
        </fieldset>
      )}
    </Form.List>
  );
}
