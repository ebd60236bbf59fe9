import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Table } from "antd";
import { useTranslation } from "react-i18next";
import { type Birth, birth, type Parameter } from "../../api/material";
import { maxPens } from "../../charts/pens";
import { Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { measured, percent, unitText } from "../../lib/format";
import { dateTime } from "../../lib/time";

/** How a lot was made: job, people, tools, and what the machine measured meanwhile. */
export function BirthPanel({ id }: { id: string }) {
  const { t } = useTranslation("material");
  const query = useQuery(birth(id));
  return (
    <section className="panel">
      <h2>{t("birth")}</h2>
      {query.data ? <Made b={query.data} /> : <Waiting query={query} />}
    </section>
  );
}

function Made({ b }: { b: Birth }) {
  const { t } = useTranslation("material");
  const { name } = useLang();
  if (!b.run) return <span className="dim">{t("birth.none")}</span>;
  const facts: [string, string][] = [
    [t("order"), `${b.run.order}-${b.run.job} ${name(b.run.name)}`], [t("made.when"), `${b.from ? dateTime(b.from) : "?"} – ${b.to ? dateTime(b.to) : "?"}`],
    [t("operators"), b.operators.join("、") || t("operators.none")], [t("tools"), b.run.tools.join("、") || "—"],
    [t("first"), b.run.first_piece ? `${t(b.run.first_piece.ok ? "first.ok" : "first.bad")} · ${b.run.first_piece.by} · ${dateTime(b.run.first_piece.at)}` : "—"],
  ];
  return (
    <div className="stack">
      <dl className="row" style={{ gap: 24, margin: 0 }}>
        {facts.map(([label, value]) => <div key={label}><dt className="dim">{label}</dt><dd style={{ margin: 0 }}>{value}</dd></div>)}
      </dl>
      {b.machines.length === 0 && <span className="dim">{t("birth.machine.none")}</span>}
      {b.machines.map((m) => (
        <div key={`${m.equipment} ${m.from}`} className="stack">
          <div className="row">
            <b>{name(m.name)}</b><span className="dim">{dateTime(m.from)} – {dateTime(m.to)}</span><span className="fill" />
            {m.parameters.length > 0 && <Link to="/trend" search={{ tags: m.parameters.slice(0, maxPens).map((p) => p.tag).join(","), from: m.from, to: m.to }}>{t("trend")}</Link>}
          </div>
          <Parameters rows={m.parameters} />
        </div>
      ))}
    </div>
  );
}

function Parameters({ rows }: { rows: Parameter[] }) {
  const { t } = useTranslation("material");
  const { lang, name } = useLang();
  const number = (key: "min" | "mean" | "max") => ({ title: t(`parameter.${key}`), key, align: "right" as const, render: (_: unknown, p: Parameter) => <span className="num">{measured(p[key])}</span> });
  return (
    <Table<Parameter> size="small" rowKey="tag" pagination={{ pageSize: 10, hideOnSinglePage: true }} dataSource={rows} locale={{ emptyText: t("parameter.none") }} scroll={{ x: 560 }}
      columns={[
        { title: t("parameter"), key: "name", render: (_, p) => <>{name(p.title)} <span className="dim mono">{p.name}</span></> },
        number("min"), number("mean"), number("max"),
        { title: t("unit"), key: "unit", render: (_, p) => unitText(p.unit, lang) },
        { title: t("parameter.samples"), dataIndex: "samples", align: "right" },
        { title: t("parameter.known"), key: "known", align: "right", render: (_, p) => percent(p.known) },
      ]} />
  );
}
