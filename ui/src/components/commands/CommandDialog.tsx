import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input, InputNumber, Modal, Radio, Select } from "antd";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { command } from "../../api/queries";
import type { Command, SetPoint, Setting } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { unitText } from "../../lib/format";
import { Problem } from "../Status";
import { Steps, useWords } from "./Steps";
import { settingText } from "./setting";

interface Props { machine: string; name: string; point: SetPoint; present: Setting | undefined; close: () => void }
interface Fields { value?: number | string; note?: string }

/** Asks for the new value, shows from what to what, and then how the command fares. */
export function CommandDialog({ machine, name, point, present, close }: Props) {
  const { t } = useTranslation("commands");
  const { lang, name: nameIn } = useLang();
  const words = useWords();
  const client = useQueryClient();
  const [form] = Form.useForm<Fields>();
  const value = Form.useWatch("value", form);
  // What stood there when the dialog opened: another value by then, and nothing is sent.
  const seen = useRef(present).current;
  // One key for one decision: a request that is repeated is no second command.
  const key = useRef(randomKey());
  const send = useMutation({
    mutationFn: (f: Fields) => api.post<Command>("/commands", { equipment: machine, signal: point.signal, value: settingFrom(point, f.value), seen, note: f.note?.trim() || undefined }, {}, { "Idempotency-Key": key.current }),
  });
  const follow = useQuery({ ...command(send.data?.id ?? ""), enabled: !!send.data });
  const now = follow.data ?? send.data;
  useEffect(() => {
    if (now?.final) void client.invalidateQueries({ queryKey: ["commands"] });
  }, [now?.final, client]);
  const to = value === undefined || value === null ? "…" : settingText(settingFrom(point, value), point, lang, words);
  const finish = () => { void client.invalidateQueries({ queryKey: ["set-points", machine] }); close(); };
  return (
    <Modal open title={`${t("write.of", { name: nameIn(point.title) })} · ${name}`} onCancel={finish} destroyOnHidden
      footer={now ? <Button type="primary" onClick={finish} disabled={!now.final && now.state !== "awaiting"} autoFocus>{t("done")}</Button>
        : <><Button onClick={finish}>{t("common:cancel")}</Button><Button type="primary" danger loading={send.isPending} onClick={() => form.submit()}>{t("send")}</Button></>}>
      <p className="num" style={{ fontSize: 18, margin: "4px 0 12px" }} aria-live="polite">{t("from.to", { from: settingText(seen, point, lang, words), to })}</p>
      {send.error && <Problem error={send.error} />}
      {now ? <Steps command={now} of={point} /> : (
        <Form form={form} layout="vertical" onFinish={(f) => send.mutate(f)}>
          <Form.Item name="value" label={t("new")} rules={rules(point, t("need"), t("range", { min: point.min, max: point.max }))}><Field point={point} unit={unitText(point.unit, lang)} /></Form.Item>
          <Limits point={point} />
          <Form.Item name="note" label={t("note")}><Input maxLength={500} /></Form.Item>
          <p className="dim" style={{ marginBottom: 0 }}>{t("hint")}</p>
        </Form>)}
    </Modal>
  );
}

/** Not randomUUID: it is missing on pages that come without TLS. */
const randomKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");

function settingFrom(p: SetPoint, value: number | string | undefined): Setting {
  return p.kind === "text" ? { text: String(value ?? "") } : { number: Number(value) };
}

function rules(p: SetPoint, need: string, range: string) {
  const outside = (v: unknown) => typeof v === "number" && p.kind === "number" && ((p.min !== undefined && v < p.min) || (p.max !== undefined && v > p.max));
  return [{ required: true, message: need }, { validator: (_: unknown, v: unknown) => (outside(v) ? Promise.reject(new Error(range)) : Promise.resolve()) }];
}

interface FieldProps { point: SetPoint; unit: string; id?: string; value?: number | string; onChange?: (v: number | string | null) => void }

/** The control for the kind of value; a form item gives it id, value and onChange. */
function Field({ point, unit, id, value, onChange }: FieldProps) {
  const { t } = useTranslation("commands");
  const { name } = useLang();
  switch (point.kind) {
    case "boolean":
      return <Radio.Group id={id} value={value} onChange={(e) => onChange?.(e.target.value as number)} options={[{ value: 1, label: t("on") }, { value: 0, label: t("off.value") }]} optionType="button" />;
    case "enumeration":
      return <Select id={id} value={value as number | undefined} onChange={(v: number) => onChange?.(v)} options={Object.entries(point.values ?? {}).map(([code, n]) => ({ value: Number(code), label: `${name(n)} (${code})` }))} />;
    case "text":
      return <Input id={id} value={value} autoFocus onChange={(e) => onChange?.(e.target.value)} />;
  }
  return <InputNumber id={id} value={value as number | undefined} autoFocus style={{ width: 220 }} suffix={unit} onChange={(v) => onChange?.(v as number | null)} />;
}

export function Limits({ point: p }: { point: SetPoint }) {
  const { t } = useTranslation("commands");
  const { lang, name } = useLang();
  const parts = [
    p.min !== undefined && p.max !== undefined && `${p.min} … ${p.max} ${unitText(p.unit, lang)}`.trim(), p.max_step && t("step.max", { n: p.max_step }),
    p.max_rate && t("rate.max", { n: p.max_rate }), p.interlock && t("interlock", { text: name(p.interlock) }), p.approve && t("needs", { n: p.approve }),
  ].filter(Boolean);
  return <p className="dim" style={{ margin: "0 0 8px" }}>{parts.join("；")}</p>;
}
