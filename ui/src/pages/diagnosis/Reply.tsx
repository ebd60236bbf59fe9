import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Form, Input, Select } from "antd";
import { useTranslation } from "react-i18next";
import { session } from "../../api/queries";
import { dateTime, day8 } from "../../lib/time";
import { useChange } from "./useChange";
import type { PartProps } from "./Workspace";

/** What the firm says: to questions, to the draft, and of the measures later on. */
export function Reply(p: PartProps) {
  return <div className="stack"><Questions {...p} /><Draft {...p} /><FollowUps {...p} /></div>;
}

function Questions({ d }: PartProps) {
  const { t } = useTranslation("diagnosis");
  const change = useChange(d);
  const speaks = useQuery(session).data?.permissions.includes("firms.reply") ?? false;
  const open = speaks && !["closed", "followed", "cancelled"].includes(d.state);
  return (
    <section className="panel">
      <h2>{t("questions")}</h2>
      {d.questions.length === 0 && <p className="dim">{t("questions.none")}</p>}
      {d.questions.map((q) => (
        <div key={q.id} style={{ marginBottom: 8 }}>
          <div><b>{q.text}</b> <span className="dim">{q.by} · {dateTime(q.at)} {q.requirement && <span className="mono">{q.requirement}</span>}</span></div>
          {q.answer && <div>{q.answer} <span className="dim">{q.answered_by} · {q.answered_at && dateTime(q.answered_at)}</span></div>}
          {open && !q.answer && (
            <Form layout="inline" onFinish={(v: { text: string }) => change.mutate({ method: "put", part: "questions", body: { question: q.id, text: v.text } })}>
              <Form.Item name="text" rules={[{ required: true, message: t("reply.needed") }]} style={{ flex: 1 }}><Input maxLength={1000} aria-label={`${t("answerTo")} ${q.text}`} placeholder={t("answerTo")} /></Form.Item>
              <Button htmlType="submit" loading={change.isPending}>{t("answer")}</Button>
            </Form>)}
        </div>))}
    </section>
  );
}

function Draft({ d }: PartProps) {
  const { t } = useTranslation("diagnosis");
  const change = useChange(d);
  const speaks = useQuery(session).data?.permissions.includes("firms.reply") ?? false;
  const can = speaks && (d.state === "drafted" || d.state === "replied");
  return (
    <section className="panel">
      <h2>{t("reply")}</h2>
      {d.reply && <p style={{ whiteSpace: "pre-wrap" }}><b>{t(d.reply.agrees ? "reply.agrees" : "reply.disagrees")}</b> {d.reply.text} <span className="dim">{d.reply.by}{d.reply.on_behalf && ` (${t("reply.onBehalf")})`} · {dateTime(d.reply.at)}</span></p>}
      {!d.reply && !can && <p className="dim">{t("reply.later")}</p>}
      {can && (
        <Form layout="vertical" initialValues={{ agrees: true }} onFinish={(v: { text: string; agrees: boolean }) => change.mutate({ method: "post", part: "reply", body: v })}>
          <Form.Item name="text" label={t("reply.text")} rules={[{ required: true, message: t("reply.needed") }]}><Input.TextArea rows={3} maxLength={1300} /></Form.Item>
          <Form.Item name="agrees" valuePropName="checked"><Checkbox>{t("reply.agrees")}</Checkbox></Form.Item>
          <Button type="primary" htmlType="submit" loading={change.isPending}>{t("reply.send")}</Button>
        </Form>)}
    </section>
  );
}

const outcomes = ["done", "doing", "open", "dropped"] as const;

function FollowUps({ d, may }: PartProps) {
  const { t } = useTranslation("diagnosis");
  const change = useChange(d);
  const months = d.follow_ups.length === 0 ? 6 : 12;
  const due = d.due !== undefined && Date.parse(d.due) <= Date.now();
  const measures = d.measures.filter((m) => !m.dropped);
  const title = (id: string) => d.measures.find((m) => m.id === id)?.title ?? id;
  return (
    <section className="panel">
      <h2>{t("followUps")}</h2>
      {d.follow_ups.map((x) => (
        <div key={x.months}><b>{t("followUp.after", { n: x.months })}</b> {x.text} <span className="dim">{x.by} · {dateTime(x.at)}</span>
          <ul>{Object.entries(x.measures).map(([id, s]) => <li key={id}>{title(id)}: {t(`followUp.${s}` as "followUp.done")}</li>)}</ul>
        </div>))}
      {d.due && !due && <p className="dim">{t("followUp.due", { n: months, day: day8(d.due) })}</p>}
      {!d.due && d.follow_ups.length === 0 && <p className="dim">{t("followUp.later")}</p>}
      {d.due && due && may && (
        <Form layout="vertical" onFinish={(v: { text: string; measures?: Record<string, string> }) => change.mutate({ method: "post", part: "follow-ups", body: { months, text: v.text, measures: v.measures ?? {} } })}>
          {measures.map((m) => <Form.Item key={m.id} name={["measures", m.id ?? ""]} label={m.title} initialValue="open"><Select style={{ width: 160 }} options={outcomes.map((o) => ({ value: o, label: t(`followUp.${o}`) }))} /></Form.Item>)}
          <Form.Item name="text" label={t("followUp.after", { n: months })} rules={[{ required: true, message: t("reply.needed") }]}><Input.TextArea rows={3} maxLength={1300} /></Form.Item>
          <Button type="primary" htmlType="submit" loading={change.isPending}>{t("common:save")}</Button>
        </Form>)}
    </section>
  );
}
