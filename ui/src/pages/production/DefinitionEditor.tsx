import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Drawer, Form, Input, Select, Upload } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ApiError } from "../../api/client";
import { type Definition, definitionPath } from "../../api/production";
import { nodes, products } from "../../api/queries";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { Materials, Segments } from "./DefinitionParts";
import { type DefinitionForm, fieldOf, fromForm, parseSheet, type SheetFault, toForm, units } from "./routing";

interface Props { of?: Definition; draft?: boolean; close: () => void; saved: (d: Definition) => void }

/** A new revision is entered, from the one before when there is one; or a draft is changed. */
export function DefinitionEditor({ of, draft = false, close, saved }: Props) {
  const { t } = useTranslation("production");
  const { name } = useLang();
  const { message } = App.useApp();
  const client = useQueryClient();
  const problem = useProblem();
  const [form] = Form.useForm<DefinitionForm>();
  const goods = useQuery(products).data ?? [];
  const save = useMutation({
    mutationFn: (f: DefinitionForm) => {
      const body = fromForm({ ...f, materials: f.materials ?? [], segments: f.segments ?? [] }, of);
      return of && draft ? api.put<Definition>(definitionPath(of), body, of.rev) : api.post<Definition>("/operations-definitions", { ...body, revision: 1, rev: 0 });
    },
    onSuccess: async (d) => { void message.success(t("common:saved")); await client.invalidateQueries(); saved(d); },
    onError: (err) => {
      if (!(err instanceof ApiError)) return;
      const f = form.getFieldsValue(true) as DefinitionForm;
      const told = err.fields.length > 0 ? err.fields : [{ message: err.message }];
      const fields = told.flatMap((p) => {
        const at = fieldOf("location" in p ? p.location : undefined, p.message, f);
        return at ? [{ name: at as never, errors: [p.message.replace(/^[a-z]+: not valid: /, "")] }] : [];
      });
      form.setFields(fields);
      if (fields[0]) form.scrollToField(fields[0].name, { block: "center" });
    },
  });
  const start: Partial<DefinitionForm> = of ? { ...toForm(of), note: draft ? (of.note ?? "") : "" } : { unit: "{piece}", segments: [{ no: 10, zh: "", alternatives: [{}] }], materials: [] };
  return (
    <Drawer open onClose={close} size={1100} title={of ? t(draft ? "edit.title" : "next.title", { product: of.product, n: of.revision }) : t("defs.add")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("save.draft")}</Button>}>
      <Form<DefinitionForm> form={form} layout="vertical" initialValues={start} scrollToFirstError={{ block: "center" }} onFinish={() => save.mutate(form.getFieldsValue(true) as DefinitionForm)}>
        {save.error && <Alert style={{ marginBottom: 12 }} type="error" showIcon title={problem(save.error)} />}
        <div style={{ display: "grid", gridTemplateColumns: "2fr 1fr 3fr", columnGap: 16 }}>
          <Form.Item name="product" label={t("product")} rules={[{ required: true, message: t("needed") }]}>
            <Select disabled={of !== undefined} showSearch={{ optionFilterProp: "label" }} placeholder={t("product.pick")} notFoundContent={t("product.none")} options={goods.map((p) => ({ value: p.code, label: `${p.code} ${name(p.name)}` }))} />
          </Form.Item>
          <Form.Item name="unit" label={t("unit")} rules={[{ required: true, message: t("needed") }]}><Select options={units.map((u) => ({ value: u, label: t(`unit.${u}`) }))} /></Form.Item>
          <Form.Item name="note" label={t("note.new")}><Input maxLength={1000} placeholder={t("note.new.hint")} /></Form.Item>
        </div>
        <h3>{t("tab.routing.short")}</h3>
        <FromFile take={(f) => form.setFieldsValue(f)} fixed={of?.product} />
        <Segments />
        <h3>{t("tab.bill.short")}</h3>
        <Materials />
      </Form>
    </Drawer>
  );
}

/** A sheet of operations that is pasted or chosen, or a revision that was exported. */
function FromFile({ take, fixed }: { take: (f: Partial<DefinitionForm>) => void; fixed: string | undefined }) {
  const { t } = useTranslation("production");
  const { message } = App.useApp();
  const places = useQuery(nodes).data ?? [];
  const [text, setText] = useState<string>();
  const [faults, setFaults] = useState<SheetFault[]>([]);
  const read = (sheet: string) => {
    setText(sheet);
    const got = parseSheet(sheet, places);
    setFaults(got.faults);
    if (got.segments.length === 0) return;
    take({ segments: got.segments });
    void message.success(t("sheet.taken", { n: got.segments.length }));
  };
  const open = async (file: File) => {
    const content = await file.text();
    if (!content.trimStart().startsWith("{")) return read(content);
    try {
      const { product, ...f } = toForm(JSON.parse(content) as Definition);
      take(fixed ? f : { product, ...f });
      void message.success(t("sheet.taken", { n: f.segments.length }));
    } catch {
      void message.error(t("sheet.bad"), 10);
    }
  };
  return (
    <div className="stack" style={{ marginBottom: 12 }}>
      <div className="row">
        <Button size="small" onClick={() => setText(text === undefined ? "" : undefined)}>{t("sheet.paste")}</Button>
        <Upload accept=".csv,.txt,.tsv,.json" showUploadList={false} aria-label={t("sheet.file")} beforeUpload={(f) => { void open(f); return Upload.LIST_IGNORE; }}><Button size="small">{t("sheet.file")}</Button></Upload>
        <span className="dim">{t("sheet.hint")}</span>
      </div>
      {text !== undefined && <div className="stack">
        <Input.TextArea aria-label={t("sheet.paste")} rows={5} className="mono" value={text} placeholder={t("sheet.example")} onChange={(e) => setText(e.target.value)} />
        <div className="row"><Button size="small" type="primary" disabled={!text.trim()} onClick={() => read(text)}>{t("sheet.take")}</Button></div>
      </div>}
      {faults.length > 0 && <Alert type="error" showIcon title={t("sheet.faults", { n: faults.length })} description={<ul style={{ margin: 0 }}>{faults.slice(0, 20).map((f) => <li key={f.row}>{t("sheet.row", { n: f.row })} {t(`sheet.${f.what}`, { value: f.value })}</li>)}</ul>} />}
    </div>
  );
}
