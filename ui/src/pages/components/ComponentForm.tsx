import { useMutation, useQuery } from "@tanstack/react-query";
import { Button, Drawer, Form, Input, InputNumber, Segmented, Select, Typography, Upload } from "antd";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Checked, checkComponent, type Component, type Definition, handIn, type Input as In, type Output, publishers, saveComponent } from "../../api/components";
import { machines } from "../../api/queries";
import { Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { useSay } from "../../i18n/useSay";
import { bytes } from "../../lib/format";
import { useChange } from "../production/parts";
import { Inputs, Outputs } from "./Lists";
import { definitionOf, TrialPanel } from "./TrialPanel";
import { millis } from "./parts";

export type Fields = Omit<Definition, "inputs" | "outputs" | "name"> & { name?: Partial<Definition["name"]>; memory_kib?: number; inputs: Partial<In>[]; outputs: Partial<Output>[] };

const begun: Fields = { code: "", place: "", form: "module", window_s: 60, every_s: 10, places: 60, memory_kib: 4096, budget: { call_ms: 50, max_failures: 3 }, inputs: [{}], outputs: [{}] };

const fieldsOf = (c: Component): Fields => ({ ...definitionOf(c), memory_kib: (c.budget?.memory_bytes ?? 4 << 20) / 1024 });

/** A draft of a component: a new one, one that is changed, or the next revision. */
export function ComponentForm({ of, close }: { of: Component | undefined; close: (saved?: Component) => void }) {
  const { t } = useTranslation("components");
  const { name } = useLang();
  const [form] = Form.useForm<Fields>();
  const first = of ? fieldsOf(of) : begun;
  const now = (Form.useWatch([], form) ?? first) as Fields;
  const definition = asked(now);
  const check = useCheck(definition);
  const all = useQuery(machines()).data ?? [];
  const save = useChange(async (d: Definition) => close(await saveComponent({ ...d, ...(of?.id ? { id: of.id } : {}), ...(of?.series ? { series: of.series } : {}), ...(of?.rev ? { rev: of.rev } : {}) } as Component)));
  const needed = [{ required: true, message: t("needed") }];
  const again = Boolean(of?.series); // revisions of a component stay at their machine
  return (
    <Drawer open onClose={() => close()} size={960} title={t(!of ? "add" : of.id ? "edit" : "next")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("save")}</Button>}>
      <Form<Fields> form={form} layout="vertical" initialValues={first} onFinish={(v) => save.mutate(asked(v))}>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name={["name", "zh"]} label={t("name.zh")} rules={needed} style={{ width: 240 }}><Input maxLength={100} /></Form.Item>
          <Form.Item name={["name", "en"]} label={t("name.en")} style={{ width: 240 }}><Input maxLength={100} /></Form.Item>
          <Form.Item name="place" label={t("place")} rules={needed} style={{ width: 220 }}><Select disabled={again} showSearch={{ optionFilterProp: "label" }} options={all.map((m) => ({ value: m.id, label: name(m.name) }))} /></Form.Item>
          <Form.Item name="code" label={t("code")} rules={needed} extra={t("code.help")} style={{ width: 260 }}><Input disabled={again} maxLength={40} spellCheck={false} /></Form.Item>
        </div>
        <Form.Item name="form" label={t("form")}><Segmented options={(["module", "service"] as const).map((v) => ({ value: v, label: t(`form.${v}`) }))} /></Form.Item>
        {now.form === "service" ? <Form.Item name="key" label={t("key")} extra={t("key.help")} rules={needed}><Input maxLength={60} spellCheck={false} /></Form.Item> : <ModuleFields />}
        <Inputs />
        <Outputs />
        <Timing service={now.form === "service"} />
        <Form.Item name="note" label={t("note")}><Input.TextArea maxLength={1000} autoSize={{ minRows: 1 }} /></Form.Item>
        <Verdict check={check.data} error={check.error} />
        {check.data?.ok && now.form === "module" && <TrialPanel c={definition} />}
      </Form>
    </Drawer>
  );
}

/** The module is handed in as soon as it is chosen: it is checked there, and named by its digest. */
function ModuleFields() {
  const { t } = useTranslation("components");
  const form = Form.useFormInstance<Fields>();
  const known = useQuery(publishers).data ?? [];
  const sha = Form.useWatch("sha256", form);
  const hand = useMutation({ mutationFn: (f: File) => handIn(f), onSuccess: (h) => form.setFieldValue("sha256", h.sha256) });
  const needed = [{ required: true, message: t("needed") }];
  return (
    <div role="group" aria-label={t("form.module")}>
      <div className="row" style={{ marginBottom: 8 }}>
        <Upload accept=".wasm" showUploadList={false} aria-label={t("module")} beforeUpload={(f) => { hand.mutate(f); return Upload.LIST_IGNORE; }}><Button loading={hand.isPending}>{t("module")}</Button></Upload>
        {hand.data && <span className="dim" role="status">{t("module.facts", { bytes: bytes(hand.data.module.bytes), memory: bytes(hand.data.module.memory), ms: millis(hand.data.module.compile_ms) })}</span>}
        {sha && <code title={sha}>{sha.slice(0, 16)}…</code>}
      </div>
      {hand.error && <Problem error={hand.error} />}
      <Form.Item name="sha256" hidden rules={needed}><Input /></Form.Item>
      <div className="row" style={{ alignItems: "flex-start" }}>
        <Form.Item name="publisher" label={t("publisher")} rules={needed} style={{ width: 240 }}><Select options={known.filter((p) => !p.revoked).map((p) => ({ value: p.id, label: p.name }))} /></Form.Item>
        <Form.Item name="signature" label={t("signature")} rules={needed} style={{ flex: 1, minWidth: 260 }}><Input maxLength={100} spellCheck={false} /></Form.Item>
      </div>
    </div>
  );
}

function Timing({ service }: { service: boolean }) {
  const { t } = useTranslation("components");
  const number = (name: string | [string, string], label: string, min: number, max: number, whole = true) => <Form.Item name={name} label={label}><InputNumber min={min} max={max} {...(whole ? { precision: 0 } : {})} style={{ width: 130 }} /></Form.Item>;
  return (
    <div className="row" style={{ alignItems: "flex-start" }} role="group" aria-label={t("budget")}>
      {number("window_s", t("window"), 1, 86400)}{number("places", t("places"), 1, 2000)}{number("every_s", t("every"), 1, 86400)}
      {!service && number("memory_kib", t("memory.max"), 64, 65536)}{number(["budget", "call_ms"], t("call.max"), 0.1, 1000, false)}
      {number(["budget", "calls_per_minute"], t("minute.max"), 1, 600)}{number(["budget", "max_failures"], t("failures.max"), 1, 100)}
    </div>
  );
}

/** The definition is looked at a moment after the last key. */
function useCheck(d: Definition) {
  const text = JSON.stringify(d);
  const [settled, settle] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => settle(text), 400);
    return () => clearTimeout(timer);
  }, [text]);
  const ready = d.place !== "" && d.code !== "" && Boolean(d.form === "module" ? d.sha256 && d.publisher && d.signature : d.key) && d.inputs.every((i) => i.name && i.equipment && i.signal) && d.outputs.every((o) => o.name);
  return useQuery({ queryKey: ["/component-checks", settled], enabled: ready && settled === text, retry: false, placeholderData: (last: Checked | undefined) => last, queryFn: () => checkComponent(JSON.parse(settled) as Definition) });
}

/** The fields as the node takes them. */
function asked(v: Fields): Definition {
  const given = (o: Record<string, unknown>) => Object.fromEntries(Object.entries(o).filter(([, x]) => x !== undefined && x !== null && x !== ""));
  const service = v.form === "service";
  return {
    ...given({ owner: v.owner, places: v.places, note: v.note, sha256: service ? undefined : v.sha256, publisher: service ? undefined : v.publisher, signature: service ? undefined : v.signature?.trim(), key: service ? v.key?.trim() : undefined }),
    name: { zh: v.name?.zh || "…", ...(v.name?.en ? { en: v.name.en } : {}) }, code: v.code ?? "", place: v.place ?? "", form: v.form ?? "module", window_s: v.window_s ?? 60, every_s: v.every_s ?? 10,
    budget: given({ ...v.budget, memory_bytes: service ? undefined : (v.memory_kib ?? 4096) * 1024 }),
    inputs: (v.inputs ?? []).map((i) => ({ name: i?.name ?? "", equipment: i?.equipment ?? "", signal: i?.signal ?? "", ...given({ unit: i?.unit }) })),
    outputs: (v.outputs ?? []).map((o) => ({ name: o?.name ?? "", ...given({ unit: o?.unit, min: o?.min, max: o?.max, title: o?.title?.zh ? { zh: o.title.zh, ...(o.title.en ? { en: o.title.en } : {}) } : undefined }) })),
  } as Definition;
}

function Verdict({ check, error }: { check: Checked | undefined; error: unknown }) {
  const { t } = useTranslation("components");
  const say = useSay();
  if (error) return <Problem error={error} />;
  if (!check) return <p className="dim">{t("check.empty")}</p>;
  if (!check.ok) return <p role="status"><Typography.Text type="danger">{say(check.what ?? "")}</Typography.Text></p>;
  return <p className="dim" role="status">{check.signer ? t("check.ok", { signer: check.signer }) : t("check.service")}</p>;
}
