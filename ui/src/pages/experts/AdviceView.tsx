import { useQuery } from "@tanstack/react-query";
import { Alert, App, Button, Drawer, Form, Input, Spin, Upload } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address, api } from "../../api/client";
import { type Advice, type AdviceFile, advice, step } from "../../api/experts";
import { session } from "../../api/queries";
import { dateTime } from "../../lib/time";
import { AdviceTag } from "./AdviceTab";
import { dayRule, ExpertPicker, Past, useOwn, usePlaces, useStep } from "./parts";

/** One question with its answer, and what the person may do about it. */
export function AdviceView({ id, sends, close }: { id: string; sends: boolean; close: () => void }) {
  const { t } = useTranslation("experts");
  const place = usePlaces();
  const own = useOwn();
  const me = useQuery(session).data;
  const { data: a, error } = useQuery(advice(id));
  const over = a?.state === "closed" || a?.state === "withdrawn";
  const answers = sends || (a?.expert !== undefined && own.includes(a.expert));
  // Who speaks for a firm sees no other questions than the firm's and one's own.
  const asked = sends || a?.asked_by === me?.name || (!answers && (me?.permissions.includes("firms.reply") ?? false));
  return (
    <Drawer open onClose={close} size={820} title={a?.title ?? t("question")}>
      {error ? <Alert type="error" showIcon title={error.message} /> : !a ? <Spin aria-label={t("common:loading")} /> : (
        <div className="stack">
          <dl className="kv panel" style={{ gridTemplateColumns: "repeat(auto-fit, minmax(160px, 1fr))" }}>
            <div><dt>{t("asker")}</dt><dd>{a.called ?? t("asker.region")} <span className="dim">{place(a.region)}</span></dd></div>
            <div><dt>{t("asked")}</dt><dd>{a.asked_by} <span className="dim">{dateTime(a.asked_at)}</span></dd></div>
            <div><dt>{t("topic")}</dt><dd>{t(`topic.${a.topic}`)}</dd></div>
            <div><dt>{t("state")}</dt><dd><AdviceTag of={a} /></dd></div>
            <div><dt>{t("answerer")}</dt><dd>{a.to ?? "—"} {a.to !== a.organisation && <span className="dim">{a.organisation}</span>}</dd></div>
            <div><dt>{t("due")}</dt><dd>{a.due ?? "—"}</dd></div>
          </dl>
          <section><h3>{t("text")}</h3><p style={{ whiteSpace: "pre-wrap" }}>{a.text}</p></section>
          {a.answer && <section><h3>{t("answer")}</h3><p style={{ whiteSpace: "pre-wrap" }}>{a.answer}</p>
            {a.reference && <p><b>{t("reference")}</b> {a.reference}</p>}
            {a.files.map((f) => <div key={f.sha256}><a href={address(`/advice/${a.id}/files/${f.sha256}`)} download>{f.name}</a></div>)}
            <p className="dim">{a.answered_by} {a.answered_at && dateTime(a.answered_at)}</p></section>}
          {a.note && <p><b>{t("note")}</b> {a.note}</p>}
          {sends && (a.state === "asked" || a.state === "directed") && <Direct a={a} key={a.rev} />}
          {answers && (a.state === "directed" || a.state === "answered") && <Answer a={a} />}
          {asked && !over && <End a={a} key={`end-${a.rev}`} />}
          <Past<Advice> path={`/advice/${id}`} rev={a.rev} what={(is) => <>{t(`told.${is.last}`)} <span className="dim">{is.last === "directed" ? `${is.to ?? ""} ${is.due ?? ""}` : is.last === "answered" ? is.answer : (is.note ?? "")}</span></>} />
        </div>)}
    </Drawer>
  );
}

interface To { expert?: string; organisation?: string; due: string }

function Direct({ a }: { a: Advice }) {
  const { t } = useTranslation("experts");
  const [form] = Form.useForm<To>();
  const send = useStep((v: To) => step(`/advice/${a.id}/direction`, a.rev, v));
  return (
    <Form<To> form={form} layout="vertical" initialValues={{ expert: a.expert, organisation: a.expert ? undefined : a.organisation, due: a.due }} onFinish={(v) => send.mutate(v)}>
      <h3>{t("direct")}</h3>
      <div className="row" style={{ alignItems: "flex-start" }}>
        <Form.Item name="expert" label={t("expert")} style={{ minWidth: 240 }}><ExpertPicker called={a.to} /></Form.Item>
        <Form.Item name="organisation" label={t("direct.organisation")} extra={t("direct.hint")}><Input maxLength={100} /></Form.Item>
        <Form.Item name="due" label={t("due")} rules={[{ required: true, message: t("needed") }, dayRule(t("day.bad"))]}><Input placeholder="2026-06-01" style={{ width: 130 }} /></Form.Item>
        <Form.Item label=" "><Button type="primary" htmlType="submit" loading={send.isPending}>{t("direct")}</Button></Form.Item>
      </div>
    </Form>
  );
}

interface Said { answer: string; reference?: string }

function Answer({ a }: { a: Advice }) {
  const { t } = useTranslation("experts");
  const { message } = App.useApp();
  const [form] = Form.useForm<Said>();
  const [files, setFiles] = useState<AdviceFile[]>(a.files);
  const send = useStep((v: Said) => step(`/advice/${a.id}/answer`, a.rev, { ...v, files }));
  const attach = async (f: File) => {
    try {
      const kept = await api.postFile<AdviceFile>(`/advice/${a.id}/files`, f, { name: f.name });
      setFiles((now) => [...now.filter((o) => o.sha256 !== kept.sha256), kept]);
    } catch (err) {
      message.error(err instanceof Error ? err.message : String(err), 10);
    }
  };
  return (
    <Form<Said> form={form} layout="vertical" initialValues={{ answer: a.answer, reference: a.reference }} onFinish={(v) => send.mutate(v)}>
      <h3>{t(a.state === "answered" ? "answer.again" : "answer.give")}</h3>
      <Form.Item name="answer" label={t("answer")} rules={[{ required: true, message: t("needed") }]}><Input.TextArea maxLength={4000} rows={4} /></Form.Item>
      <Form.Item name="reference" label={t("reference")} extra={t("reference.hint")}><Input.TextArea maxLength={4000} autoSize={{ minRows: 1 }} /></Form.Item>
      <div className="row" style={{ marginBottom: 12 }}>
        <Upload showUploadList={false} aria-label={t("attach")} beforeUpload={(f) => { void attach(f); return Upload.LIST_IGNORE; }}><Button>{t("attach")}</Button></Upload>
        {files.map((f) => <span key={f.sha256} className="chip">{f.name} <button type="button" className="figbtn" aria-label={`${t("remove")} ${f.name}`} onClick={() => setFiles(files.filter((o) => o !== f))}>×</button></span>)}
        <span className="fill" /><Button type="primary" htmlType="submit" loading={send.isPending}>{t("answer.send")}</Button>
      </div>
    </Form>
  );
}

function End({ a }: { a: Advice }) {
  const { t } = useTranslation("experts");
  const [note, setNote] = useState("");
  const send = useStep((to: string) => step(`/advice/${a.id}/end`, a.rev, { to, note }));
  return (
    <section className="stack">
      <label>{t("note")}<Input.TextArea maxLength={2000} autoSize={{ minRows: 1 }} value={note} onChange={(e) => setNote(e.target.value)} placeholder={t("end.hint")} /></label>
      <div className="row">
        {a.state === "answered" && <Button type="primary" loading={send.isPending} onClick={() => send.mutate("closed")}>{t("end.closed")}</Button>}
        {a.state === "answered" && <Button disabled={!note.trim()} onClick={() => send.mutate("asked_on")}>{t("end.asked_on")}</Button>}
        <Button danger disabled={!note.trim()} onClick={() => send.mutate("withdrawn")}>{t("end.withdrawn")}</Button>
      </div>
    </section>
  );
}
