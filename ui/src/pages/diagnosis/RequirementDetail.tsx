import { useMutation } from "@tanstack/react-query";
import { App, Button, Input, Radio, Upload } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address, api } from "../../api/client";
import type { Diagnosis, Evidence, Grade, ProofFile, Requirement } from "../../api/diagnosis";
import { Badges, HeadlineValue, useReason } from "../../components/Figures";
import { useLang } from "../../i18n/useLang";
import { fixed } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { useChange } from "./useChange";

interface Props { d: Diagnosis; r: Requirement; may: boolean; next: () => void }

const grades: Exclude<Grade, "">[] = ["full", "most", "part", "none"];

/** A requirement with what machines say of it and what people say. */
export function RequirementDetail({ d, r, may, next }: Props) {
  const { t } = useTranslation("diagnosis");
  const { name } = useLang();
  const evidence = d.evidence[r.id];
  return (
    <section className="panel stack" aria-label={name(r.text)}>
      <div>
        <div className="row"><span className="mono dim">{r.id}</span><span className="chip">{t("level", { n: r.level })}</span>{!r.verified && <span className="chip" title={t("unverified.hint")}>{t("unverified")}</span>}</div>
        <h2 style={{ fontSize: 16, margin: "6px 0 0" }}>{name(r.text)}</h2>
      </div>
      {r.evidence && (evidence ? <EvidencePart e={evidence} r={r} /> : <p className="dim">{t("evidence.notHere")}</p>)}
      <AnswerPart d={d} r={r} may={may && (d.state === "planned" || d.state === "visiting")} next={next} />
      <Asked d={d} r={r} may={may} />
    </section>
  );
}

function EvidencePart({ e, r }: { e: Evidence; r: Requirement }) {
  const { t } = useTranslation("diagnosis");
  const { name } = useLang();
  const reason = useReason();
  const question = { id: e.figure, scope: e.scope, window: "range", from: e.from, to: e.to };
  const flags = { value: e.value ?? null, provisional: e.provisional ?? false, flags: [] } as unknown as Parameters<typeof Badges>[0]["figure"];
  const rule = [["full", r.evidence?.full], ["most", r.evidence?.most], ["part", r.evidence?.part]].filter(([, c]) => c).map(([g, c]) => `${t(`grade.${g}` as "grade.full")}: ${c}`).join("；");
  return (
    <div style={{ borderLeft: "3px solid var(--accent)", paddingLeft: 10 }}>
      <h3 style={{ fontSize: 14, margin: "0 0 4px" }}>{t("evidence")}</h3>
      <dl className="kv">
        <dt>{name(e.name)}</dt>
        <dd className="row"><HeadlineValue headline={{ id: e.figure, value: e.value ?? null, unit: e.unit ?? "1", reason: e.reason } as never} digits={3} title={name(e.name)} question={question} /> <Badges figure={flags} /></dd>
        <dt>{t("evidence.says")}</dt><dd>{e.grade ? <b>{t(`grade.${e.grade}`)}</b> : <>{t("evidence.nothing")}{e.reason && <> {e.reason === "low_coverage" ? t("evidence.low") : reason(e.reason)}</>}</>}</dd>
        <dt>{t("evidence.time")}</dt><dd>{dateTime(e.from)} — {dateTime(e.to)}</dd>
        <dt>{t("evidence.coverage")}</dt><dd>{e.coverage === undefined ? "—" : `${fixed(100 * e.coverage, 1)} %`}</dd>
        <dt>{t("evidence.definition")}</dt><dd className="mono">{e.figure} v{e.version}{e.as_of && <> · {t("evidence.asOf")} {dateTime(e.as_of)} · {t("evidence.revision", { n: e.revision })}</>}</dd>
        <dt>{t("evidence.rule")}</dt><dd className="mono">{rule} <span className="chip">{t("unverified")}</span></dd>
      </dl>
    </div>
  );
}

/** What a person says; against the machine only with a reason. Keys 1 to 4 choose. */
function AnswerPart({ d, r, may, next }: Props) {
  const { t } = useTranslation("diagnosis");
  const { message } = App.useApp();
  const said = d.answers[r.id];
  const [grade, setGrade] = useState<Grade>(said?.grade ?? "");
  const [remark, setRemark] = useState(said?.remark ?? "");
  const [files, setFiles] = useState<ProofFile[]>(said?.files ?? []);
  const change = useChange(d);
  const send = useMutation({
    mutationFn: (f: File) => api.postFile<ProofFile>(`/diagnoses/${d.id}/files`, f, { name: f.name }),
    onSuccess: (f) => setFiles((old) => [...old.filter((o) => o.sha256 !== f.sha256), f]), onError: (err) => { message.error(err.message); },
  });
  const save = () => change.mutate({ method: "put", part: "answers", body: { requirement: r.id, grade, remark, files } }, { onSuccess: next });
  const machine = d.evidence[r.id]?.grade;
  const against = Boolean(machine && grade && grade !== machine && !remark.trim());
  return (
    <div className="stack" style={{ gap: 8 }} onKeyDown={(x) => { const g = grades[Number(x.key) - 1]; if (may && g && !(x.target instanceof HTMLTextAreaElement)) setGrade(g); }}>
      <h3 style={{ fontSize: 14, margin: 0 }}>{t("person")} {said?.at && <span className="dim" style={{ fontWeight: 400 }}>{said.by} · {dateTime(said.at)}</span>}</h3>
      <Radio.Group value={grade} disabled={!may} onChange={(x) => setGrade(x.target.value as Grade)} aria-label={t("person")} optionType="button"
        options={grades.map((g, i) => ({ value: g, label: `${i + 1} ${t(`grade.${g}`)}` }))} />
      <Input.TextArea rows={2} maxLength={2000} disabled={!may} value={remark} placeholder={t("remark")} aria-label={t("remark")} status={against ? "error" : ""} onChange={(x) => setRemark(x.target.value)} />
      {against && <div role="alert">{t("against", { grade: t(`grade.${machine || "none"}`) })}</div>}
      {files.map((f) => (
        <div key={f.sha256} className="row">
          <a href={address(`/diagnoses/${d.id}/files/${f.sha256}`)} download={f.name}>{f.name}</a> <span className="dim mono">{fixed(f.bytes / 1024, 1)} KiB · {f.sha256.slice(0, 12)}…</span>
          {may && <Button size="small" onClick={() => setFiles(files.filter((o) => o !== f))}>{t("detach")}</Button>}
        </div>))}
      {may && (
        <div className="row">
          <Upload showUploadList={false} beforeUpload={(f) => { send.mutate(f); return false; }}><Button loading={send.isPending}>{t("attach")}</Button></Upload>
          <Button type="primary" disabled={!grade || against} loading={change.isPending} onClick={save}>{t("saveNext")}</Button>
          {said && <Button loading={change.isPending} onClick={() => change.mutate({ method: "put", part: "answers", body: { requirement: r.id, grade: "", remark: "" } }, { onSuccess: () => { setGrade(""); setRemark(""); setFiles([]); } })}>{t("takeBack")}</Button>}
        </div>)}
    </div>
  );
}

/** Questions to the firm about the requirement. */
function Asked({ d, r, may }: Omit<Props, "next">) {
  const { t } = useTranslation("diagnosis");
  const [text, setText] = useState("");
  const change = useChange(d, () => setText(""));
  const own = d.questions.filter((q) => q.requirement === r.id);
  const can = may && !["closed", "followed", "cancelled"].includes(d.state);
  if (!can && own.length === 0) return null;
  return (
    <div className="stack" style={{ gap: 6 }}>
      <h3 style={{ fontSize: 14, margin: 0 }}>{t("questions")}</h3>
      {own.map((q) => <div key={q.id}><b>{q.by}</b> {q.text}<div className="dim">{q.answer ? `${q.answered_by}: ${q.answer}` : t("unansweredQuestion")}</div></div>)}
      {can && <div className="row" style={{ flexWrap: "nowrap" }}>
        <Input value={text} maxLength={1000} placeholder={t("ask.hint")} aria-label={t("ask.hint")} onChange={(x) => setText(x.target.value)} />
        <Button disabled={!text.trim()} loading={change.isPending} onClick={() => change.mutate({ method: "post", part: "questions", body: { requirement: r.id, text } })}>{t("ask")}</Button>
      </div>}
    </div>
  );
}
