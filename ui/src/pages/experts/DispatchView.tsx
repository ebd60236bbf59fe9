import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Alert, Button, Drawer, Input, Modal, Select, Spin, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Assignment, type Candidate, candidates, type Dispatch, dispatch, step } from "../../api/experts";
import { useLang } from "../../i18n/useLang";
import { dateTime } from "../../lib/time";
import { DispatchTag } from "./DispatchTab";
import { Past, useOwn, usePlaces, useStep } from "./parts";

/** One dispatch: who was asked, who is proposed and why others are not. */
export function DispatchView({ id, sends, close }: { id: string; sends: boolean; close: () => void }) {
  const { t } = useTranslation("experts");
  const place = usePlaces();
  const { data: d, error } = useQuery(dispatch(id));
  const running = d?.state === "open" || d?.state === "staffed";
  return (
    <Drawer open onClose={close} size={1000} title={d ? `${t("dispatch")}：${d.firm.name}` : t("dispatch")} extra={d && sends && running && <End d={d} />}>
      {error ? <Alert type="error" showIcon title={error.message} /> : !d ? <Spin aria-label={t("common:loading")} /> : (
        <div className="stack">
          <dl className="kv panel" style={{ gridTemplateColumns: "repeat(auto-fit, minmax(160px, 1fr))" }}>
            <div><dt>{t("diagnosis")}</dt><dd><Link to="/diagnoses" search={{ id: d.diagnosis, tab: "team" }}>{d.title}</Link></dd></div>
            <div><dt>{t("firm")}</dt><dd>{d.firm.name} <span className="dim">{place(d.firm.region)} · {d.firm.sector}</span></dd></div>
            <div><dt>{t("days")}</dt><dd>{d.from} – {d.to}</dd></div>
            <div><dt>{t("state")}</dt><dd><DispatchTag state={d.state} /> {d.reason}</dd></div>
            <div><dt>{t("field")}</dt><dd>{d.fields.map((f) => t(`field.${f}` as "field.mes")).join("、") || "—"}</dd></div>
            <div><dt>{t("asked")}</dt><dd>{d.asked_by} <span className="dim">{dateTime(d.asked_at)}</span> {d.note}</dd></div>
          </dl>
          <Sent d={d} sends={sends && running} />
          {sends && running && <Proposed d={d} />}
          <Past<Dispatch> path={`/expert-dispatches/${id}`} rev={d.rev} what={(is) => <>{t(`did.${is.last}`)} <span className="dim">{is.assignments.map((a) => `${a.name} ${t(`answer.${a.state}`)}`).join("、")} {is.reason}</span></>} />
        </div>)}
    </Drawer>
  );
}

/** A reason is asked for before something is taken back or declined. */
function Why({ title, close, send, pending }: { title: string; close: () => void; send: (reason: string) => void; pending: boolean }) {
  const { t } = useTranslation("experts");
  const [reason, setReason] = useState("");
  return (
    <Modal open title={title} okText={t("yes")} okButtonProps={{ disabled: !reason.trim() }} confirmLoading={pending} onCancel={close} onOk={() => send(reason)}>
      <label htmlFor="why">{t("reason")}</label>
      <Input.TextArea id="why" rows={3} maxLength={500} value={reason} onChange={(e) => setReason(e.target.value)} />
    </Modal>
  );
}

function Sent({ d, sends }: { d: Dispatch; sends: boolean }) {
  const { t } = useTranslation("experts");
  const path = `/expert-dispatches/${d.id}`;
  const own = useOwn();
  const [taking, setTaking] = useState<Assignment>();
  const [declining, setDeclining] = useState(false);
  const answer = useStep((v: { accept: boolean; reason?: string }) => step(`${path}/answer`, d.rev, v), () => setDeclining(false));
  const withdraw = useStep((v: { expert: string; reason: string }) => step(`${path}/withdrawals`, d.rev, v), () => setTaking(undefined));
  return (
    <section className="stack">
      <h3>{t("sent")}</h3>
      <Table<Assignment> size="small" rowKey="expert" dataSource={d.assignments} pagination={false} scroll={{ x: 700 }} locale={{ emptyText: t("sent.none") }}
        columns={[
          { title: t("name"), key: "name", render: (_, a) => <>{a.name}<div className="dim">{a.organisation}</div></> },
          { title: t("role"), key: "role", width: 80, render: (_, a) => t(`role.${a.role}`) },
          { title: t("state"), key: "state", width: 90, render: (_, a) => <Tag color={a.state === "accepted" ? "success" : a.state === "assigned" ? "processing" : "default"}>{t(`answer.${a.state}`)}</Tag> },
          { title: t("reason"), key: "reason", render: (_, a) => a.reason ?? "—" },
          { title: t("actions"), key: "do", width: 110, render: (_, a) => sends && (a.state === "assigned" || a.state === "accepted") && <Button size="small" onClick={() => setTaking(a)}>{t("withdraw")}</Button> },
        ]} />
      {d.assignments.some((a) => a.state === "assigned" && own.includes(a.expert)) && (
        <div className="row"><span>{t("answer.hint")}</span>
          <Button type="primary" loading={answer.isPending} onClick={() => answer.mutate({ accept: true })}>{t("accept")}</Button>
          <Button onClick={() => setDeclining(true)}>{t("decline")}</Button></div>)}
      {declining && <Why title={t("decline")} pending={answer.isPending} close={() => setDeclining(false)} send={(reason) => answer.mutate({ accept: false, reason })} />}
      {taking && <Why title={`${t("withdraw")}：${taking.name}`} pending={withdraw.isPending} close={() => setTaking(undefined)} send={(reason) => withdraw.mutate({ expert: taking.expert, reason })} />}
    </section>
  );
}

function Proposed({ d }: { d: Dispatch }) {
  const { t } = useTranslation("experts");
  const { name } = useLang();
  const place = usePlaces();
  const all = useQuery(candidates(d.id, d.rev));
  const [role, setRole] = useState<"lead" | "expert">(d.assignments.some((a) => a.role === "lead" && (a.state === "assigned" || a.state === "accepted")) ? "expert" : "lead");
  const assign = useStep((expert: string) => step(`/expert-dispatches/${d.id}/assignments`, d.rev, { expert, role }), () => setRole("expert"));
  return (
    <section className="stack">
      <div className="row"><h3 style={{ margin: 0 }}>{t("proposed")}</h3><span className="dim">{t("proposed.hint")}</span><span className="fill" />
        <Select style={{ width: 110 }} aria-label={t("role")} value={role} onChange={setRole} options={(["lead", "expert"] as const).map((r) => ({ value: r, label: t(`role.${r}`) }))} /></div>
      {all.isError && <Alert type="error" showIcon title={all.error.message} />}
      <Table<Candidate> size="small" rowKey="expert" loading={all.isLoading} dataSource={all.data ?? []} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: 860 }} locale={{ emptyText: t("proposed.none") }}
        columns={[
          { title: t("name"), key: "name", render: (_, c) => <>{c.name}<div className="dim">{c.organisation}</div></> },
          { title: t("skills"), key: "skills", render: (_, c) => [c.sector > 0 ? t("match.sector", { code: d.firm.sector.slice(0, c.sector) }) : "", ...c.fields.map((f) => t(`field.${f}` as "field.mes"))].filter(Boolean).join("、") || "—" },
          { title: t("distance"), key: "distance", width: 130, render: (_, c) => <>{t(`distance.${c.distance}` as "distance.0")}<div className="dim">{place(c.region)}</div></> },
          { title: t("load"), key: "load", align: "right", width: 80, render: (_, c) => `${c.load} / ${c.capacity}` },
          { title: t("out"), key: "out", render: (_, c) => (c.out.length === 0 ? <Tag color="success">{t("fits")}</Tag> : c.out.map((r) => <div key={r.code}>{r.bars && <Tag color="error">{t("bars")}</Tag>}{name(r.text)}</div>)) },
          { title: t("actions"), key: "do", width: 100, render: (_, c) => <Button size="small" type={c.out.length === 0 ? "primary" : "default"} disabled={c.out.some((r) => r.bars)} loading={assign.isPending} aria-label={`${t("assign")} ${c.name}`} onClick={() => assign.mutate(c.expert)}>{t("assign")}</Button> },
        ]} />
    </section>
  );
}

function End({ d }: { d: Dispatch }) {
  const { t } = useTranslation("experts");
  const [ending, setEnding] = useState(false);
  const end = useStep((v: { state: "done" | "cancelled"; reason?: string }) => step(`/expert-dispatches/${d.id}/end`, d.rev, v), () => setEnding(false));
  return (
    <div className="row">
      {d.assignments.some((a) => a.state === "accepted") && <Button loading={end.isPending} onClick={() => end.mutate({ state: "done" })}>{t("end.done")}</Button>}
      <Button danger onClick={() => setEnding(true)}>{t("end.cancelled")}</Button>
      {ending && <Why title={t("end.cancelled")} pending={end.isPending} close={() => setEnding(false)} send={(reason) => end.mutate({ state: "cancelled", reason })} />}
    </div>
  );
}
