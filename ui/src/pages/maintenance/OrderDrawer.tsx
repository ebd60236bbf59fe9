import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Checkbox, DatePicker, Drawer, Form, Input, InputNumber, Modal, Select } from "antd";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Check, type Work, workOrder, type WorkState, type WorkView } from "../../api/maintenance";
import { machines } from "../../api/queries";
import { Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { duration, fixed } from "../../lib/format";
import { dateTime, iso, minute, ms, ofPicker } from "../../lib/time";
import { useChange } from "../production/parts";
import { WorkTag } from "./Orders";
import { Photos } from "./Photos";
import { Spares } from "./Spares";

const next: Partial<Record<WorkState, WorkState[]>> = {
  proposed: ["planned", "in_work", "cancelled"], planned: ["in_work", "proposed", "cancelled"], in_work: ["done", "planned", "cancelled"], done: ["verified", "ineffective", "in_work"],
};

interface Fields extends Omit<Work, "labour_fen" | "parts_fen" | "down_fen_per_h" | "verify_s" | "checks"> { equipment?: string; labour?: number; partsCost?: number; rate?: number; verify?: number; lines?: string }

/** One work order: what was found and done, what it cost, whether it helped. */
export function OrderDrawer({ id, may, close, open }: { id: string; may: boolean; close: () => void; open: (id: string) => void }) {
  const { t } = useTranslation("maintenance");
  const query = useQuery({ ...workOrder(id), enabled: id !== "new", refetchInterval: 10_000 });
  const order = id === "new" ? undefined : query.data;
  return (
    <Drawer open onClose={close} size={720} title={order ? `${t("order")} ${order.number} · ${order.title}` : t(id === "new" ? "add" : "order")}>
      {id !== "new" && !order ? <Waiting query={query} /> : <Body key={order?.rev ?? 0} order={order} may={may} open={open} />}
    </Drawer>
  );
}

function Body({ order: o, may, open }: { order: WorkView | undefined; may: boolean; open: (id: string) => void }) {
  const { t } = useTranslation("maintenance");
  const { name, lang } = useLang();
  const [f] = Form.useForm<Fields>();
  const [checks, setChecks] = useState<Check[]>(o?.checks ?? []);
  const [moving, setMoving] = useState<WorkState | null>(null);
  const [note, setNote] = useState("");
  const [when, setWhen] = useState<Dayjs>();
  const all = useQuery({ ...machines(), enabled: !o });
  const fen = (yuan: number | undefined | null) => (yuan ? Math.round(yuan * 100) : undefined);
  const work = ({ equipment: _, labour, partsCost, rate, verify, lines, ...v }: Fields): Work => ({
    ...v, parts: o?.parts, labour_fen: fen(labour), parts_fen: fen(partsCost), down_fen_per_h: fen(rate), verify_s: verify ? Math.round(verify * 3600) : undefined,
    checks: [...checks, ...(lines ?? "").split("\n").map((text) => ({ text: text.trim() })).filter((c) => c.text)], due: o?.due,
  }) as Work;
  const save = useChange(async (v: Fields) => {
    if (o) return api.put(`/maintenance/orders/${o.id}`, work(v), o.rev);
    const made = await api.post<{ id: string }>("/maintenance/orders", { equipment: v.equipment, ...work(v) });
    open(made.id);
    return made;
  });
  const move = useChange(async (state: WorkState) => {
    const changed = o && f.isFieldsTouched() ? await api.put<{ rev: number }>(`/maintenance/orders/${o.id}`, work(f.getFieldsValue() as Fields), o.rev) : undefined;
    return api.post(`/maintenance/orders/${o?.id}/state`, { state, note: note.trim() || undefined, at: when && iso(ofPicker(when.toDate())) }, {}, { "If-Match": `"${changed?.rev ?? o?.rev}"` });
  }, () => setMoving(null));
  const ended = o ? ["verified", "ineffective", "cancelled"].includes(o.state) : false;
  return (
    <div className="stack">
      {o && (
        <section className="panel" aria-label={t("state")}>
          <div className="row">
            <WorkTag state={o.state} /><span>{t(`kind.${o.kind}`)}</span><Link to="/machines/$id" params={{ id: o.equipment }}>{name(o.name)}</Link>
            {o.origin?.evidence && !o.origin.evidence.startsWith("/machines/") && <Link to={o.origin.evidence}>{t("evidence")}</Link>}
            {o.origin && <Link to="/machines/$id" params={{ id: o.equipment }} search={{ from: iso(ms(o.origin.from) - 30 * minute), to: iso(ms(o.origin.from) + 30 * minute) }}>{t("from.alarm", { text: name(o.origin.text) || o.origin.alarm })}</Link>}
          </div>
          <p style={{ margin: "8px 0 0" }} className="num">{t("cost.line", { down: o.downtime_ms === null ? "—" : duration(o.downtime_ms, lang), cost: o.cost_fen === null ? "—" : `${fixed(o.cost_fen / 100, 2)} ${t("yuan")}` })}{o.cost_fen === null && o.reason ? <span className="dim"> · {t("cost.norate")}</span> : null}</p>
          {may && !ended && <div className="row" style={{ marginTop: 8 }}>{(next[o.state] ?? []).map((s, i) => <Button key={s} type={i === 0 ? "primary" : "default"} danger={s === "cancelled"} onClick={() => { setNote(""); setWhen(undefined); setMoving(s); }}>{t(`do.${s}`)}</Button>)}</div>}
        </section>)}
      {o && o.known.length > 0 && (
        <section className="panel" aria-label={t("known")}>
          <h2>{t("known")}</h2>
          <table className="plain">
            <thead><tr><th>{t("number")}</th><th>{t("machine")}</th><th>{t("fault")}</th><th>{t("cause")}</th><th>{t("action")}</th><th>{t("state")}</th><th /></tr></thead>
            <tbody>{o.known.map((k) => (
              <tr key={k.order}><td><Link to="/maintenance" search={{ order: k.order }}>{k.number}</Link></td><td>{name(k.name)}</td><td>{k.fault}</td><td>{k.cause}</td><td>{k.action}</td><td><WorkTag state={k.state} /></td>
                <td>{may && !ended && <Button size="small" onClick={() => f.setFieldsValue({ fault: k.fault, cause: k.cause, action: k.action })}>{t("known.use")}</Button>}</td></tr>))}</tbody>
          </table>
        </section>)}
      <Form<Fields> form={f} layout="vertical" disabled={!may || ended} onFinish={(v) => save.mutate(v)}
        initialValues={{ priority: 3, ...o, labour: o?.labour_fen && o.labour_fen / 100, partsCost: o?.parts_fen && o.parts_fen / 100, rate: o?.down_fen_per_h && o.down_fen_per_h / 100, verify: (o?.verify_s ?? 86_400) / 3600 }}>
        {!o && <Form.Item name="equipment" label={t("machine")} rules={[{ required: true }]}><Select showSearch optionFilterProp="label" options={(all.data ?? []).map((m) => ({ value: m.id, label: `${name(m.name)} (${m.path})` }))} /></Form.Item>}
        <Form.Item name="title" label={t("what")} rules={[{ required: true }]}><Input maxLength={100} /></Form.Item>
        <div className="row" style={{ alignItems: "start" }}>
          <Form.Item name="priority" label={t("priority")}><InputNumber min={1} max={4} style={{ width: 80 }} /></Form.Item>
          <Form.Item name="assignee" label={t("assignee")}><Input maxLength={80} style={{ width: 160 }} /></Form.Item>
          <Form.Item name="verify" label={t("verify")}><InputNumber min={0.1} max={2160} style={{ width: 110 }} /></Form.Item>
          <Form.Item name="rate" label={t("rate")}><InputNumber min={0} style={{ width: 130 }} /></Form.Item>
          <Form.Item name="labour" label={t("labour")}><InputNumber min={0} style={{ width: 110 }} /></Form.Item>
          <Form.Item name="partsCost" label={t("partsCost")}><InputNumber min={0} style={{ width: 110 }} /></Form.Item>
        </div>
        <Form.Item name="fault" label={t("fault")}><Input.TextArea rows={1} autoSize maxLength={300} /></Form.Item>
        <Form.Item name="cause" label={t("cause")}><Input.TextArea rows={1} autoSize maxLength={300} /></Form.Item>
        <Form.Item name="action" label={t("action")}><Input.TextArea rows={1} autoSize maxLength={300} /></Form.Item>
        {checks.length > 0 && (
          <section aria-label={t("checks")}>
            <div>{t("checks")}</div>
            {checks.map((c, i) => <div key={c.text}><Checkbox checked={c.done ?? false} onChange={(e) => setChecks(checks.map((x, j) => (j === i ? { ...x, done: e.target.checked } : x)))}>{c.text}</Checkbox>{c.by && c.done && <span className="dim"> {c.by} {c.at ? dateTime(c.at) : ""}</span>}<Photos text={c.text} place={o?.path ?? ""} all={c.photos ?? []} change={may && !ended && o ? (photos) => setChecks(checks.map((x, j) => (j === i ? { ...x, photos } : x))) : undefined} /></div>)}
          </section>)}
        <Form.Item name="lines" label={t("checks.add")}><Input.TextArea autoSize={{ minRows: 1, maxRows: 6 }} /></Form.Item>
        {may && !ended && <Button type={o ? "default" : "primary"} htmlType="submit" loading={save.isPending}>{t(o ? "common:save" : "add")}</Button>}
      </Form>
      {o && <Spares o={o} may={may && !ended} />}
      {o && (
        <section className="panel" aria-label={t("steps")}>
          <h2>{t("steps")}</h2>
          <table className="plain"><thead><tr><th>{t("state")}</th><th>{t("at")}</th><th>{t("who")}</th><th>{t("note")}</th></tr></thead>
            <tbody>{o.steps.map((s, i) => <tr key={i}><td><WorkTag state={s.state} /></td><td className="num">{dateTime(s.at)}</td><td>{s.by === "node" ? t("itself") : s.by}</td><td>{s.note}</td></tr>)}</tbody></table>
        </section>)}
      {moving && (
        <Modal open title={t(`do.${moving}`)} okText={t(`do.${moving}`)} onOk={() => move.mutate(moving)} confirmLoading={move.isPending} onCancel={() => setMoving(null)}>
          {(moving === "in_work" || moving === "done") && <label style={{ display: "block", marginBottom: 8 }}>{t(`when.${moving}`)} <DatePicker aria-label={t(`when.${moving}`)} showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" placeholder={t("now")} value={when} onChange={(d: Dayjs | null) => setWhen(d ?? undefined)} /></label>}
          <label>{t(moving === "cancelled" || moving === "ineffective" ? "why" : "note")}<Input.TextArea autoFocus rows={2} maxLength={300} value={note} onChange={(e) => setNote(e.target.value)} /></label>
        </Modal>)}
    </div>
  );
}
