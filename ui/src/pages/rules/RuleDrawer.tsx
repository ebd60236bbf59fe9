import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Drawer, Input, Modal, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Move, moveRule, type Rule, rule, type Shown } from "../../api/rules";
import { Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { unitText } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { useChange } from "../production/parts";
import { Backtest } from "./Backtest";
import { Beside } from "./Beside";
import { Firings } from "./Firings";
import { Securing, useSafety } from "./Safety";
import { StateTag, useActs, useMay, useRulesSearch } from "./parts";

/** One revision: what it says, how it does, what may be done with it. */
export function RuleDrawer({ id, close, edit }: { id: string; close: () => void; edit: (r: Rule) => void }) {
  const { t } = useTranslation("rules");
  const { name } = useLang();
  const query = useQuery(rule(id));
  const r = query.data?.rule;
  return (
    <Drawer open onClose={close} size={900} title={r ? <>{name(r.name)} · {t("revision.n", { n: r.revision ?? 1 })} <StateTag state={r.state} /></> : t("rule")}>
      {query.data && r ? <Revision of={query.data} r={r} edit={edit} /> : <Waiting query={query} />}
    </Drawer>
  );
}

function Revision({ of, r, edit }: { of: Shown; r: Rule; edit: (r: Rule) => void }) {
  const { t } = useTranslation("rules");
  const { name, lang } = useLang();
  const acts = useActs();
  const safety = useSafety();
  const watched = r.state === "shadow" || r.state === "active" || r.state === "suspended";
  return (
    <div className="stack">
      <Does of={of} />
      <Steps r={r} edit={edit} />
      <dl className="kv">
        <dt>{t("place")}</dt><dd>{r.place_name && name(r.place_name)} <span className="dim mono">{r.path}</span></dd>
        <dt>{t("owner")}</dt><dd>{r.owner}</dd>
        <dt>{t("when")}</dt><dd><code style={{ overflowWrap: "anywhere" }}>{r.when}</code></dd>
        {r.reset && <><dt>{t("reset.short")}</dt><dd><code style={{ overflowWrap: "anywhere" }}>{r.reset}</code></dd></>}
        <dt>{t("inputs")}</dt><dd>{r.inputs.map((i) => <div key={i.name}><code>{i.name}</code> = {i.title && name(i.title)} {unitText(i.unit, lang)} <span className="dim mono">{i.path}/{i.signal}</span></div>)}</dd>
        <dt>{t("timing")}</dt><dd>{t(`trigger.${r.trigger}`)}　{t("on")} {r.on_delay_s ?? 0}　{t("off")} {r.off_delay_s ?? 0}　{t("interval")} {r.min_interval_s ?? 0}　{t("most")} {r.max_per_hour}　{t("stale")} {r.stale_s || 600}</dd>
        <dt>{t("acts")}</dt><dd>{r.actions.map((a) => <div key={acts(a)}>{acts(a)} <span className="dim mono">{a.path}</span>{a.kind === "command" && <div className="dim">{safety(a)}</div>}</div>)}{r.goes_on && <div className="dim">{t("goes_on")}</div>}</dd>
        {r.note && <><dt>{t("note")}</dt><dd>{r.note}</dd></>}
      </dl>
      <Backtest r={r} revisions={of.revisions} />
      {watched && <Beside r={r} />}
      <section className="panel" aria-label={t("did")}><h2>{t("did")}</h2><Firings series={r.series} small /></section>
      <Revisions of={of} r={r} />
      <section aria-label={t("steps")}><h3>{t("steps")}</h3>
        <ol style={{ margin: 0 }}>{(r.steps ?? []).map((s) => <li key={s.at + s.what}><span className="chip">{t(`what.${s.what}`)}</span> {s.by} <span className="dim num">{dateTime(s.at)}</span> {s.note}</li>)}</ol></section>
    </div>
  );
}

function Does({ of }: { of: Shown }) {
  const { t } = useTranslation("rules");
  const { rule: r, status: s } = of;
  const last = (r.steps ?? []).filter((s) => s.what === "suspend").at(-1);
  return (
    <>
      {r.state === "suspended" && last && <Alert type="error" showIcon title={`${t("what.suspend")}: ${last.by}`} description={<>{last.note}<Securing of={r} /></>} />}
      {r.request && <Alert type="warning" showIcon title={t("asked", { by: r.request.by, until: dateTime(r.request.expires), note: r.request.note ?? "" })} />}
      {(r.state === "shadow" || r.state === "active") && (
        <div className="row" role="status">
          <Tag color={s.running ? "success" : "default"} variant="outlined">{t(s.running ? "running" : "notrunning")}</Tag>
          {s.standing && <Tag color="error" variant="outlined">{t("standing", { at: dateTime(s.standing) })}</Tag>}
          {s.blind && <Tag color="warning" variant="outlined">{t("blind", { at: dateTime(s.blind), why: s.why ?? "" })}</Tag>}
          {s.late > 0 && <span className="dim">{t("late", { n: s.late })}</span>}
        </div>)}
    </>
  );
}

/** What may be done with a revision, in two steps each, and why something may not. */
function Steps({ r, edit }: { r: Rule; edit: (r: Rule) => void }) {
  const { t } = useTranslation("rules");
  const { writes, controls, name } = useMay();
  const acts = useActs();
  const [asking, setAsking] = useState<Move["what"]>();
  const [note, setNote] = useState("");
  const move = useChange((what: Move["what"]) => moveRule(r, what, note.trim(), what === "suspend" && !writes), () => setAsking(undefined));
  const own = (r.authors ?? []).includes(name) || r.request?.by === name;
  const allowed = r.steps?.some((s) => s.what === "approve") ?? false;
  const button = (what: Move["what"], primary = false, disabled = false) => <Button key={what} {...(primary ? { type: "primary" as const } : {})} disabled={disabled} onClick={() => { setNote(""); setAsking(what); }}>{t(`do.${what}`)}</Button>;
  const copy = { ...r, id: undefined, rev: undefined, note: "" } as unknown as Rule;
  const what = r.actions.map(acts).join("；");
  const needs = asking !== "shadow" && asking !== "approve";
  return (
    <>
      {own && r.request && <Alert type="info" showIcon title={t("own")} />}
      <div className="row">
        {writes && ["draft", "backtested", "shadow"].includes(r.state ?? "") && !r.request && !allowed && <Button onClick={() => edit(r)}>{t("do.edit")}</Button>}
        {writes && r.state === "backtested" && button("shadow", true)}
        {writes && r.state === "suspended" && button("shadow")}
        {writes && r.state === "shadow" && !r.request && button("request", true)}
        {writes && controls && r.request && <>{button("approve", true, own)}{button("refuse")}</>}
        {r.state === "active" && (writes || controls) && button("suspend")}
        {writes && controls && allowed && (r.state === "retired" || r.state === "suspended") && button("rollback")}
        {writes && ["active", "suspended", "retired"].includes(r.state ?? "") && <Button onClick={() => edit(copy)}>{t("next")}</Button>}
        {writes && r.state !== "retired" && button("retire")}
      </div>
      <Modal open={asking !== undefined} title={asking && t(`do.${asking}`)} okText={t("sure")} cancelText={t("common:cancel")} okButtonProps={{ danger: asking === "approve" || asking === "rollback", disabled: needs && !note.trim(), loading: move.isPending }} onOk={() => asking && move.mutate(asking)} onCancel={() => setAsking(undefined)}>
        {asking && asking !== "shadow" && <p>{t(`sure.${asking}`, { what, most: r.max_per_hour })}</p>}
        <Input.TextArea aria-label={t("why")} placeholder={t("why")} maxLength={1000} value={note} onChange={(e) => setNote(e.target.value)} />
      </Modal>
    </>
  );
}

function Revisions({ of, r }: { of: Shown; r: Rule }) {
  const { t } = useTranslation("rules");
  const [, set] = useRulesSearch();
  return (
    <section aria-label={t("revisions")}>
      <h3>{t("revisions")}</h3>
      <div className="scroll" tabIndex={0} aria-label={t("revisions")}>
        <table className="plain"><caption className="vh">{t("revisions")}</caption>
          <thead><tr><th>{t("revision")}</th><th>{t("state")}</th><th>{t("when")}</th><th>{t("note")}</th></tr></thead>
          <tbody>{of.revisions.map((o) => <tr key={o.id}><td className="num">{o.id === r.id ? o.revision : <button type="button" className="figbtn" onClick={() => set({ rule: o.id })}>{o.revision}</button>}</td><td><StateTag state={o.state} /></td><td><code style={{ overflowWrap: "anywhere" }}>{o.when}</code></td><td>{o.note}</td></tr>)}</tbody>
        </table>
      </div>
    </section>
  );
}
