import { useMutation, useQuery } from "@tanstack/react-query";
import { Button, Drawer, Form, Input, InputNumber, Select, Typography } from "antd";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { machines } from "../../api/queries";
import { type Action, type Checked, checkRule, type Definition, type Input as RuleInput, type Rule, saveRule, tryRule } from "../../api/rules";
import { Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { unitText } from "../../lib/format";
import { hour, iso } from "../../lib/time";
import { PlacePicker, useChange } from "../production/parts";
import { Expression } from "./Expression";
import { GoesOn, SafetyFields, safetyOf } from "./Safety";
import { ComponentField, RouteField, SignalField } from "./SignalField";
import { TrialView } from "./TrialView";

export type Fields = Omit<Definition, "inputs" | "actions" | "name"> & { name?: Partial<Definition["name"]>; inputs: Partial<RuleInput>[]; actions: Partial<Action>[] };

/** Hours of the preview. */
const past = 6;
const begun: Fields = { place: "", when: "", trigger: "sample", max_per_hour: 6, inputs: [{}], actions: [{ kind: "alarm", priority: 3 }] };

/** A draft of a rule: a new one, one that is changed, or the next revision. */
export function RuleEditor({ of, close }: { of: Rule | undefined; close: (saved?: Rule) => void }) {
  const { t } = useTranslation("rules");
  const [form] = Form.useForm<Fields>();
  const now = (Form.useWatch([], form) ?? of ?? begun) as Fields;
  const definition = asked(now);
  const check = useCheck(definition);
  const save = useChange(async (d: Definition) => close(await saveRule({ ...d, ...(of?.id ? { id: of.id } : {}), ...(of?.series ? { series: of.series } : {}), ...(of?.rev ? { rev: of.rev } : {}) } as Rule)));
  const preview = useMutation({ mutationFn: (d: Definition) => { const at = Date.now(); return tryRule(d, { from: iso(at - past * hour), to: iso(at), against: "stops", within_s: 600, points: 400 }); } });
  const needed = [{ required: true, message: t("needed") }];
  const known = (now.inputs ?? []).map((i, n) => ({ ...i, ...(check.data?.definition?.inputs[n] ?? {}), name: i.name ?? "" }) as RuleInput);
  return (
    <Drawer open onClose={() => close()} size={960} title={t(!of ? "add" : of.id ? "edit" : "next")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("save")}</Button>}>
      <Form<Fields> form={form} layout="vertical" initialValues={of ?? begun} onFinish={(v) => save.mutate(asked(v))}>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name={["name", "zh"]} label={t("name.zh")} rules={needed} style={{ width: 280 }}><Input maxLength={100} /></Form.Item>
          <Form.Item name={["name", "en"]} label={t("name.en")} style={{ width: 280 }}><Input maxLength={100} /></Form.Item>
          <Form.Item name="place" label={t("place")} rules={needed} style={{ minWidth: 240 }}><PlacePicker by="id" fits={() => true} /></Form.Item>
        </div>
        <Inputs />
        <Form.Item name="when" label={t("when")} rules={needed}><Expression inputs={known} label={t("when")} field="when" check={check.data} /></Form.Item>
        <Form.Item name="reset" label={t("reset")}><Expression inputs={known} label={t("reset.short")} field="reset" check={check.data} /></Form.Item>
        <Verdict check={check.data} error={check.error} />
        <Timing />
        <Actions />
        <GoesOn />
        <Form.Item name="note" label={t("note")}><Input.TextArea maxLength={1000} autoSize={{ minRows: 1 }} /></Form.Item>
        <section className="panel" aria-label={t("preview")}>
          <div className="row"><h2 style={{ margin: 0 }}>{t("preview")}</h2><Button disabled={!check.data?.ok} loading={preview.isPending} onClick={() => preview.mutate(definition)}>{t("preview.run", { n: past })}</Button></div>
          {preview.error && <Problem error={preview.error} />}
          {preview.data && <TrialView of={preview.data} />}
        </section>
      </Form>
    </Drawer>
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
  const ready = d.place !== "" && d.inputs.length > 0 && d.inputs.every((i) => i.name && i.equipment && i.signal) && d.when !== "";
  return useQuery({ queryKey: ["/rule-checks", settled], enabled: ready && settled === text, retry: false, placeholderData: (last: Checked | undefined) => last, queryFn: () => checkRule(JSON.parse(settled) as Definition) });
}

/** The fields as the node takes them. */
function asked(v: Fields): Definition {
  const given = (o: Record<string, unknown>) => Object.fromEntries(Object.entries(o).filter(([, x]) => x !== undefined && x !== null && x !== ""));
  const name = { zh: v.name?.zh || "…", ...(v.name?.en ? { en: v.name.en } : {}) };
  return {
    ...given({ owner: v.owner, reset: v.reset, on_delay_s: v.on_delay_s, off_delay_s: v.off_delay_s, min_interval_s: v.min_interval_s, stale_s: v.stale_s, note: v.note, goes_on: v.goes_on && v.actions.some((a) => a?.kind === "command") ? true : undefined, every_s: v.trigger === "schedule" ? v.every_s : undefined }),
    name, place: v.place ?? "", when: v.when ?? "", trigger: v.trigger ?? "sample", max_per_hour: v.max_per_hour ?? 1,
    inputs: (v.inputs ?? []).map((i) => ({ name: i?.name ?? "", equipment: i?.equipment ?? "", signal: i?.signal ?? "" })),
    actions: (v.actions ?? []).map((a) => ({ kind: a?.kind ?? "alarm", ...given({ equipment: a?.equipment, priority: a?.kind === "alarm" || a?.kind === "work_order" || a?.kind === "notify" ? (a.priority ?? 3) : undefined, signal: a?.kind === "command" ? a.signal : undefined, value: a?.kind === "command" ? a.value : undefined, ...(a?.kind === "command" ? safetyOf(a) : {}), route: a?.kind === "notify" ? a.route : undefined, what: a?.kind === "call" ? (a.what ?? "maintenance") : undefined, text: a?.text?.zh ? { zh: a.text.zh, ...(a.text.en ? { en: a.text.en } : {}) } : undefined }) })),
  } as Definition;
}

function Verdict({ check, error }: { check: Checked | undefined; error: unknown }) {
  const { t } = useTranslation("rules");
  if (error) return <Problem error={error} />;
  if (!check) return <p className="dim">{t("check.empty")}</p>;
  if (check.ok) return <p className="dim" role="status">{t("check.ok", { cost: check.cost, max: check.max_cost })}</p>;
  if (check.field === "when" || check.field === "reset") return null; // it stands below the expression
  return <p role="status"><Typography.Text type="danger">{check.field && <code>{check.field} </code>}{check.what}</Typography.Text></p>;
}

function Inputs() {
  const { t } = useTranslation("rules");
  const { name, lang } = useLang();
  const form = Form.useFormInstance<Fields>();
  const rows = Form.useWatch("inputs", form) ?? [];
  const all = useQuery(machines()).data ?? [];
  return (
    <Form.List name="inputs">{(fields, { add, remove }) => (
      <div className="stack" style={{ gap: 6, marginBottom: 12 }} role="group" aria-label={t("inputs")}>
        {fields.map((f, i) => (
          <div key={f.key} className="row" style={{ alignItems: "flex-end" }}>
            <Form.Item name={[f.name, "equipment"]} label={`${t("input.machine")} ${i + 1}`} rules={[{ required: true, message: t("needed") }]} style={{ margin: 0, width: 250 }}><Select showSearch={{ optionFilterProp: "label" }} onChange={() => form.setFieldValue(["inputs", f.name, "signal"], undefined)} options={all.map((m) => ({ value: m.id, label: name(m.name) }))} /></Form.Item>
            <SignalField at={[f.name, "signal"]} machine={rows[f.name]?.equipment} label={`${t("input.signal")} ${i + 1}`} fits={() => true}
              chosen={(s) => { if (!rows[f.name]?.name) form.setFieldValue(["inputs", f.name, "name"], s === "machine.state" ? "state" : s.split(".").join("_").toLowerCase()); }} />
            <Form.Item name={[f.name, "name"]} label={`${t("input.name")} ${i + 1}`} rules={[{ required: true, message: t("needed") }]} style={{ margin: 0, width: 180 }}><Input maxLength={40} spellCheck={false} /></Form.Item>
            <span className="dim">{unitText(rows[f.name]?.unit, lang)}</span>
            <Button disabled={fields.length === 1} aria-label={`${t("remove")} ${i + 1}`} onClick={() => remove(f.name)}>×</Button>
          </div>))}
        <div><Button size="small" onClick={() => add({})}>{t("input.add")}</Button></div>
      </div>)}
    </Form.List>
  );
}

function Timing() {
  const { t } = useTranslation("rules");
  const trigger = Form.useWatch("trigger", Form.useFormInstance<Fields>());
  const seconds = (key: "on_delay_s" | "off_delay_s" | "min_interval_s" | "stale_s", label: string) => <Form.Item name={key} label={label}><InputNumber min={0} max={86400} precision={0} style={{ width: 130 }} /></Form.Item>;
  return (
    <div className="row" style={{ alignItems: "flex-start" }} role="group" aria-label={t("timing")}>
      <Form.Item name="trigger" label={t("trigger")} style={{ width: 150 }}><Select options={(["sample", "change", "schedule"] as const).map((v) => ({ value: v, label: t(`trigger.${v}`) }))} /></Form.Item>
      {trigger === "schedule" && <Form.Item name="every_s" label={t("every")} rules={[{ required: true, message: t("needed") }]}><InputNumber min={1} max={86400} precision={0} style={{ width: 110 }} /></Form.Item>}
      {seconds("on_delay_s", t("on"))}{seconds("off_delay_s", t("off"))}{seconds("min_interval_s", t("interval"))}
      <Form.Item name="max_per_hour" label={t("most")} rules={[{ required: true, message: t("needed") }]}><InputNumber min={1} max={3600} precision={0} style={{ width: 130 }} /></Form.Item>
      {seconds("stale_s", t("stale"))}
    </div>
  );
}

const kinds = ["alarm", "command", "call", "work_order", "nonconformance", "hold_order", "notify", "run_component"] as const;

function Actions() {
  const { t } = useTranslation("rules");
  const { name } = useLang();
  const form = Form.useFormInstance<Fields>();
  const rows = Form.useWatch("actions", form) ?? [];
  const all = useQuery(machines()).data ?? [];
  return (
    <Form.List name="actions">{(fields, { add, remove }) => (
      <div className="stack" style={{ gap: 6, marginBottom: 12 }} role="group" aria-label={t("acts")}>
        {fields.map((f, i) => {
          const kind = rows[f.name]?.kind ?? "alarm";
          return (
            <div key={f.key} className="stack" style={{ gap: 4 }}><div className="row" style={{ alignItems: "flex-end" }}>
              <Form.Item name={[f.name, "kind"]} label={`${t("action.kind")} ${i + 1}`} style={{ margin: 0, width: 140 }}><Select options={kinds.map((k) => ({ value: k, label: t(`kind.${k}`) }))} /></Form.Item>
              <Form.Item name={[f.name, "equipment"]} label={`${t("action.machine")} ${i + 1}`} style={{ margin: 0, width: 220 }} rules={kind === "command" ? [{ required: true, message: t("needed") }] : []}><Select allowClear showSearch={{ optionFilterProp: "label" }} options={all.map((m) => ({ value: m.id, label: name(m.name) }))} /></Form.Item>
              {kind === "command" && <><SignalField at={[f.name, "signal"]} machine={rows[f.name]?.equipment} label={`${t("action.signal")} ${i + 1}`} fits={(s) => s.writable === true} />
                <Form.Item name={[f.name, "value"]} label={`${t("action.value")} ${i + 1}`} rules={[{ required: true, message: t("needed") }]} style={{ margin: 0 }}><InputNumber style={{ width: 110 }} /></Form.Item></>}
              {kind === "call" && <Form.Item name={[f.name, "what"]} label={`${t("action.what")} ${i + 1}`} initialValue="maintenance" style={{ margin: 0, width: 120 }}><Select options={(["material", "quality", "maintenance"] as const).map((w) => ({ value: w, label: t(`what.${w}`) }))} /></Form.Item>}
              {kind === "notify" && <RouteField at={f.name} n={i + 1} />}
              {kind === "run_component" && <ComponentField at={f.name} n={i + 1} />}
              {(kind === "alarm" || kind === "work_order" || kind === "notify") && <Form.Item name={[f.name, "priority"]} label={`${t("action.priority")} ${i + 1}`} initialValue={3} style={{ margin: 0 }}><InputNumber min={1} max={4} precision={0} style={{ width: 80 }} /></Form.Item>}
              {kind !== "command" && <Form.Item name={[f.name, "text", "zh"]} label={`${t("action.text")} ${i + 1}`} style={{ margin: 0, width: 220 }}><Input maxLength={100} /></Form.Item>}
              <Button disabled={fields.length === 1} aria-label={`${t("remove")} ${i + 1}`} onClick={() => remove(f.name)}>×</Button>
            </div>{kind === "command" && <SafetyFields at={f.name} n={i + 1} row={rows[f.name] ?? {}} />}</div>);
        })}
        <div><Button size="small" onClick={() => add({ kind: "alarm", priority: 3 })}>{t("action.add")}</Button></div>
      </div>)}
    </Form.List>
  );
}
