import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { App, Button, Input, Modal, Segmented } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { session } from "../../api/queries";
import type { Alarm } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { duration } from "../../lib/format";
import { dateTime, hour, iso, ms, shortTime } from "../../lib/time";
import { Since } from "../../pages/overview/Tile";
import { useChange } from "../../pages/production/parts";
import { useProblem } from "../Status";

/** Priority in a word and a shape: colour alone says nothing to many eyes. */
export function Priority({ level }: { level: number }) {
  const { t } = useTranslation("alarms");
  const mark = ["■", "▲", "◆", "●"][level - 1] ?? "●";
  return <span style={{ whiteSpace: "nowrap", fontWeight: level <= 2 ? 600 : 400, color: level === 1 ? "var(--alarm)" : undefined }}><span aria-hidden>{mark}</span> {t(`priority.${level}` as "priority.1")}</span>;
}

export function AlarmTable({ alarms, machine = true }: { alarms: Alarm[]; machine?: boolean }) {
  const { t } = useTranslation("alarms");
  const { lang, name } = useLang();
  const { data: me } = useQuery(session);
  const [picked, setPicked] = useState<Alarm | null>(null);
  const [shelving, setShelving] = useState<Alarm | null>(null);
  const navigate = useNavigate();
  const back = useChange((a: Alarm) => api.post("/alarms/mode", { equipment: a.equipment, alarm: a.id, state: "normal", reason: t("back") }));
  const order = useChange(async (a: Alarm) => {
    const made = await api.post<{ id: string }>("/maintenance/orders", { equipment: a.equipment, title: `${a.name.zh} ${a.text.zh}`, priority: a.priority, origin: { alarm: a.id, from: a.from, text: a.text, evidence: a.evidence || undefined } });
    await navigate({ to: "/maintenance", search: { order: made.id } });
  });
  const may = me?.permissions.includes("report") ?? false;
  return (
    <div className="scroll" tabIndex={0} aria-label={t("title")}>
      <table className="plain">
        <thead><tr><th>{t("priority")}</th>{machine && <th>{t("machine")}</th>}<th>{t("text")}</th><th>{t("from")}</th><th className="r">{t("lasted")}</th><th>{t("state")}</th><th>{t("ack")}</th><th /><th /></tr></thead>
        <tbody>
          {alarms.map((a) => (
            <tr key={`${a.equipment}/${a.id}/${a.from}`}>
              <td><Priority level={a.priority} /></td>
              {machine && <td><Link to="/machines/$id" params={{ id: a.equipment }}>{name(a.name)}</Link></td>}
              <td title={a.id}>{a.evidence && a.source !== "profile" && a.source !== "limit" ? <Link to={a.evidence}>{name(a.text)}</Link> : name(a.text)}</td>
              <td className="num" title={dateTime(a.from)} style={{ whiteSpace: "nowrap" }}>{a.earlier ? `${t("earlier")} ` : ""}{shortTime(a.from)}</td>
              <td className="r num">{a.open ? <Since since={a.from} /> : duration(ms(a.to) - ms(a.from), lang)}</td>
              <td>{t(`state.${a.state}` as "state.normal")}{a.lost && <span className="dim"> · {t("end.lost")}</span>}{a.mode?.until && <span className="dim"> · {t("aside.until", { at: shortTime(a.mode.until) })}</span>}</td>
              <td>{a.acked ? <span className="dim" title={a.acked.note}>{t("acked", { by: a.acked.by, at: shortTime(a.acked.at) })}{a.acked.note ? `：${a.acked.note}` : ""}</span>
                : may && <Button size="small" type={a.open ? "primary" : "default"} onClick={() => setPicked(a)}>{t("ack")}</Button>}</td>
              <td>{may && (
                <span className="row" style={{ flexWrap: "nowrap" }}>
                  {a.mode ? <Button size="small" title={t("aside.why", { by: a.mode.by, reason: a.mode.reason })} onClick={() => back.mutate(a)}>{t("back")}</Button> : a.open && <Button size="small" onClick={() => setShelving(a)}>{t("shelve")}</Button>}
                  <Button size="small" onClick={() => order.mutate(a)}>{t("order")}</Button>
                </span>)}</td>
              <td><Link to="/machines/$id" params={{ id: a.equipment }} search={{ from: iso(ms(a.from) - 15 * 60_000), to: iso(ms(a.to) + 15 * 60_000) }}>{t("trend")}</Link></td>
            </tr>))}
        </tbody>
      </table>
      {shelving && <Shelve alarm={shelving} close={() => setShelving(null)} />}
      {picked && <Acknowledge alarm={picked} close={() => setPicked(null)} />}
    </div>
  );
}

const shelfHours = [1, 4, 8, 24, 72, 168];

/** Puts an alarm aside for a while, with the reason. */
function Shelve({ alarm, close }: { alarm: Alarm; close: () => void }) {
  const { t } = useTranslation("alarms");
  const { name } = useLang();
  const [hours, setHours] = useState(8);
  const [reason, setReason] = useState("");
  const send = useChange(() => api.post("/alarms/mode", { equipment: alarm.equipment, alarm: alarm.id, state: "shelved", until: iso(Date.now() + hours * hour - 1000), reason: reason.trim() }), close);
  return (
    <Modal open title={`${t("shelve")}：${name(alarm.name)} · ${name(alarm.text)}`} okText={t("shelve")} okButtonProps={{ disabled: !reason.trim() }} onOk={() => send.mutate(undefined)} confirmLoading={send.isPending} onCancel={close}>
      <div className="stack">
        <Segmented aria-label={t("shelve.until")} value={hours} onChange={(v) => setHours(Number(v))} options={shelfHours.map((h) => ({ value: h, label: t("shelve.hours", { count: h }) }))} />
        <label>{t("shelve.reason")}<Input.TextArea autoFocus maxLength={300} rows={2} value={reason} onChange={(e) => setReason(e.target.value)} /></label>
      </div>
    </Modal>
  );
}

function Acknowledge({ alarm, close }: { alarm: Alarm; close: () => void }) {
  const { t } = useTranslation("alarms");
  const { name } = useLang();
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  const [note, setNote] = useState("");
  const send = useMutation({
    mutationFn: () => api.post("/alarms/ack", { equipment: alarm.equipment, alarm: alarm.id, at: alarm.from, note: note.trim() || undefined }),
    onSuccess: () => {
      void message.success(t("ack.done", { text: name(alarm.text) }));
      void client.invalidateQueries({ queryKey: ["alarms"] });
      close();
    },
    onError: (err) => { message.error(problem(err)); },
  });
  return (
    <Modal open title={`${t("ack")}：${name(alarm.name)} · ${name(alarm.text)}`} okText={t("ack")} onOk={() => send.mutate()} confirmLoading={send.isPending} onCancel={close}>
      <label>{t("note")}<Input.TextArea autoFocus maxLength={500} rows={2} value={note} onChange={(e) => setNote(e.target.value)} onPressEnter={(e) => { if (!e.shiftKey) { e.preventDefault(); send.mutate(); } }} /></label>
    </Modal>
  );
}
