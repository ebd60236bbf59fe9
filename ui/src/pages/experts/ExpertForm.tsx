import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Drawer, Form, Input, InputNumber, Select, TreeSelect } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { Expert, Interest } from "../../api/experts";
import { regions } from "../../api/queries";
import { FirmPicker } from "../../components/FirmPicker";
import { RegionPicker } from "../../components/RegionPicker";
import { codeOf, treeOf } from "../../lib/divisions";
import { industries } from "../firms/firms";
import { dayRule, fields, Past, useStep } from "./parts";

const kinds = ["owner", "employee", "supplier", "adviser", "relative"] as const;

/** An entry of the register; every revision stands below. */
export function ExpertForm({ row, sends, close }: { row: Expert | undefined; sends: boolean; close: () => void }) {
  const { t } = useTranslation("experts");
  const [form] = Form.useForm<Expert>();
  const places = treeOf(useQuery(regions).data ?? []);
  const trades = treeOf(useQuery(industries).data?.items ?? []);
  const save = useStep((v: Expert) => {
    const interests = (v.interests ?? []).map((i) => ({ ...i, organisation: i.firm ? undefined : i.organisation, from: i.from || undefined, to: i.to || undefined }));
    const body = { ...row, ...v, id: row?.id ?? "", rev: row?.rev ?? 0, serves: (v.serves ?? []).map((s) => s.replace(/(00)+$/, "")), sectors: v.sectors ?? [], fields: v.fields ?? [], interests, to: v.to || undefined, void: v.void ?? false };
    return row ? api.put(`/experts/${row.id}`, body, row.rev) : api.post("/experts", body);
  }, close);
  const start = row ? { ...row, serves: row.serves.map(codeOf) } : { capacity: 3, from: new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10), interests: [] };
  return (
    <Drawer open onClose={close} size={820} title={row?.name ?? t("register.add")} extra={sends && <Button type="primary" loading={save.isPending} onClick={form.submit}>{t("save")}</Button>}>
      <Form<Expert> form={form} layout="vertical" disabled={!sends} initialValues={start} onFinish={(v) => save.mutate(v)}>
        <div className="formgrid" style={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(230px, 1fr))", columnGap: 16 }}>
          <Form.Item name="name" label={t("name")} rules={[{ required: true, message: t("needed") }]}><Input maxLength={60} /></Form.Item>
          <Form.Item name="organisation" label={t("organisation")} rules={[{ required: true, message: t("needed") }]}><Input maxLength={100} /></Form.Item>
          <Form.Item name="post" label={t("post")}><Input maxLength={60} /></Form.Item>
          <Form.Item name="account" label={t("account")} extra={t("account.hint")}><Input maxLength={60} /></Form.Item>
          <Form.Item name="region" label={t("home")} rules={[{ required: true, message: t("needed") }]}><RegionPicker allowClear={false} style={{ width: "100%" }} /></Form.Item>
          <Form.Item name="serves" label={t("serves")} extra={t("serves.hint")}><TreeSelect multiple allowClear treeData={places} showSearch={{ treeNodeFilterProp: "title" }} maxTagCount={2} /></Form.Item>
          <Form.Item name="sectors" label={t("sectors")}><TreeSelect multiple allowClear treeData={trades} showSearch={{ treeNodeFilterProp: "title" }} maxTagCount={2} /></Form.Item>
          <Form.Item name="fields" label={t("field")}><Select mode="multiple" showSearch={{ optionFilterProp: "label" }} maxTagCount={2} options={fields.map((f) => ({ value: f, label: t(`field.${f}`) }))} /></Form.Item>
          <Form.Item name="capacity" label={t("capacity")} rules={[{ required: true, message: t("needed") }]} extra={t("capacity.hint")}><InputNumber min={1} max={50} precision={0} /></Form.Item>
          <Form.Item name="from" label={t("from")} rules={[{ required: true, message: t("needed") }, dayRule(t("day.bad"))]}><Input placeholder="2026-05-01" /></Form.Item>
          <Form.Item name="to" label={t("to")} rules={[dayRule(t("day.bad"))]}><Input placeholder="2028-04-30" /></Form.Item>
        </div>
        <h3>{t("interests")}</h3>
        <p className="dim">{t("interests.hint")}</p>
        <Form.List name="interests">
          {(rows, { add, remove }) => (
            <>
              {rows.map(({ key, name: i }) => <Tie key={key} i={i} row={row?.interests[i]} remove={sends ? () => remove(i) : undefined} />)}
              {sends && <Button onClick={() => add({ kind: "supplier" })}>{t("interest.add")}</Button>}
            </>)}
        </Form.List>
        <Form.Item name="remark" label={t("remark")} style={{ marginTop: 16 }}><Input.TextArea maxLength={500} autoSize={{ minRows: 2 }} /></Form.Item>
        {row && <Form.Item name="void" valuePropName="checked"><Checkbox>{t("void")}</Checkbox></Form.Item>}
      </Form>
      {row && <Past<Expert> path={`/experts/${row.id}`} rev={row.rev} what={(e) => [e.organisation, `${e.from} – ${e.to ?? ""}`, t("interests.n", { n: e.interests.length }), e.void ? t("void.short") : ""].filter(Boolean).join(" · ")} />}
    </Drawer>
  );
}

function Tie({ i, row, remove }: { i: number; row: Interest | undefined; remove: (() => void) | undefined }) {
  const { t } = useTranslation("experts");
  return (
    <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(150px, 1fr))", columnGap: 12, borderBottom: "1px solid var(--line)", marginBottom: 8 }}>
      <Form.Item name={[i, "firm"]} label={t("interest.firm")}><FirmPicker called={row?.organisation} /></Form.Item>
      <Form.Item name={[i, "organisation"]} label={t("interest.organisation")}><Input maxLength={100} /></Form.Item>
      <Form.Item name={[i, "kind"]} label={t("interest.kind")}><Select options={kinds.map((k) => ({ value: k, label: t(`interest.${k}`) }))} /></Form.Item>
      <Form.Item name={[i, "from"]} label={t("from")} rules={[dayRule(t("day.bad"))]}><Input placeholder="2020-01-01" /></Form.Item>
      <Form.Item name={[i, "to"]} label={t("to")} rules={[dayRule(t("day.bad"))]}><Input placeholder="2026-12-31" /></Form.Item>
      {remove && <Form.Item label={t("actions")}><Button onClick={remove}>{t("remove")}</Button></Form.Item>}
    </div>
  );
}
