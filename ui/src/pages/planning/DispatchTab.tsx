import { useQuery } from "@tanstack/react-query";
import { Button, Input, Segmented } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { dispatch, type DispatchItem, type MachineList } from "../../api/planning";
import { stopReasons } from "../../api/queries";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed, span } from "../../lib/format";
import { clock, dateTime, ms, shortTime } from "../../lib/time";
import { useNames } from "../production/parts";

const perMachine = 20;
/** Behind the plan by less than this is on time: a shift is not timed to the minute. */
const tolerance = 10 * 60_000;

/** What each machine does next: a list for the foreman's folder, a board for the wall. */
export function DispatchTab({ place }: { place: string }) {
  const { t } = useTranslation("planning");
  const { name } = useLang();
  const [look, setLook] = useState<"board" | "list">("board");
  const [q, setQ] = useState("");
  const query = useQuery(dispatch(place, perMachine));
  if (!query.data) return <Waiting query={query} />;
  const fits = (m: MachineList) => !q || [name(m.name), m.path, ...m.next.flatMap((j) => [j.number, j.product])].some((x) => x.toLowerCase().includes(q.toLowerCase()));
  const machines = query.data.filter((m) => (m.next.length > 0 || m.stands) && fits(m));
  const exportCsv = () => download("dispatch.csv", csv([
    [t("machine"), t("order"), t("job"), t("product"), t("quantity"), t("good"), t("start.at"), t("end.at"), t("due")],
    ...machines.flatMap((m) => m.next.map((j) => [name(m.name), j.number, `${j.job} ${name(j.name)}`, j.product, j.quantity, j.good, dateTime(j.expected.from), dateTime(j.expected.to), dateTime(j.due)])),
  ]), "text/csv");
  return (
    <div className="stack">
      <div className="row noprint">
        <Segmented value={look} onChange={(v) => setLook(v as "board" | "list")} options={[{ value: "board", label: t("board") }, { value: "list", label: t("list") }]} />
        <Input.Search allowClear style={{ width: 220 }} placeholder={t("dispatch.search")} aria-label={t("dispatch.search")} onSearch={setQ} />
        <span className="dim">{t("dispatch.n", { n: machines.length })}</span>
        <span style={{ flex: 1 }} />
        <Button onClick={() => window.print()}>{t("print")}</Button>
        <Button disabled={machines.length === 0} onClick={exportCsv}>{t("common:export.csv")}</Button>
      </div>
      {machines.length === 0 ? <Nothing text={t("dispatch.none")} /> : look === "board"
        ? <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(290px, 1fr))", gap: 12 }}>{machines.map((m) => <Card key={m.equipment} m={m} />)}</div>
        : machines.map((m) => <MachineRows key={m.equipment} m={m} />)}
    </div>
  );
}

/** How far a job is from its plan. */
function Off({ j }: { j: DispatchItem }) {
  const { t } = useTranslation("planning");
  const { lang } = useLang();
  const late = ms(j.expected.to) > ms(j.due);
  const by = ms(j.expected.to) - ms(j.planned.to);
  return <>{late && <b style={{ color: "var(--alarm)" }}>! {t("legend.late")} </b>}{Math.abs(by) >= tolerance && <span className="dim">{t(by > 0 ? "off.behind" : "off.ahead", { by: span(Math.abs(by), lang) })}</span>}</>;
}

function Stands({ m }: { m: MachineList }) {
  const { t } = useTranslation("planning");
  const { name } = useLang();
  const reasons = useQuery(stopReasons).data;
  if (!m.stands) return null;
  const reason = name(reasons?.find((r) => r.id === m.stands?.reason)?.name) || (m.stands.reason ?? "");
  return <div style={m.stands.fault ? { color: "var(--alarm)", fontWeight: 600 } : {}}>{m.stands.fault ? "■" : "‖"} {t(m.stands.fault ? "stands.fault" : "stands", { since: shortTime(m.stands.since), reason })}</div>;
}

function Card({ m }: { m: MachineList }) {
  const { t } = useTranslation("planning");
  const { name } = useLang();
  const { product } = useNames();
  const runs = m.next.filter((j) => j.state === "running");
  const next = m.next.filter((j) => j.state !== "running").slice(0, 3);
  return (
    <section className="panel">
      <h2>{name(m.name)}</h2>
      <Stands m={m} />
      {runs.length === 0 && <div className="dim">{t("runs.none")}</div>}
      {runs.map((j) => (
        <div key={`${j.order}/${j.job}`} style={{ marginBottom: 6 }}>
          <b>▶ {j.number} · {j.job} {name(j.name)}</b> <Off j={j} />
          <div>{product(j.product)} · {t("good.of", { good: fixed(j.good, 0), n: fixed(j.quantity, 0) })} · → {clock(j.expected.to)}</div>
          <div role="img" aria-label={t("good.of", { good: j.good, n: j.quantity })} style={{ height: 6, background: "var(--idle)" }}><div style={{ height: 6, width: `${Math.min(100, (100 * j.good) / j.quantity)}%`, background: "var(--accent)" }} /></div>
        </div>))}
      {next.map((j) => <div key={`${j.order}/${j.job}`}>{shortTime(j.expected.from)} {j.number} · {j.job} {name(j.name)} <span className="dim">× {fixed(j.quantity, 0)}{j.waits.length > 0 ? ` · ${t("waits", { jobs: j.waits.join("、") })}` : ""}</span> <Off j={j} /></div>)}
      {m.next.length > runs.length + next.length && <div className="dim">{t("more.n", { n: m.next.length - runs.length - next.length })}</div>}
    </section>
  );
}

function MachineRows({ m }: { m: MachineList }) {
  const { t } = useTranslation("planning");
  const { lang, name } = useLang();
  const { product } = useNames();
  return (
    <section className="panel scroll" tabIndex={0} aria-label={name(m.name)}>
      <h2>{name(m.name)}</h2>
      <Stands m={m} />
      <table className="plain">
        <thead><tr><th>{t("order")}</th><th>{t("job")}</th><th>{t("product")}</th><th className="r">{t("quantity")}</th><th className="r">{t("good")}</th><th>{t("state")}</th><th className="r">{t("fig.setup")}</th><th>{t("start.at")}</th><th>{t("end.at")}</th><th>{t("due")}</th><th>{t("marks")}</th></tr></thead>
        <tbody>{m.next.map((j) => (
          <tr key={`${j.order}/${j.job}`}>
            <td className="mono">{j.number}</td><td>{j.job} {name(j.name)}</td><td>{product(j.product)}</td><td className="r num">{fixed(j.quantity, 0)}</td><td className="r num">{fixed(j.good, 0)}</td><td>{t(`production:job.${j.state}`)}</td>
            <td className="r num">{j.setup_ms ? span(j.setup_ms, lang) : "—"}</td><td className="num">{shortTime(j.expected.from)}</td><td className="num">{shortTime(j.expected.to)}</td><td className="num">{shortTime(j.due)}</td>
            <td>{j.locked && <span className="chip">{t("locked")}</span>}{j.waits.length > 0 && <span className="chip">{t("waits", { jobs: j.waits.join("、") })}</span>} <Off j={j} /></td>
          </tr>))}</tbody>
      </table>
    </section>
  );
}
