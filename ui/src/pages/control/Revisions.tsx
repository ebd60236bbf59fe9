import { Alert, Button, Input, Modal, Popconfirm, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Loop, type LoopView, moveLoop } from "../../api/loop";
import { dateTime } from "../../lib/time";
import { useChange } from "../production/parts";
import { parametersOf } from "./fields";
import { number, useMay } from "./parts";

/** Revisions of a loop with their parameters and who stands for them. */
export function Revisions({ v, edit }: { v: LoopView; edit: (l: Loop) => void }) {
  const { t } = useTranslation("loop");
  const { writes } = useMay();
  const all = v.revisions ?? [];
  const drafted = all.some((l) => l.state === "draft");
  return (
    <section className="panel stack" aria-label={t("revisions")}>
      <div className="row"><h2 style={{ margin: 0 }}>{t("revisions")}</h2><span className="fill" />{writes && !drafted && <Button onClick={() => edit({ ...v.loop, id: undefined, rev: undefined, note: "" } as unknown as Loop)}>{t("do.next")}</Button>}</div>
      <div className="scroll" tabIndex={0} aria-label={t("revisions")}>
        <table className="plain"><caption className="vh">{t("revisions")}</caption>
          <thead><tr><th>{t("revision")}</th><th>{t("state")}</th><th>{t("parameters")}</th><th>{t("timing")}</th><th>{t("by")}</th><th>{t("note")}</th><th><span className="vh">{t("do.approve")}</span></th></tr></thead>
          <tbody>{all.map((l) => <Row key={l.id} l={l} edit={edit} running={v.run.mode !== "off" && v.run.revision_id === l.id} />)}</tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ l, edit, running }: { l: Loop; edit: (l: Loop) => void; running: boolean }) {
  const { t } = useTranslation("loop");
  const { writes, name } = useMay();
  const [asking, setAsking] = useState(false);
  const [note, setNote] = useState("");
  const move = useChange(({ to, why }: { to: "approved" | "retired"; why?: string }) => moveLoop(l, to, why), () => setAsking(false));
  const own = (l.authors ?? []).includes(name);
  const last = l.steps?.at(-1);
  const safe = t(`safe.${l.safe.action}`) + (l.safe.action === "hold" ? "" : ` ${number(l.safe.value ?? 0)}`) + (l.safe.signal ? ` (${l.safe.signal})` : "");
  return (
    <tr>
      <td className="num">{l.revision}</td>
      <td><Tag color={l.state === "approved" ? "success" : "default"}>{t(`state.${l.state ?? "draft"}`)}</Tag></td>
      <td>{t(`kind.${l.block.kind}`)}<div className="num">{parametersOf(l.block).map((p) => `${p.ring ? `${t(p.ring)} ` : ""}${t(p.label)} ${number(p.value)}`).join("　")}</div></td>
      <td className="num">{l.period_ms} ms · {l.interval_ms} ms<div>{t("safe")}: {safe}</div>{l.tariff && <div>{t("tariff")}: {l.tariff.by.map((s) => `${t(`energy:hours.${s.period}`)} ${s.by > 0 ? "+" : ""}${number(s.by)}`).join("　")} ({t("range", { low: l.tariff.low, high: l.tariff.high })})</div>}{l.watchdog && <div className="mono dim">{l.watchdog.signal}</div>}</td>
      <td>{(l.authors ?? []).join("、")}{last && <div className="dim">{last.by} · {dateTime(last.at)}</div>}</td>
      <td style={{ overflowWrap: "anywhere" }}>{l.note}</td>
      <td>{writes && l.state === "draft" && <div className="stack" style={{ gap: 4 }}>
        {own ? <Alert type="info" title={t("own")} /> : <Popconfirm title={t("do.approve")} description={t("check.again", { what: t("revision.n", { n: l.revision ?? 1 }) })} okText={t("do.approve")} cancelText={t("common:cancel")} onConfirm={() => move.mutate({ to: "approved" })}><Button type="primary" size="small" loading={move.isPending}>{t("do.approve")}</Button></Popconfirm>}
        <Button size="small" onClick={() => edit(l)}>{t("do.edit")}</Button></div>}
        {writes && l.state !== "retired" && !running && <Button size="small" style={{ marginTop: 4 }} onClick={() => { setNote(""); setAsking(true); }}>{t("do.retire")}</Button>}
        <Modal open={asking} title={t("do.retire")} okText={t("common:save")} cancelText={t("common:cancel")} okButtonProps={{ disabled: !note.trim(), loading: move.isPending }} onOk={() => move.mutate({ to: "retired", why: note.trim() })} onCancel={() => setAsking(false)}>
          <Input.TextArea aria-label={t("reason")} placeholder={t("reason")} maxLength={1000} value={note} onChange={(e) => setNote(e.target.value)} />
        </Modal></td>
    </tr>
  );
}
