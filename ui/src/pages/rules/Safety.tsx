import { Checkbox, Form, InputNumber, Select } from "antd";
import { useTranslation } from "react-i18next";
import type { Action, Rule } from "../../api/rules";
import { useLang } from "../../i18n/useLang";
import { measured, unitText } from "../../lib/format";
import { dateTime } from "../../lib/time";
import type { Fields } from "./RuleEditor";
import { SignalField } from "./SignalField";

const actions = ["hold", "ramp", "hand-back"] as const;

/** What becomes of a command's set point when the rule cannot go on. */
export function SafetyFields({ at, n, row }: { at: number; n: number; row: Partial<Action> }) {
  const { t } = useTranslation("rules");
  const form = Form.useFormInstance<Fields>();
  const action = row.safe?.action ?? "hold";
  const needed = [{ required: true, message: t("needed") }];
  const field = (name: "value" | "rate" | "resolution", label: string, width = 110) => <Form.Item name={[at, "safe", name]} label={`${label} ${n}`} rules={name === "value" ? needed : []} style={{ margin: 0 }}><InputNumber {...(name === "value" ? {} : { min: 0 })} style={{ width }} /></Form.Item>;
  return (
    <div className="row" style={{ alignItems: "flex-end", paddingInlineStart: 24 }} role="group" aria-label={t("action", { n })}>
      <Form.Item name={[at, "safe", "action"]} label={`${t("safe")} ${n}`} initialValue="hold" style={{ margin: 0, width: 190 }}><Select options={actions.map((a) => ({ value: a, label: t(`safe.${a}`) }))} /></Form.Item>
      {action === "hand-back" && <SignalField at={[at, "safe", "signal"]} machine={row.equipment} label={`${t("safe.signal")} ${n}`} fits={(s) => s.writable === true && s.name !== row.signal} />}
      {action !== "hold" && field("value", t("safe.value"))}
      {action === "ramp" && <>{field("rate", t("safe.rate"))}{field("resolution", t("safe.resolution"))}</>}
      <SignalField at={[at, "watchdog", "signal"]} machine={row.equipment} label={`${t("watchdog")} ${n}`} fits={(s) => s.watchdog === true} optional
        chosen={(s) => { if (s && !row.watchdog?.period_ms) form.setFieldValue(["actions", at, "watchdog", "period_ms"], 1000); }} />
      {row.watchdog?.signal && <Form.Item name={[at, "watchdog", "period_ms"]} label={`${t("watchdog.period")} ${n}`} rules={needed} style={{ margin: 0 }}><InputNumber min={500} max={60000} precision={0} style={{ width: 110 }} /></Form.Item>}
    </div>
  );
}

/** Whether a rule that commands acts on after the node started anew. */
export function GoesOn() {
  const { t } = useTranslation("rules");
  const rows = Form.useWatch("actions", Form.useFormInstance<Fields>()) ?? [];
  if (!rows.some((a) => a?.kind === "command")) return null;
  return <Form.Item name="goes_on" valuePropName="checked" style={{ marginBottom: 12 }}><Checkbox>{t("goes_on")}</Checkbox></Form.Item>;
}

/** A safe action and watchdog as the node takes them; nothing where a command only holds. */
export function safetyOf(a: Partial<Action>): Partial<Action> {
  const s = a.safe;
  const out: Partial<Action> = {};
  if (s && s.action !== "hold") {
    out.safe = { action: s.action, value: s.value ?? 0, ...(s.action === "ramp" ? { rate: s.rate ?? 0, resolution: s.resolution ?? 0 } : { signal: s.signal ?? "" }) };
  }
  if (a.watchdog?.signal) out.watchdog = { signal: a.watchdog.signal, period_ms: a.watchdog.period_ms ?? 1000 };
  return out;
}

/** What a command does when the rule cannot go on, in words. */
export function useSafety(): (a: Action) => string {
  const { t } = useTranslation("rules");
  const { lang } = useLang();
  return (a) => {
    if (a.kind !== "command") return "";
    const s = a.safe;
    const unit = unitText(a.unit, lang);
    let text = t("safe.hold");
    if (s?.action === "ramp") text = t("safe.says.ramp", { value: `${measured(s.value ?? 0)} ${unit}`.trim(), rate: s.rate ? `${measured(s.rate)} ${unit}/s` : t("safe.at.once") });
    if (s?.action === "hand-back") text = t("safe.says.hand-back", { signal: s.signal, value: measured(s.value ?? 0) });
    return `${t("safe")}: ${text}${a.watchdog ? `; ${t("watchdog")} ${a.watchdog.signal}, ${a.watchdog.period_ms} ms` : ""}`;
  };
}

/** How far the set points of a suspended rule are on the way to what was declared. */
export function Securing({ of }: { of: Rule }) {
  const { t } = useTranslation("rules");
  if (!of.securing?.length) return null;
  return (
    <ul aria-label={t("securing")} style={{ margin: 0 }}>
      {of.securing.map((s) => <li key={s.action}><code>{s.point}</code> {t(`safe.${s.safe}`)}: {s.done ? <>{t("securing.done")} <span className="dim num">{s.at && dateTime(s.at)}</span></> : <strong>{t("securing.busy")}</strong>} <span className="dim">{s.what}</span></li>)}
    </ul>
  );
}
