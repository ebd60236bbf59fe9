import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { addRun, type Added, best, type Experiment, proposal } from "../../api/trial";
import { Nothing, useProblem, Waiting } from "../../components/Status";
import { fixed, measured } from "../../lib/format";
import { useHeads, useMay, useStep, value } from "./parts";

/** The best settings with what is expected there, confirming runs, and which run is worth doing next. */
export function BestTab({ e }: { e: Experiment }) {
  const add = useStep((a: Added) => addRun(e.id, a));
  const { plans } = useMay();
  const open = plans && e.state !== "concluded" && e.state !== "abandoned";
  return <div className="stack"><Optimum e={e} open={open} busy={add.isPending} add={(a) => add.mutate(a)} /><Next e={e} open={open} busy={add.isPending} add={(a) => add.mutate(a)} /></div>;
}

interface Props { e: Experiment; open: boolean; busy: boolean; add: (a: Added) => void }

function Optimum({ e, open, busy, add }: Props) {
  const { t } = useTranslation("trial");
  const problem = useProblem();
  const heads = useHeads(e);
  const query = useQuery(best(e.id, e.rev));
  const b = query.data;
  return (
    <section className="panel" aria-label={t("best")}>
      <h2>{t("best")}</h2>
      {query.error ? <Nothing text={problem(query.error)} /> : !b ? <Waiting query={query} /> : (
        <div className="stack">
          <dl className="kv">
            {b.settings.map((v, k) => <Pair key={k} name={heads.factors[k] ?? ""} text={value(v)} />)}
            {b.expected.map((x, k) => <Pair key={`r${k}`} name={heads.responses[k] ?? ""} text={x ? t("expected.one", { value: measured(x.value), half: measured(x.half) }) : "—"} />)}
            <Pair name={t("desirability")} text={`${fixed(b.desirability, 3)} ${t("desirability.hint")}`} />
          </dl>
          {open && <div className="row noprint"><Button loading={busy} onClick={() => add({ rev: e.rev, kind: "confirming", settings: b.settings, note: t("confirm.note") })}>{t("confirm")}</Button></div>}
          {b.confirmed.length > 0 && <table className="plain"><caption className="dim" style={{ textAlign: "left" }}>{t("confirmed")}</caption><thead><tr><th className="r">{t("no")}</th>{heads.responses.map((r) => <th key={r}>{r}</th>)}</tr></thead>
            <tbody>{b.confirmed.map((c) => <tr key={c.run}><td className="r num">{c.run}</td>{c.within.map((w, k) => <td key={k}>{w === null ? "—" : w ? `✓ ${t("within")}` : `▲ ${t("beyond")}`} <span className="num dim">{value(e.runs[c.run - 1]?.results[k])}</span></td>)}</tr>)}</tbody></table>}
        </div>)}
    </section>
  );
}

function Next({ e, open, busy, add }: Props) {
  const { t } = useTranslation("trial");
  const problem = useProblem();
  const heads = useHeads(e);
  const query = useQuery(proposal(e.id, e.rev));
  const p = query.data;
  return (
    <section className="panel" aria-label={t("next")}>
      <h2>{t("next")}</h2>
      {query.error ? <Nothing text={problem(query.error)} /> : !p ? <Waiting query={query} /> : (
        <div className="stack">
          <p style={{ margin: 0, fontWeight: 600 }}>{t(`why.${p.why}`, { expected: measured(p.measure === "turned" ? -p.expected : p.expected), sd: measured(p.sd), best: measured(p.measure === "turned" ? -p.best : p.best), gain: measured(p.gain) })}</p>
          <dl className="kv">{p.settings.map((v, k) => <Pair key={k} name={heads.factors[k] ?? ""} text={value(v)} />)}</dl>
          <p className="dim" style={{ margin: 0 }}>{t(p.limited ? "next.limited" : "next.free", { n: p.runs })} {p.measure === "desirability" ? t("next.desirability") : ""}</p>
          {open && <div className="row noprint"><Button loading={busy} onClick={() => add({ rev: e.rev, kind: "proposed", settings: p.settings, note: t("next.note", { gain: measured(p.gain) }) })}>{t("next.add")}</Button></div>}
        </div>)}
    </section>
  );
}

function Pair({ name, text }: { name: string; text: string }) {
  return <><dt>{name}</dt><dd className="num">{text}</dd></>;
}
