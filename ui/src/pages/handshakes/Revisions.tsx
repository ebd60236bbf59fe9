import { Alert, Button, Input, Modal, Popconfirm, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Handshake, type HandshakeView, moveHandshake } from "../../api/handshake";
import { measured } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { useChange } from "../production/parts";
import { useMay, useTook, useWho } from "./parts";

/** Revisions of a handshake with what was agreed and who stands for it. */
export function Revisions({ v, edit }: { v: HandshakeView; edit: (h: Handshake) => void }) {
  const { t } = useTranslation("handshake");
  const { writes } = useMay();
  const all = v.revisions ?? [];
  const drafted = all.some((h) => h.state === "draft");
  return (
    <section className="panel stack" aria-label={t("revisions")}>
      <div className="row"><h2 style={{ margin: 0 }}>{t("revisions")}</h2><span className="fill" />{writes && !drafted && <Button onClick={() => edit({ ...v.handshake, id: undefined, rev: undefined, note: "" } as unknown as Handshake)}>{t("do.next")}</Button>}</div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t("revisions")}>
        <table className="plain"><caption className="vh">{t("revisions")}</caption>
          <thead><tr><th>{t("revision")}</th><th>{t("state")}</th><th>{t("protocol")}</th><th>{t("by")}</th><th>{t("note")}</th><th><span className="vh">{t("do.approve")}</span></th></tr></thead>
          <tbody>{all.map((h) => <Row key={h.id} h={h} edit={edit} running={v.run.mode !== "off"} />)}</tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ h, edit, running }: { h: Handshake; edit: (h: Handshake) => void; running: boolean }) {
  const { t } = useTranslation("handshake");
  const { writes, name } = useMay();
  const took = useTook();
  const who = useWho(h);
  const [asking, setAsking] = useState(false);
  const [note, setNote] = useState("");
  const move = useChange(({ to, why }: { to: "approved" | "retired"; why?: string }) => moveHandshake(h, to, why), () => setAsking(false));
  const own = (h.authors ?? []).includes(name);
  const last = h.moves?.at(-1);
  return (
    <tr>
      <td className="num">{h.revision}</td>
      <td><Tag color={h.state === "approved" ? "success" : "default"}>{t(`state.${h.state ?? "draft"}`)}</Tag></td>
      <td style={{ minWidth: 300 }}><ol style={{ margin: 0, paddingLeft: 18 }}>{h.steps.map((s, i) => (
        <li key={s.name}>{t(`step.${s.name}`)}: {who(s.party)} <span className="mono">{s.signal} = {measured(s.value)}</span>{s.tell && <> → {who(s.party === "giver" ? "taker" : "giver")} <span className="mono">{s.tell.signal} := {measured(s.tell.value)}</span></>}{i > 0 && <span className="dim"> · {t("within", { for: took(s.within_ms) })}</span>}</li>))}</ol></td>
      <td>{(h.authors ?? []).join("、")}{last && <div className="dim">{last.by} · {dateTime(last.at)}</div>}</td>
      <td style={{ overflowWrap: "anywhere" }}>{h.note}</td>
      <td>{writes && h.state === "draft" && <div className="stack" style={{ gap: 4 }}>
        {own ? <Alert type="info" title={t("own")} /> : <Popconfirm title={t("do.approve")} description={t("check.again", { what: t("revision.n", { n: h.revision ?? 1 }) })} okText={t("do.approve")} cancelText={t("common:cancel")} onConfirm={() => move.mutate({ to: "approved" })}><Button type="primary" size="small" loading={move.isPending}>{t("do.approve")}</Button></Popconfirm>}
        <Button size="small" onClick={() => edit(h)}>{t("do.edit")}</Button></div>}
        {writes && h.state !== "retired" && !(running && h.state === "approved") && <Button size="small" style={{ marginTop: 4 }} onClick={() => { setNote(""); setAsking(true); }}>{t("do.retire")}</Button>}
        <Modal open={asking} title={t("do.retire")} okText={t("common:save")} cancelText={t("common:cancel")} okButtonProps={{ disabled: !note.trim(), loading: move.isPending }} onOk={() => move.mutate({ to: "retired", why: note.trim() })} onCancel={() => setAsking(false)}>
          <Input.TextArea aria-label={t("reason")} placeholder={t("reason")} maxLength={1000} value={note} onChange={(e) => setNote(e.target.value)} />
        </Modal></td>
    </tr>
  );
}
