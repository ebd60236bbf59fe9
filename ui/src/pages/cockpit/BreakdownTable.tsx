import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Alert, Button, Empty, Input, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { regions } from "../../api/queries";
import type { Breakdown, BreakdownRow } from "../../api/types";
import type { About } from "../../api/walk";
import { useReason } from "../../components/Figures";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, figureText, fixed, percent } from "../../lib/format";
import { addUp, byValue, differing, termsOf } from "./walk";

interface Props { of: Breakdown; about: About; formula: string | undefined; pick: string | undefined; setPick: (key: string) => void; open: (region: string) => void }

const keyOf = (r: BreakdownRow): string => r.entry ?? r.firm ?? r.region;

/** The level below, a line each, and the proof that the lines add up. */
export function BreakdownTable({ of, about, formula, pick, setPick, open }: Props) {
  const { t, i18n } = useTranslation("cockpit");
  const { lang } = useLang();
  const reason = useReason();
  const [q, setQ] = useState("");
  const names = new Map((useQuery(regions).data ?? []).map((r) => [r.code, r.name]));
  const nameOf = (r: BreakdownRow) => (of.level === "member" ? r.name || r.firm || r.entry || "" : r.direct ? t("direct", { name: names.get(r.region) ?? r.region }) : (names.get(r.region) ?? r.region));
  const terms = termsOf(of.whole, formula).filter((term) => term !== "years");
  const word = (term: string) => (i18n.exists(`cockpit:term.${term}`) ? t(`term.${term}` as "term.machines") : term);
  const value = (r: { value: number | null; reason?: string | undefined }) => (r.value === null ? <span className="dim">{reason(r.reason)}</span> : <span className="num">{figureText(r.value, of.whole.unit, of.whole.definition.digits, lang)}</span>);
  const sum = addUp(of.rows, of.rest);
  const wrong = differing(sum, of.whole.terms);
  const rows = of.rows.filter((r) => !q || nameOf(r).includes(q) || r.region.startsWith(q));
  const sheet = () => download(`${about.id}-${about.region ?? ""}-${about.year}.csv`, csv([
    [t("name"), t("code"), t("value"), ...terms, t("known.n"), t("due.n"), t("confidence")],
    ...rows.map((r) => [nameOf(r), r.firm ?? r.region, r.value, ...terms.map((x) => r.terms[x] ?? 0), r.known.known, r.known.due, r.confidence]),
  ]), "text/csv");
  return (
    <section className="stack" aria-label={t("breakdown")}>
      <div className="row">
        <h2 style={{ fontSize: 16, margin: 0 }}>{t(`level.${of.level}`)}</h2>
        <span className="dim">{t("rows", { n: fixed(of.rows.length + (of.more ?? 0), 0) })}</span><span style={{ flex: 1 }} />
        <Input.Search allowClear aria-label={t("find")} placeholder={t("find")} style={{ width: 200 }} onSearch={setQ} />
        <Button onClick={sheet}>{t("export")}</Button>
      </div>
      {of.more ? <Alert type="info" showIcon title={t("more", { n: fixed(of.more, 0) })} /> : null}
      <Table<BreakdownRow> size="small" rowKey={keyOf} dataSource={rows} pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 760 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("none")} /> }}
        rowClassName={(r) => (keyOf(r) === pick ? "ant-table-row-selected" : "")} onRow={(r) => ({ onClick: () => setPick(keyOf(r)) })}
        columns={[
          {
            title: t("name"), key: "name", sorter: (a, b) => nameOf(a).localeCompare(nameOf(b), "zh"),
            render: (_, r) => (of.level === "member"
              ? r.firm ? <Link to="/cockpit/$indicator/firms/$firm" params={{ indicator: about.id, firm: r.firm }} search={{ year: about.year, region: about.region }} onClick={(e) => e.stopPropagation()}>{nameOf(r)}</Link> : nameOf(r)
              : r.direct ? nameOf(r) : <Link to="/cockpit/$indicator" params={{ indicator: about.id }} search={{ year: about.year, region: r.region }} onClick={(e) => { e.preventDefault(); e.stopPropagation(); open(r.region); }}>{nameOf(r)}</Link>),
          },
          { title: t("value"), key: "value", align: "right", sorter: byValue, render: (_, r) => value(r) },
          ...terms.map((term) => ({ title: word(term), key: term, align: "right" as const, sorter: (a: BreakdownRow, b: BreakdownRow) => (a.terms[term] ?? 0) - (b.terms[term] ?? 0), render: (_: unknown, r: BreakdownRow) => <span className="num" data-term={term}>{fixed(r.terms[term] ?? 0, 0)}</span> })),
          { title: t("coverage"), key: "coverage", align: "right", sorter: (a, b) => (a.coverage ?? -1) - (b.coverage ?? -1), render: (_, r) => <span className="num">{r.coverage === null ? "—" : percent(r.coverage)} <span className="dim">{fixed(r.known.known, 0)}/{fixed(r.known.due, 0)}</span></span> },
          { title: t("confidence"), key: "confidence", width: 90, sorter: (a, b) => a.confidence.localeCompare(b.confidence), render: (_, r) => (r.known.due > 0 ? r.confidence : "—") },
        ]}
        summary={() => (of.rows.length === 0 ? null : (
          <Table.Summary.Row className="sum">
            <Table.Summary.Cell index={0}>{t("sum")}</Table.Summary.Cell>
            <Table.Summary.Cell index={1} align="right">{value(of.whole)}</Table.Summary.Cell>
            {terms.map((term, i) => <Table.Summary.Cell key={term} index={2 + i} align="right"><span className="num" data-sum={term}>{fixed(sum[term] ?? 0, 0)}</span></Table.Summary.Cell>)}
            <Table.Summary.Cell index={2 + terms.length} colSpan={2} align="right">{wrong.length === 0 ? t("adds") : t("adds.not", { terms: wrong.map(word).join("、") })}</Table.Summary.Cell>
          </Table.Summary.Row>
        ))} />
    </section>
  );
}
