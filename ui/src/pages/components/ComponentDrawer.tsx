import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Alert, Button, Drawer, Input, Modal, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Component, component, type Move, moveComponent, type Shown } from "../../api/components";
import { Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { useSay } from "../../i18n/useSay";
import { bytes, percent, unitText } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { useChange } from "../production/parts";
import { Events } from "./Events";
import { millis, StateTag, useComponentsSearch, useMay, useSaid } from "./parts";
import { Runs } from "./Runs";
import { TrialPanel } from "./TrialPanel";

/** One revision: what it is, how it does, what may be done with it. */
export function ComponentDrawer({ id, close, edit }: { id: string; close: () => void; edit: (c: Component) => void }) {
  const { t } = useTranslation("components");
  const { name } = useLang();
  const query = useQuery(component(id));
  const c = query.data?.component;
  return (
    <Drawer open onClose={close} size={900} title={c ? <>{name(c.name)} · {t("revision.n", { n: c.revision ?? 1 })} <StateTag state={c.state} /></> : t("component")}>
      {query.data && c ? <Revision of={query.data} c={c} edit={edit} /> : <Waiting query={query} />}
    </Drawer>
  );
}

function Revision({ of, c, edit }: { of: Shown; c: Component; edit: (c: Component) => void }) {
  const { t } = useTranslation("components");
  const { name, lang } = useLang();
  const say = useSay();
  const b = c.budget ?? {};
  const runs = c.steps?.some((s) => s.what === "activate" || s.what === "rollback") ?? false;
  return (
    <div className="stack">
      <Notices c={c} />
      <Steps c={c} edit={edit} />
      {runs && <Does of={of} />}
      <dl className="kv">
        <dt>{t("place")}</dt><dd>{c.place_name && name(c.place_name)} <span className="dim mono">{c.path}</span></dd>
        <dt>{t("owner")}</dt><dd>{c.owner}</dd>
        <dt>{t("form")}</dt><dd>{t(`form.${c.form}`)}</dd>
        {c.form === "module" ? <><dt>{t("publisher")}</dt><dd>{c.signer}</dd><dt>{t("sha256")}</dt><dd><code style={{ overflowWrap: "anywhere" }}>{c.sha256}</code>{c.module && <div className="dim">{t("module.facts", { bytes: bytes(c.module.bytes), memory: bytes(c.module.memory), ms: millis(c.module.compile_ms) })}</div>}</dd></> : <><dt>{t("key")}</dt><dd><code style={{ overflowWrap: "anywhere" }}>{c.key}</code></dd></>}
        <dt>{t("inputs")}</dt><dd>{c.inputs.map((i) => <div key={i.name}><code>{i.name}</code> = {i.title && name(i.title)} {unitText(i.unit, lang)} <span className="dim mono">{i.path}/{i.signal}</span></div>)}</dd>
        <dt>{t("outputs")}</dt><dd>{c.outputs.map((o) => <div key={o.name}><code>component.{c.code}.{o.name}</code> {o.title && name(o.title)} {unitText(o.unit, lang)} {(o.min !== undefined || o.max !== undefined) && <span className="dim">{o.min ?? "−∞"} … {o.max ?? "∞"}</span>} {o.tag && <Link to="/trend" search={{ tags: String(o.tag) }} style={{ textDecoration: "underline" }}>{t("trend")}</Link>}</div>)}</dd>
        <dt>{t("budget")}</dt><dd>{t("timing.text", { every: c.every_s, window: c.window_s, places: c.places ?? 60 })}<div>{t("budget.text", { memory: b.memory_bytes ? bytes(b.memory_bytes) : "—", ms: b.call_ms ?? 50, calls: b.calls_per_minute ?? "", failures: b.max_failures ?? 3 })}</div>{b.payload_bytes && <div>{t("payload", { bytes: bytes(b.payload_bytes) })}</div>}</dd>
        {c.note && <><dt>{t("note")}</dt><dd>{c.note}</dd></>}
      </dl>
      <TrialPanel c={c} />
      {runs && <Runs c={c} />}
      <section className="panel" aria-label={t("tab.events")}><h2>{t("tab.events")}</h2><Events series={c.series} /></section>
      <Revisions of={of} c={c} />
      <section aria-label={t("steps")}><h3>{t("steps")}</h3>
        <ol style={{ margin: 0 }}>{(c.steps ?? []).map((s) => <li key={s.at + s.what}><span className="chip">{t(`step.${s.what}`)}</span> {s.by} <span className="dim num">{dateTime(s.at)}</span> {say(s.note ?? "")}</li>)}</ol></section>
    </div>
  );
}

function Notices({ c }: { c: Component }) {
  const { t } = useTranslation("components");
  const say = useSay();
  const last = c.steps?.at(-1);
  return (
    <>
      {c.state === "suspended" && last && <Alert type="error" showIcon title={`${t("step.suspend")}: ${last.by}`} description={say(last.note ?? "")} />}
      {c.request && <Alert type="warning" showIcon title={t("asked", { by: c.request.by, until: dateTime(c.request.expires), note: c.request.note ?? "" })} />}
    </>
  );
}

/** The figures of a revision that is called. */
function Does({ of }: { of: Shown }) {
  const { t } = useTranslation("components");
  const said = useSaid();
  const say = useSay();
  const { component: c, status: s } = of;
  const figure = (label: string, value: string) => <div key={label}><div className="dim">{label}</div><b className="num">{value}</b></div>;
  return (
    <section className="panel" aria-label={t("did")}>
      <div className="row" role="status"><h2 style={{ margin: 0 }}>{t("did")}</h2><Tag color={s.running ? "success" : "default"} variant="outlined">{t(s.running ? "running" : "notrunning")}</Tag>
        {c.form === "service" && s.running && <Tag color={s.aside ? "error" : "success"} variant="outlined">{t("health")}: {t(s.aside ? "health.aside" : "health.good")}</Tag>}</div>
      {s.aside && <Alert type="warning" showIcon title={t("aside", { at: dateTime(s.aside), why: say(s.why ?? "") })} />}
      {s.running && <div className="row" style={{ gap: 28 }}>
        {figure(t("calls"), String(s.calls))}{figure(t("failures"), String(s.failures))}{figure(t("error.rate"), s.error_rate === null ? "—" : percent(s.error_rate))}{figure(t("p50"), `${millis(s.p50_ms)} ms`)}{figure(t("p99"), `${millis(s.p99_ms)} ms`)}
        {c.form === "module" && figure(t("memory"), s.memory ? bytes(s.memory) : "—")}{figure(t("late"), String(s.late))}
      </div>}
      {s.last && <p style={{ margin: "6px 0 0" }}>{t("last")} <span className="dim num">{dateTime(s.last.at)}</span>: {said(s.last, c.outputs)}</p>}
    </section>
  );
}

/** What may be done with a revision, in two steps each, and why something may not. */
function Steps({ c, edit }: { c: Component; edit: (c: Component) => void }) {
  const { t } = useTranslation("components");
  const { writes, controls, name } = useMay();
  const [asking, setAsking] = useState<Move["what"]>();
  const [note, setNote] = useState("");
  const move = useChange((what: Move["what"]) => moveComponent(c, what, note.trim(), what === "suspend" && !writes), () => setAsking(undefined));
  const own = (c.authors ?? []).includes(name) || c.request?.by === name;
  const allowed = c.steps?.some((s) => s.what === "approve") ?? false;
  const button = (what: Move["what"], primary = false, disabled = false) => <Button key={what} {...(primary ? { type: "primary" as const } : {})} disabled={disabled} onClick={() => { setNote(""); setAsking(what); }}>{t(`do.${what}`)}</Button>;
  const copy = { ...c, id: undefined, rev: undefined, note: "" } as unknown as Component;
  const needs = asking !== "activate" && asking !== "approve";
  return (
    <>
      {own && c.request && <Alert type="info" showIcon title={t("own")} />}
      <div className="row">
        {writes && c.state === "draft" && <Button onClick={() => edit(c)}>{t("do.edit")}</Button>}
        {writes && c.state === "draft" && !c.request && button("request", true)}
        {writes && controls && c.request && <>{button("approve", true, own)}{button("refuse")}</>}
        {writes && (c.state === "approved" || c.state === "suspended") && button("activate", true)}
        {c.state === "active" && (writes || controls) && button("suspend")}
        {writes && controls && allowed && c.state === "retired" && button("rollback")}
        {writes && c.state !== "draft" && <Button onClick={() => edit(copy)}>{t("next")}</Button>}
        {writes && c.state !== "retired" && button("retire")}
      </div>
      <Modal open={asking !== undefined} title={asking && t(`do.${asking}`)} okText={t("sure")} cancelText={t("common:cancel")} okButtonProps={{ danger: asking === "approve" || asking === "rollback", disabled: needs && !note.trim(), loading: move.isPending }} onOk={() => asking && move.mutate(asking)} onCancel={() => setAsking(undefined)}>
        {asking && <p>{t(`sure.${asking}`, { what: c.outputs.map((o) => `component.${c.code}.${o.name}`).join("，") })}</p>}
        <Input.TextArea aria-label={t("note.why")} placeholder={t("note.why")} maxLength={1000} value={note} onChange={(e) => setNote(e.target.value)} />
      </Modal>
    </>
  );
}

function Revisions({ of, c }: { of: Shown; c: Component }) {
  const { t } = useTranslation("components");
  const [, set] = useComponentsSearch();
  return (
    <section aria-label={t("revisions")}>
      <h3>{t("revisions")}</h3>
      <div className="scroll" tabIndex={0} role="group" aria-label={t("revisions")}>
        <table className="plain"><caption className="vh">{t("revisions")}</caption>
          <thead><tr><th>{t("revision")}</th><th>{t("state")}</th><th>{t("sha256")}</th><th>{t("note")}</th></tr></thead>
          <tbody>{of.revisions.map((o) => <tr key={o.id}><td className="num">{o.id === c.id ? o.revision : <button type="button" className="figbtn" onClick={() => set({ component: o.id })}>{o.revision}</button>}</td><td><StateTag state={o.state} /></td><td><code>{o.sha256?.slice(0, 12)}</code></td><td>{o.note}</td></tr>)}</tbody>
        </table>
      </div>
    </section>
  );
}
