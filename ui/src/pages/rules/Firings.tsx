import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Table, Tag, Typography } from "antd";
import { useTranslation } from "react-i18next";
import { type Fired, firings } from "../../api/rules";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, duration, type Lang } from "../../lib/format";
import { dateTime, ms } from "../../lib/time";
import { More } from "../production/parts";
import { Readings, useRulesSearch } from "./parts";

/** Times that rules fired, what they rest on and what came of them. */
export function Firings({ scope, series, small }: { scope?: string | undefined; series?: string | undefined; small?: boolean }) {
  const { t } = useTranslation("rules");
  const { name, lang } = useLang();
  const [, set] = useRulesSearch();
  const list = useInfiniteQuery(firings({ scope, series }));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const save = () => download("rule-firings.csv", csv([["rule", "revision", "mode", "from", "to", "readings", "outcomes"], ...rows.map((f) => [f.name.zh, f.revision, f.mode, f.from, f.to, f.readings.map((r) => `${r.name}=${r.text || r.number}`).join(" "), f.outcomes.map((o) => `${o.kind}:${o.state}`).join(" ")])]), "text/csv");
  return (
    <div className="stack">
      <div className="row"><span className="fill" /><Button size="small" disabled={rows.length === 0} onClick={save}>{t("common:export.csv")}</Button></div>
      {list.error && <Problem error={list.error} retry={() => void list.refetch()} />}
      {small ? <Plain rows={rows} loading={list.isLoading} /> : (
        <Table<Fired> size="small" rowKey="id" loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 860 }} locale={{ emptyText: <Nothing text={t("firings.none")} /> }}
          columns={[
            { title: t("rule"), key: "rule", render: (_, f) => <button type="button" className="figbtn" onClick={() => set({ rule: f.rule })}>{name(f.name)} · {f.revision}</button> },
            { title: t("from"), key: "from", width: 170, render: (_, f) => <span className="num">{dateTime(f.from, true)}</span> },
            { title: t("lasted"), key: "lasted", width: 90, render: (_, f) => lasted(f, lang, t("stands")) },
            { title: t("mode"), key: "mode", width: 90, filters: (["shadow", "active"] as const).map((m) => ({ text: t(`mode.${m}`), value: m })), onFilter: (v, f) => f.mode === v, render: (_, f) => <Mode of={f} /> },
            { title: t("values"), key: "values", render: (_, f) => <Readings of={f.readings} /> },
            { title: t("outcome"), key: "outcome", render: (_, f) => <Outcomes of={f} /> },
          ]} />)}
      <More list={list} />
    </div>
  );
}

const lasted = (f: Fired, lang: Lang, stands: string) => (f.to ? duration(ms(f.to) - ms(f.from), lang) : stands);

function Mode({ of: f }: { of: Fired }) {
  const { t } = useTranslation("rules");
  return <Tag color={f.mode === "active" ? "success" : "processing"} variant="outlined">{t(`mode.${f.mode}`)}</Tag>;
}

/** The firings of one rule, as narrow as a phone. */
function Plain({ rows, loading }: { rows: Fired[]; loading: boolean }) {
  const { t } = useTranslation("rules");
  const { lang } = useLang();
  if (rows.length === 0) return loading ? null : <Nothing text={t("firings.none")} />;
  return (
    <div className="scroll" style={{ maxHeight: 320 }} tabIndex={0} aria-label={t("tab.firings")}>
      <table className="plain"><caption className="vh">{t("tab.firings")}</caption>
        <thead><tr><th>{t("from")}</th><th>{t("lasted")}</th><th>{t("mode")}</th><th>{t("values")}</th><th>{t("outcome")}</th></tr></thead>
        <tbody>{rows.map((f) => <tr key={f.id}><td className="num">{dateTime(f.from, true)}</td><td>{lasted(f, lang, t("stands"))}</td><td><Mode of={f} /></td><td><Readings of={f.readings} /></td><td><Outcomes of={f} /></td></tr>)}</tbody>
      </table>
    </div>
  );
}

/** A link inside a text is told by more than its colour. */
const underlined = { textDecoration: "underline" };

function Outcomes({ of: f }: { of: Fired }) {
  const { t } = useTranslation("rules");
  if (f.withheld) return <Typography.Text type="danger">{t("withheld")}</Typography.Text>;
  const word = (state: string) => (state === "done" || state === "failed" ? t(state) : state === "confirmed" || state === "mismatched" || state === "unknown" || state === "awaiting" ? t(`command.${state}`) : state);
  return <>{f.outcomes.map((o, i) => (
    <div key={`${o.kind}${i}`}>{t(`kind.${o.kind}`)}: <Typography.Text {...(o.state === "done" || o.state === "confirmed" || o.state === "awaiting" ? {} : { type: "danger" as const })}>{word(o.state)}</Typography.Text> {o.why && <span className="dim">{o.why}</span>} {o.kind === "alarm" && <Link to="/alarms" style={underlined}>{t("open")}</Link>}{o.kind === "command" && <Link to="/control/commands" style={underlined}>{t("open")}</Link>}{o.kind === "work_order" && <Link to="/maintenance" style={underlined}>{t("open")}</Link>}</div>))}</>;
}
