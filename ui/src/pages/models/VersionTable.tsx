import { App, Button, Input, Modal, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { serve, type Study, type Version } from "../../api/models";
import { fixed } from "../../lib/format";
import { dateTime, shortTime } from "../../lib/time";
import { useChange } from "../production/parts";
import { useAnswerUnit, useFigure, useVerdict } from "./parts";

interface Props { s: Study; all: Version[]; looked: string | undefined; pick: (id: string) => void; may: boolean }

/** All versions of a study, and what was put to work and taken out. */
export function VersionTable({ s, all, looked, pick, may }: Props) {
  const { t } = useTranslation("models");
  const verdict = useVerdict();
  const figure = useFigure();
  const unit = useAnswerUnit()(s);
  const [moving, setMoving] = useState<Version | "out">();
  return (
    <section className="panel" aria-label={t("versions")}>
      <div className="row"><h2>{t("versions")}</h2><span className="fill" />{may && s.version && <Button onClick={() => setMoving("out")}>{t("work.out")}</Button>}</div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t("versions")} style={{ maxHeight: 260 }}><table className="plain">
        <thead><tr><th>{t("version")}</th><th>{t("learnt")}</th><th className="r">{t("rows")}</th><th>{t("test")}</th><th>{t("verdict")}</th><th>{t("trained")}</th><th>{t("work")}</th></tr></thead>
        <tbody>{all.map((v) => (
          <tr key={v.id} aria-selected={v.id === looked}>
            <td><button type="button" className="figbtn" aria-current={v.id === looked} onClick={() => pick(v.id)}>{t("version.no", { no: v.no })}</button></td>
            <td className="num">{shortTime(v.from)} – {shortTime(v.to)}</td><td className="r num">{fixed(v.rows, 0)}</td><td className="num">{figure(v, unit)}</td>
            <td>{v.good ? "✓ " : "✗ "}{verdict(v)}</td><td className="num">{shortTime(v.at)} <span className="dim">{v.by}</span></td>
            <td>{v.id === s.version ? <Tag color="success">{t("work")}</Tag> : may ? <Button size="small" onClick={() => setMoving(v)} aria-label={`${t("work.in")} ${t("version.no", { no: v.no })}`}>{t("work.in")}</Button> : "—"}</td>
          </tr>))}</tbody>
      </table></div>
      {(s.log?.length ?? 0) > 0 && <details><summary>{t("log")}</summary><table className="plain">
        <thead><tr><th>{t("at")}</th><th>{t("what")}</th><th>{t("by")}</th><th>{t("reason")}</th></tr></thead>
        <tbody>{s.log?.map((m) => <tr key={m.at}><td className="num">{dateTime(m.at)}</td><td>{m.version ? t("log.in", { no: m.no ?? "" }) : t("work.out")}{m.anyway && ` · ${t("log.anyway")}`}</td><td>{m.by}</td><td>{m.note}</td></tr>)}</tbody>
      </table></details>}
      {moving && <Moving s={s} v={moving === "out" ? undefined : moving} close={() => setMoving(undefined)} />}
    </section>
  );
}

function Moving({ s, v, close }: { s: Study; v: Version | undefined; close: () => void }) {
  const { t } = useTranslation("models");
  const { message } = App.useApp();
  const verdict = useVerdict();
  const [note, setNote] = useState("");
  const anyway = v !== undefined && !v.good;
  const send = useChange(() => serve(s.id ?? "", { version: v?.id ?? "", note, anyway, rev: s.rev ?? 0 }), () => { void message.success(t("common:saved")); close(); }, true);
  const title = v ? `${t("work.in")} · ${t("version.no", { no: v.no })}` : t("work.out");
  return (
    <Modal open title={title} onCancel={close} okText={t("common:save")} cancelText={t("common:cancel")} okButtonProps={{ disabled: (anyway || !v) && note.trim() === "", loading: send.isPending }} onOk={() => send.mutate(undefined)}>
      <div className="stack">
        {v && <p style={{ margin: 0 }}>{verdict(v)}</p>}
        {anyway && <p style={{ margin: 0 }}>{t("anyway")}</p>}
        <Input.TextArea aria-label={t("reason")} placeholder={t("reason")} rows={3} maxLength={300} value={note} onChange={(e) => setNote(e.target.value)} />
      </div>
    </Modal>
  );
}
