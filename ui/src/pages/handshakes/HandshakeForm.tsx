import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Drawer, Form, Input, InputNumber, Select, Typography } from "antd";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Checked, checkHandshake, type Handshake, handshakeWords, type HandshakeSignal, type HandshakeStep, type Party, saveHandshake, type StepName } from "../../api/handshake";
import { Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { PlacePicker, useChange } from "../production/parts";
import { useRole } from "./parts";

type Kind = Handshake["kind"];
const stepsOf: Record<Kind, [StepName, Party][]> = {
  "transfer": [["offer", "giver"], ["reserve", "taker"], ["start", "giver"], ["done", "taker"]],
  "call-off": [["call", "giver"], ["reserved", "taker"], ["picked-up", "taker"], ["delivered", "taker"], ["confirmed", "giver"]],
};
const losses = ["stale", "lost", "restart", "clock", "overload"] as const;

type Fields = Partial<Omit<Handshake, "steps">> & { steps?: Partial<HandshakeStep>[] };

const begun = (kind: Kind): Fields => ({ kind, max_age_ms: 5000, clear_ms: 60_000, steps: stepsOf[kind].map(([name, party]) => ({ name, party, within_ms: 30_000 })) });

/** A draft of a handshake: a new one, a draft that is changed, or the next revision; what is wrong is said while it is written. */
export function HandshakeForm({ of, close }: { of: Handshake | undefined; close: (saved?: Handshake) => void }) {
  const { t } = useTranslation("handshake");
  const role = useRole();
  const [form] = Form.useForm<Fields>();
  const now = (Form.useWatch([], form) ?? of ?? begun("transfer")) as Fields;
  const kind = now.kind ?? "transfer";
  const giver = useQuery({ ...handshakeWords(now.giver?.equipment ?? ""), enabled: !!now.giver?.equipment }).data ?? [];
  const taker = useQuery({ ...handshakeWords(now.taker?.equipment ?? ""), enabled: !!now.taker?.equipment }).data ?? [];
  const signals = { giver, taker };
  const definition = asked(now, of);
  const check = useCheck(definition);
  const save = useChange(async (v: Fields) => close(await saveHandshake(asked(v, of))));
  const needed = [{ required: true, message: t("need") }];
  const fixed = of !== undefined;
  return (
    <Drawer open onClose={() => close()} size={1000} title={t(!of ? "form.new" : of.id ? "form.edit" : "form.next")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("save")}</Button>}>
      <Form<Fields> form={form} layout="vertical" initialValues={of ? { ...of } : begun("transfer")} onFinish={(v) => save.mutate(v)} onValuesChange={(v: Fields) => { if (v.kind) form.setFieldValue("steps", begun(v.kind).steps); }}>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name={["name", "zh"]} label={t("name.zh")} rules={needed} style={{ minWidth: 220 }}><Input maxLength={60} /></Form.Item>
          <Form.Item name={["name", "en"]} label={t("name.en")} style={{ minWidth: 220 }}><Input maxLength={100} /></Form.Item>
          <Form.Item name="owner" label={t("owner")} rules={needed}><Input maxLength={100} /></Form.Item>
          <Form.Item name="kind" label={t("kind")} style={{ minWidth: 160 }}><Select disabled={fixed} options={(["transfer", "call-off"] as const).map((k) => ({ value: k, label: t(`kind.${k}`) }))} /></Form.Item>
        </div>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name={["giver", "equipment"]} label={role({ kind }, "giver")} rules={needed} style={{ minWidth: 280 }}><PlacePicker by="id" fits={(n) => n.level === "equipment"} disabled={fixed} /></Form.Item>
          <Form.Item name={["taker", "equipment"]} label={role({ kind }, "taker")} rules={needed} style={{ minWidth: 280 }}><PlacePicker by="id" fits={(n) => n.level === "equipment"} disabled={fixed} /></Form.Item>
          <Form.Item name="max_age_ms" label={t("max.age")} rules={needed}><InputNumber min={500} max={3_600_000} precision={0} style={{ width: 140 }} /></Form.Item>
          <Form.Item name="clear_ms" label={t("clear.ms")} rules={needed}><InputNumber min={200} max={86_400_000} precision={0} style={{ width: 140 }} /></Form.Item>
        </div>
        {!(now.giver?.equipment && now.taker?.equipment) && <p className="dim">{t("hint.machines")}</p>}
        <Form.List name="steps">{(fields) => fields.map((f) => <StepFields key={f.key} at={f.name} first={f.name === 0} s={now.steps?.[f.name] ?? {}} kind={kind} signals={signals} />)}</Form.List>
        <h3>{t("aborts")}</h3>
        <Form.List name="aborts">{(fields, { add, remove }) => (
          <div className="stack" style={{ gap: 4, marginBottom: 12 }}>{fields.map((f) => {
            const party = now.aborts?.[f.name]?.party ?? "giver";
            return (
              <div key={f.key} className="row" style={{ alignItems: "flex-end" }}>
                <Form.Item name={[f.name, "party"]} label={`${t("party")} ${f.name + 1}`} style={{ margin: 0, minWidth: 120 }}><PartySelect kind={kind} /></Form.Item>
                <Form.Item name={[f.name, "signal"]} label={`${t("signal")} ${f.name + 1}`} rules={needed} style={{ margin: 0 }}><Signals of={signals[party]} /></Form.Item>
                <Form.Item name={[f.name, "value"]} label={`${t("value")} ${f.name + 1}`} rules={needed} style={{ margin: 0 }}><InputNumber style={{ width: 100 }} /></Form.Item>
                <Button aria-label={`${t("remove")} ${f.name + 1}`} onClick={() => remove(f.name)}>×</Button>
              </div>);
          })}
            <div><Button size="small" disabled={fields.length >= 8} onClick={() => add({ party: "giver", value: 1 })}>{t("abort.add")}</Button></div>
          </div>)}</Form.List>
        <Form.Item name="note" label={t("note")}><Input.TextArea maxLength={1000} autoSize={{ minRows: 1 }} /></Form.Item>
        <Verdict check={check.data} error={check.error} />
      </Form>
    </Drawer>
  );
}

/** One step: who shows it by what, how the other is told, how long it may take, what happens when something is lost. */
function StepFields({ at, first, s, kind, signals }: { at: number; first: boolean; s: Partial<HandshakeStep>; kind: Kind; signals: Record<Party, HandshakeSignal[]> }) {
  const { t } = useTranslation("handshake");
  const party = s.party ?? "giver";
  const title = s.name ? t(`step.${s.name}`) : "";
  const label = (key: "party" | "signal" | "value" | "tell.signal" | "tell.value" | "tell.idle" | "within.ms") => <>{t(key)}<span className="vh"> {title}</span></>;
  const needed = [{ required: true, message: t("need") }];
  const told = signals[party === "giver" ? "taker" : "giver"].filter((x) => x.writable && !x.watchdog && !x.approve);
  return (
    <fieldset style={{ border: "1px solid var(--line, #d9d9d9)", borderRadius: 6, margin: "0 0 8px", padding: "4px 12px" }}>
      <legend style={{ fontWeight: 600, padding: "0 6px", marginBottom: 0, width: "auto", fontSize: "inherit" }}>{at + 1} {title}</legend>
      <div className="row" style={{ alignItems: "flex-end", gap: 8 }}>
        <Form.Item name={[at, "name"]} hidden><Input /></Form.Item>
        <Form.Item name={[at, "party"]} label={label("party")} style={{ margin: 0, minWidth: 100 }}><PartySelect kind={kind} disabled={first} /></Form.Item>
        <Form.Item name={[at, "signal"]} label={label("signal")} rules={needed} style={{ margin: 0 }}><Signals of={signals[party]} /></Form.Item>
        <Form.Item name={[at, "value"]} label={label("value")} rules={needed} style={{ margin: 0 }}><InputNumber style={{ width: 70 }} /></Form.Item>
        <Form.Item name={[at, "tell", "signal"]} label={label("tell.signal")} style={{ margin: 0 }}><Signals of={told} clear /></Form.Item>
        {s.tell?.signal && <Form.Item name={[at, "tell", "value"]} label={label("tell.value")} rules={needed} style={{ margin: 0 }}><InputNumber style={{ width: 70 }} /></Form.Item>}
        {s.tell?.signal && <Form.Item name={[at, "tell", "idle"]} label={label("tell.idle")} initialValue={0} rules={needed} style={{ margin: 0 }}><InputNumber style={{ width: 70 }} /></Form.Item>}
        {!first && <Form.Item name={[at, "within_ms"]} label={label("within.ms")} rules={needed} style={{ margin: 0 }}><InputNumber min={200} max={86_400_000} precision={0} style={{ width: 100 }} /></Form.Item>}
        {!first && <Form.Item name={[at, "stands"]} valuePropName="checked" style={{ margin: 0 }}><Checkbox>{t("stands.short")}</Checkbox></Form.Item>}
      </div>
      <details style={{ margin: "4px 0" }}><summary className="dim">{t("safe.hint")}<span className="vh"> {title}</span></summary>
        <div className="row" style={{ gap: 8 }}>{losses.map((l) => <Form.Item key={l} name={[at, "safe", l]} label={<>{t(`safe.${l}`)}<span className="vh"> {title}</span></>} style={{ margin: 0, minWidth: 160 }}><Select allowClear placeholder={t("act.release")} options={(["wait", "release", "hold"] as const).map((a) => ({ value: a, label: t(`act.${a}`) }))} /></Form.Item>)}</div>
      </details>
    </fieldset>
  );
}

function PartySelect({ kind, disabled = false, ...field }: { kind: Kind; disabled?: boolean; id?: string; value?: string; onChange?: (v: string) => void }) {
  const role = useRole();
  return <Select {...field} disabled={disabled} options={(["giver", "taker"] as const).map((p) => ({ value: p, label: role({ kind }, p) }))} />;
}

function Signals({ of, clear = false, ...field }: { of: HandshakeSignal[]; clear?: boolean; id?: string; value?: string; onChange?: (v: string | undefined) => void }) {
  const { name } = useLang();
  return <Select {...field} allowClear={clear} showSearch={{ optionFilterProp: "label" }} style={{ minWidth: 185 }} options={of.map((s) => ({ value: s.name, label: `${name(s.title)} ${s.name}` }))} />;
}

function Verdict({ check, error }: { check: Checked | undefined; error: unknown }) {
  const { t } = useTranslation("handshake");
  if (error) return <Problem error={error} />;
  if (!check) return null;
  return <p role="status">{check.ok ? <span className="dim">{t("ok")}</span> : <Typography.Text type="danger">{check.what}</Typography.Text>}</p>;
}

/** The definition is looked at a moment after the last key. */
function useCheck(h: Handshake) {
  const text = JSON.stringify(h);
  const [settled, settle] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => settle(text), 400);
    return () => clearTimeout(timer);
  }, [text]);
  const ready = !!h.giver.equipment && !!h.taker.equipment && !!h.name.zh && !!h.owner && h.steps.every((s) => s.signal && s.value !== undefined);
  return useQuery({ queryKey: ["/handshake-check", settled], enabled: ready && settled === text, retry: false, placeholderData: (last: Checked | undefined) => last, queryFn: () => checkHandshake(JSON.parse(settled) as Handshake) });
}

/** The fields as the node takes them; what the node fills in is left out. */
function asked(v: Fields, of: Handshake | undefined): Handshake {
  const given = (o: Record<string, unknown>) => Object.fromEntries(Object.entries(o).filter(([, x]) => x !== undefined && x !== null && x !== ""));
  return given({
    id: of?.id, series: of?.series, rev: of?.rev, name: given({ zh: v.name?.zh ?? "", en: v.name?.en }), owner: v.owner ?? "", kind: v.kind ?? of?.kind ?? "transfer", note: v.note,
    giver: { equipment: v.giver?.equipment ?? of?.giver.equipment ?? "" }, taker: { equipment: v.taker?.equipment ?? of?.taker.equipment ?? "" }, max_age_ms: v.max_age_ms ?? 0, clear_ms: v.clear_ms ?? 0,
    steps: (v.steps ?? []).map((s) => given({
      name: s.name, party: s.party, signal: s.signal, value: s.value, within_ms: s.within_ms ?? 0, stands: s.stands || undefined, safe: s.safe && Object.keys(given(s.safe)).length ? given(s.safe) : undefined,
      tell: s.tell?.signal ? { signal: s.tell.signal, value: s.tell.value ?? 0, idle: s.tell.idle ?? 0 } : undefined,
    })),
    aborts: v.aborts?.length ? v.aborts.map((a) => given({ party: a?.party, signal: a?.signal, value: a?.value })) : undefined,
  }) as unknown as Handshake;
}
