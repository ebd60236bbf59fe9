import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, App, Button, Input, Modal, Spin, Tabs } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address } from "../../api/client";
import { type Diagnosis, diagnosis, type DiagnosisState, edition, type Edition } from "../../api/diagnosis";
import { session } from "../../api/queries";
import { useLang } from "../../i18n/useLang";
import { fixed } from "../../lib/format";
import { day8 } from "../../lib/time";
import type { DiagnosisSearch } from "../../routes";
import { StateTag } from "./DiagnosisPage";
import { History } from "./History";
import { Measures } from "./Measures";
import { Outcome } from "./Outcome";
import { Reply } from "./Reply";
import { Requirements } from "./Requirements";
import { Team } from "./Team";
import { useChange } from "./useChange";

/** One diagnosis: what is asked at the left, evidence and answers at the right. */
export function Workspace({ id }: { id: string }) {
  const { t } = useTranslation("diagnosis");
  const navigate = useNavigate();
  const search: DiagnosisSearch = useSearch({ strict: false });
  const me = useQuery(session);
  const { data: d, error } = useQuery(diagnosis(id));
  const model = useQuery({ ...edition(d?.edition ?? "", d?.version ?? 0), enabled: d !== undefined });
  const back = <Button onClick={() => void navigate({ to: "/diagnoses", search: {} })}>{t("back")}</Button>;
  const wrong = error ?? model.error;
  if (wrong) return <div className="stack">{back}<Alert type="error" showIcon message={wrong.message} /></div>;
  if (!d || !model.data) return <Spin aria-label={t("common:loading")} />;
  const may = me.data?.permissions.includes("diagnose") ?? false;
  const part = { d, e: model.data, may };
  const tabs = [
    { key: "answers", label: t("tab.answers"), children: <Requirements {...part} /> },
    { key: "outcome", label: t("tab.outcome"), children: <Outcome {...part} /> },
    { key: "measures", label: `${t("tab.measures")} (${d.measures.filter((m) => !m.dropped).length})`, children: <Measures {...part} /> },
    { key: "team", label: t("tab.team"), children: <Team {...part} /> },
    { key: "reply", label: t("tab.reply"), children: <Reply {...part} /> },
    { key: "history", label: t("tab.history"), children: <History {...part} /> },
  ];
  const tab = tabs.some((x) => x.key === search.tab) ? search.tab : "answers";
  return (
    <>
      <div className="pagehead">
        {back}<h1>{d.plan.title}</h1><StateTag state={d.state} /><span className="fill" />
        <Button href={address(`/diagnoses/${id}/report`, { format: "pdf" })} download>{t("pdf")}</Button>
        <Button href={address(`/diagnoses/${id}/report`, { format: "docx" })} download>{t("docx")}</Button>
        {may && <Moves d={d} />}
      </div>
      <Facts {...part} />
      <Tabs activeKey={tab ?? "answers"} items={tabs} destroyOnHidden onChange={(key) => void navigate({ to: "/diagnoses", search: { ...search, tab: key }, replace: true })} />
    </>
  );
}

export interface PartProps { d: Diagnosis; e: Edition; may: boolean }

/** What a reader wants to know first. */
function Facts({ d, e }: PartProps) {
  const { t } = useTranslation("diagnosis");
  const { name } = useLang();
  const o = d.outcome;
  const level = e.levels[o.grade - 1];
  return (
    <dl className="kv panel" style={{ gridTemplateColumns: "repeat(auto-fit, minmax(150px, 1fr))", marginBottom: 12 }}>
      <div><dt>{t("firm")}</dt><dd>{d.firm.name}{(d.firm.region || d.firm.sector) && <span className="dim"> {[d.firm.region, d.firm.sector].filter(Boolean).join(" · ")}</span>}</dd></div>
      <div><dt>{t("edition")}</dt><dd>{name(e.name)} v{e.version} {!e.verified && <span className="chip" title={e.source}>{t("unverified")}</span>}</dd></div>
      <div><dt>{t("total")}</dt><dd><b>{fixed(o.total, 2)}</b> <span className="dim">{o.highest > o.total && t("atMost", { n: fixed(o.highest, 2) })}</span></dd></div>
      <div><dt>{t("grade")}</dt><dd>{level ? name(level.name) : t("grade.below")} <span className="dim">{t("target", { n: d.plan.target })}</span></dd></div>
      <div><dt>{t("answered")}</dt><dd>{o.answered} / {o.asked}</dd></div>
      <div><dt>{t("share")}</dt><dd>{fixed(100 * o.share, 1)} % <span className="dim">({o.from_machine} / {o.asked})</span></dd></div>
      {d.entry && <div><dt>{t("entry")}</dt><dd><Link to="/ledgers" search={{ tab: "entries", kind: "diagnosis", id: d.id }}>{t("entry.stands", { day: day8(d.entry.from) })}</Link></dd></div>}
      {d.due && <div><dt>{t("due")}</dt><dd>{day8(d.due)}</dd></div>}
    </dl>
  );
}

const onward: Partial<Record<DiagnosisState, DiagnosisState>> = { planned: "visiting", visiting: "drafted", replied: "closed" };

/** The way on, and the ways back and out, which take a reason. */
function Moves({ d }: { d: Diagnosis }) {
  const { t } = useTranslation("diagnosis");
  const { modal } = App.useApp();
  const [to, setTo] = useState<DiagnosisState | null>(null);
  const [note, setNote] = useState("");
  const change = useChange(d, () => setTo(null));
  const move = (state: DiagnosisState, why?: string) => change.mutate({ method: "post", part: "state", body: { state, ...(why ? { note: why } : {}) } });
  const next = onward[d.state];
  // Who opens or cancels a closed one takes its entry out of the register, too.
  const over = d.state === "closed" || d.state === "followed";
  const ask = (state: DiagnosisState) => void modal.confirm({ title: t(`move.${state}` as "move.closed"), content: t(`move.${state}.hint` as "move.closed.hint"), okText: t("yes"), cancelText: t("common:cancel"), onOk: () => move(state) });
  return (
    <>
      {next && <Button type="primary" loading={change.isPending} onClick={() => ask(next)}>{t(`move.${next}` as "move.closed")}</Button>}
      {(d.state === "drafted" || d.state === "replied") && <Button onClick={() => setTo("visiting")}>{t("move.back")}</Button>}
      {d.state === "closed" && d.follow_ups.length === 0 && <Button onClick={() => setTo("visiting")}>{t("move.reopen")}</Button>}
      {d.state !== "cancelled" && <Button danger onClick={() => setTo("cancelled")}>{t(over ? "move.withdrawn" : "move.cancelled")}</Button>}
      <Modal open={to !== null} title={t(to === "cancelled" ? (over ? "move.withdrawn" : "move.cancelled") : over ? "move.reopen" : "move.back")} okText={t("yes")} cancelText={t("common:cancel")} okButtonProps={{ disabled: !note.trim() }} confirmLoading={change.isPending}
        onCancel={() => setTo(null)} onOk={() => to && move(to, note)}>
        {over && <p>{t("move.over.hint")}</p>}
        <label htmlFor="why">{t("why")}</label>
        <Input.TextArea id="why" rows={3} maxLength={1000} value={note} onChange={(x) => setNote(x.target.value)} />
      </Modal>
    </>
  );
}
