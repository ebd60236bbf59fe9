import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Input, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { giveUpHandover, type Handover, type Handshake, type HandshakeView, handshake, setHandshakeMode } from "../../api/handshake";
import { RangePicker, useRange } from "../../components/RangePicker";
import { Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { iso } from "../../lib/time";
import { useChange } from "../production/parts";
import { History } from "./History";
import { ModeTag, useHandshakesSearch, useMay, useStands, useTook } from "./parts";
import { Revisions } from "./Revisions";
import { Sequence } from "./Sequence";
import { StepTimes } from "./StepTimes";

/** One handshake: its sequence live, its times, its hand-overs and its revisions. */
export function HandshakePanel({ id, edit }: { id: string; edit: (h: Handshake) => void }) {
  const { t } = useTranslation("handshake");
  const { name } = useLang();
  const [search, set] = useHandshakesSearch();
  const range = useRange(search, "24h");
  const query = useQuery(handshake(id));
  const [chosen, choose] = useState<Handover>();
  const v = query.data;
  if (!v) return <Waiting query={query} />;
  const under = v.now?.handover;
  const shown = chosen ?? under ?? v.last;
  const what = chosen ? t("sequence.one") : under && !under.end ? t("sequence.live") : t("sequence.last");
  return (
    <>
      <section className="panel stack" aria-label={t("sequence.of", { name: name(v.handshake.name) })}>
        <div className="row"><h2 style={{ margin: 0 }}>{name(v.handshake.name)}</h2><ModeTag mode={v.run.mode} /><span className="fill" /><Hands v={v} /></div>
        {v.run.mode === "suspended" && <Alert type="error" showIcon title={t("suspended", { why: v.run.reason ?? "" })} />}
        <Stands v={v} />
        <div className="row"><h3 style={{ margin: 0 }}>{t("sequence")} · {what}</h3>{chosen && <Button size="small" onClick={() => choose(undefined)}>{t("back")}</Button>}</div>
        {shown ? <Sequence of={v.handshake} one={shown} now={chosen || shown.end ? undefined : v.now} /> : <p className="dim">{t("sequence.none")}</p>}
      </section>
      <section className="panel stack" aria-label={t("history")}>
        <div className="row"><h2 style={{ margin: 0 }}>{t("times")}</h2><span className="fill" /><RangePicker few search={search} fallback="24h" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} /></div>
        <StepTimes of={v.handshake} from={iso(range.from)} to={iso(range.to)} />
        <History of={v.handshake} from={iso(range.from)} to={iso(range.to)} show={(h) => { choose(h); window.scrollTo({ top: 0 }); }} />
      </section>
      <Revisions v={v} edit={edit} />
    </>
  );
}

/** What it waits for, said again at each look; a screen reader hears a change of it. */
function Stands({ v }: { v: HandshakeView }) {
  const { t } = useTranslation("handshake");
  const stands = useStands();
  const took = useTook();
  if (!v.now) return null;
  const limit = v.now.phase === "waiting" || v.now.phase === "clearing" ? v.now.within_ms : undefined;
  const passed = v.now.phase === "idle" && v.now.blocked ? "" : limit ? t("wait.of", { for: took(v.now.since_ms), most: took(limit) }) : t("wait.for", { for: took(v.now.since_ms) });
  return <p style={{ margin: 0 }}><b role="status">{stands(v)}</b> <span className="dim num">{passed}</span></p>;
}

type Step = "on" | "off" | "give-up";

/** What a person may do with it, each in two steps. */
function Hands({ v }: { v: HandshakeView }) {
  const { t } = useTranslation("handshake");
  const { controls } = useMay();
  const [asking, ask] = useState<Step>();
  const [note, setNote] = useState("");
  const under = v.now?.handover && !v.now.handover.end ? v.now.handover : undefined;
  const change = useChange((s: Step) => (s === "give-up" ? giveUpHandover(v, under?.id ?? "", note.trim()) : setHandshakeMode(v, s, note.trim())), () => ask(undefined));
  if (!controls || v.handshake.state !== "approved") return null;
  const points = [...new Set((v.handshake.steps ?? []).flatMap((s) => (s.tell ? [s.tell.signal] : [])))].join("、");
  const open = (s: Step) => { setNote(""); ask(s); };
  const label = asking === "give-up" ? t("give.up") : asking === "off" ? t("to.off") : t(v.run.mode === "suspended" ? "to.on.again" : "to.on");
  const sure = asking === "give-up" ? t("sure.give.up") : asking === "off" ? t("sure.off") : t("sure.on", { points });
  return (
    <>
      {under && <Button danger onClick={() => open("give-up")}>{t("give.up")}</Button>}
      {v.run.mode !== "on" && <Button type="primary" onClick={() => open("on")}>{t(v.run.mode === "suspended" ? "to.on.again" : "to.on")}</Button>}
      {v.run.mode !== "off" && !under && <Button onClick={() => open("off")}>{t("to.off")}</Button>}
      <Modal open={asking !== undefined} title={label} okText={label} cancelText={t("common:cancel")} okButtonProps={{ danger: asking === "give-up", disabled: asking === "give-up" && !note.trim(), loading: change.isPending }} onOk={() => asking && change.mutate(asking)} onCancel={() => ask(undefined)}>
        <p>{sure}</p>
        <Input.TextArea aria-label={t("reason")} placeholder={t("reason")} maxLength={1000} value={note} onChange={(e) => setNote(e.target.value)} />
      </Modal>
    </>
  );
}
