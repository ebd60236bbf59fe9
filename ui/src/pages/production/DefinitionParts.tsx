import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { AutoComplete, Button, Checkbox, Form, Input, InputNumber, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { products } from "../../api/queries";
import { useLang } from "../../i18n/useLang";
import { Documents } from "./Documents";
import { PlacePicker } from "./parts";
import { type DefinitionForm, nextNo, units } from "./routing";

const grid = (columns: string) => ({ display: "grid", gridTemplateColumns: columns, columnGap: 12, alignItems: "start" });

/** The operations of a routing. */
export function Segments() {
  const { t } = useTranslation("production");
  const form = Form.useFormInstance<DefinitionForm>();
  return (
    <Form.List name="segments">
      {(rows, { add, remove }) => (
        <div className="stack">
          {rows.map((r) => <Operation key={r.key} i={r.name} remove={rows.length > 1 ? () => remove(r.name) : undefined} />)}
          <div className="row"><Button icon={<PlusOutlined />} onClick={() => add({ no: nextNo(form.getFieldValue("segments") ?? []), zh: "", alternatives: [{}] })}>{t("seg.add")}</Button></div>
        </div>)}
    </Form.List>
  );
}

function Operation({ i, remove }: { i: number; remove: (() => void) | undefined }) {
  const { t } = useTranslation("production");
  const [more, setMore] = useState(false);
  const supplier: string | undefined = Form.useWatch(["segments", i, "supplier"]);
  const [outside, setOutside] = useState(false);
  const away = outside || Boolean(supplier);
  const needed = [{ required: true, message: t("needed") }];
  return (
    <fieldset className="panel" style={{ margin: 0 }}>
      <div style={grid("90px 1.4fr 1fr auto auto")}>
        <Form.Item name={[i, "no"]} label={t("seg.no")} rules={needed}><InputNumber min={1} max={9999} precision={0} style={{ width: "100%" }} /></Form.Item>
        <Form.Item name={[i, "zh"]} label={t("seg.name")} rules={needed}><Input maxLength={60} /></Form.Item>
        <Form.Item name={[i, "en"]} label={t("seg.name.en")}><Input maxLength={60} /></Form.Item>
        <Form.Item label={t("seg.options")}><Button onClick={() => setMore(!more)} aria-expanded={more}>{t(more ? "seg.less" : "seg.more")}</Button></Form.Item>
        <Form.Item label=" ">{remove && <Button icon={<DeleteOutlined />} aria-label={t("seg.remove")} onClick={remove} />}</Form.Item>
      </div>
      {away ? (
        <div style={grid("2fr 1fr auto")}>
          <Form.Item name={[i, "supplier"]} label={t("seg.supplier")} rules={needed}><Input maxLength={200} /></Form.Item>
          <Form.Item name={[i, "leadDays"]} label={t("seg.lead")} rules={needed}><InputNumber min={0.01} max={366} style={{ width: "100%" }} /></Form.Item>
          <Form.Item label=" "><Button onClick={() => setOutside(false)} disabled={Boolean(supplier)}>{t("seg.inside")}</Button></Form.Item>
        </div>
      ) : <Alternatives i={i} outside={() => setOutside(true)} />}
      {more && <Extras i={i} />}
    </fieldset>
  );
}

function Alternatives({ i, outside }: { i: number; outside: () => void }) {
  const { t } = useTranslation("production");
  const needed = [{ required: true, message: t("needed") }];
  return (
    <Form.List name={[i, "alternatives"]}>
      {(rows, { add, remove }) => (
        <>
          {rows.map((r, k) => (
            <div key={r.key} style={grid("minmax(220px, 2fr) 1fr 1fr 1fr 40px")}>
              <Form.Item name={[r.name, "equipment"]} label={t(k === 0 ? "machine.usual" : "machine.other")} rules={needed}><PlacePicker by="id" fits={(n) => (n.level === "equipment" && !n.equipment?.excluded) || n.level === "line" || n.level === "cell"} /></Form.Item>
              <Form.Item name={[r.name, "setupMin"]} label={t("seg.setup")}><InputNumber min={0} style={{ width: "100%" }} /></Form.Item>
              <Form.Item name={[r.name, "runSec"]} label={t("seg.run")} rules={needed}><InputNumber min={0.001} style={{ width: "100%" }} /></Form.Item>
              <Form.Item name={[r.name, "batch"]} label={t("seg.batch")} tooltip={t("seg.batch.hint")}><InputNumber min={0} precision={0} style={{ width: "100%" }} /></Form.Item>
              <Form.Item label=" ">{rows.length > 1 && <Button icon={<DeleteOutlined />} aria-label={t("machine.remove")} onClick={() => remove(r.name)} />}</Form.Item>
            </div>))}
          <div className="row"><Button size="small" onClick={() => add({})}>{t("machine.add")}</Button>{rows.length <= 1 && <Button size="small" onClick={outside}>{t("seg.outside.do")}</Button>}</div>
        </>)}
    </Form.List>
  );
}

function Extras({ i }: { i: number }) {
  const { t } = useTranslation("production");
  const all = Form.useWatch<({ no?: number } | undefined)[] | undefined>("segments") ?? [];
  const others = all.flatMap((s, k) => (k !== i && s?.no ? [{ value: s.no, label: String(s.no) }] : []));
  return (
    <div style={{ ...grid("repeat(auto-fill, minmax(190px, 1fr))"), marginTop: 12 }}>
      <Form.Item name={[i, "after"]} label={t("seg.after")} extra={t("seg.after.hint")}><Select mode="multiple" showSearch={{ optionFilterProp: "label" }} options={others} /></Form.Item>
      {i > 0 && <Form.Item name={[i, "begins"]} valuePropName="checked" label={t("seg.begins.label")} extra={t("seg.begins.hint")}><Checkbox>{t("seg.begins")}</Checkbox></Form.Item>}
      <Form.Item name={[i, "family"]} label={t("seg.family")} extra={t("seg.family.hint")}><Input maxLength={63} /></Form.Item>
      <Form.Item name={[i, "skills"]} label={t("seg.skills")}><Select mode="tags" open={false} suffixIcon={null} placeholder={t("tags.hint")} /></Form.Item>
      <Form.Item name={[i, "tools"]} label={t("seg.tools")}><Select mode="tags" open={false} suffixIcon={null} placeholder={t("tags.hint")} /></Form.Item>
      <Form.Item name={[i, "operators"]} label={t("seg.crew")}><InputNumber min={0} max={50} precision={0} style={{ width: "100%" }} /></Form.Item>
      <Form.Item name={[i, "overlap"]} label={t("seg.overlap")} extra={t("seg.overlap.hint")}><InputNumber min={0} precision={0} style={{ width: "100%" }} /></Form.Item>
      <Form.Item name={[i, "moveMin"]} label={t("seg.move.min")}><InputNumber min={0} style={{ width: "100%" }} /></Form.Item>
      <Form.Item name={[i, "minWaitMin"]} label={t("seg.min.min")}><InputNumber min={0} style={{ width: "100%" }} /></Form.Item>
      <Form.Item name={[i, "maxWaitMin"]} label={t("seg.max.min")}><InputNumber min={0} style={{ width: "100%" }} /></Form.Item>
      <Form.Item name={[i, "scrapPercent"]} label={t("seg.scrap.percent")}><InputNumber min={0} max={100} style={{ width: "100%" }} /></Form.Item>
      <Form.Item name={[i, "documents"]} label={t("doc.label")} style={{ gridColumn: "1 / -1" }}><Documents /></Form.Item>
      <Form.Item name={[i, "firstPiece"]} valuePropName="checked" label={t("seg.first.label")}><Checkbox>{t("seg.first")}</Checkbox></Form.Item>
    </div>
  );
}

/** The bill of materials. */
export function Materials() {
  const { t } = useTranslation("production");
  const { name } = useLang();
  const goods = useQuery(products).data ?? [];
  const segments = Form.useWatch<({ no?: number; zh?: string } | undefined)[] | undefined>("segments") ?? [];
  const needed = [{ required: true, message: t("needed") }];
  return (
    <Form.List name="materials">
      {(rows, { add, remove }) => (
        <>
          {rows.map((r) => (
            <div key={r.key} style={grid("2fr 1fr 1fr 1.5fr 40px")}>
              <Form.Item name={[r.name, "item"]} label={t("item")} rules={needed}><AutoComplete maxLength={63} showSearch={{ filterOption: (text, o) => `${o?.value} ${o?.label}`.includes(text) }} options={goods.map((p) => ({ value: p.code, label: `${p.code} ${name(p.name)}` }))} placeholder={t("item.hint")} /></Form.Item>
              <Form.Item name={[r.name, "quantity"]} label={t("bill.quantity")} rules={[{ required: true, pattern: /^\d{1,13}(\.\d{1,6})?$/, message: t("quantity.bad") }]}><Input maxLength={20} /></Form.Item>
              <Form.Item name={[r.name, "unit"]} label={t("unit")} rules={needed}><Select options={units.map((u) => ({ value: u, label: t(`unit.${u}`) }))} /></Form.Item>
              <Form.Item name={[r.name, "segment"]} label={t("bill.segment")}><Select allowClear placeholder={t("bill.first")} options={segments.flatMap((s) => (s?.no ? [{ value: s.no, label: `${s.no} ${s.zh ?? ""}` }] : []))} /></Form.Item>
              <Form.Item label=" "><Button icon={<DeleteOutlined />} aria-label={t("bill.remove")} onClick={() => remove(r.name)} /></Form.Item>
            </div>))}
          <Button icon={<PlusOutlined />} onClick={() => add({ unit: "{piece}" })}>{t("bill.add")}</Button>
        </>)}
    </Form.List>
  );
}
