import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Input, Select, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type HoursQuery, workerDefinitions, workerFigures, workHours, type Worked } from "../../api/hours";
import { people } from "../../api/production";
import { FigureTable } from "../../components/FigureTable";
import { RangePicker, useRange } from "../../components/RangePicker";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { duration, fixed, percent } from "../../lib/format";
import { clock, day8, iso, ms } from "../../lib/time";
import type { HoursSearch } from "../../routes";
import { useNames } from "../production/parts";
import { Behind } from "./Behind";
import { finds, hoursOf, type Sum, sums } from "./hours";

const longest = 62 * 24 * 3_600_000;

/** Hours and parts of people for the pay office, with what is behind each number. */
export default function HoursPage() {
  const { t } = useTranslation("hours");
  const search: HoursSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (more: HoursSearch) => void navigate({ to: "/production/hours", search: { ...search, ...more }, replace: true });
  const range = useRange(search, "7d");
  const long = range.to - range.from > longest;
  const q: HoursQuery = { from: iso(range.from), to: iso(range.to), person: search.person, place: search.scope };
  const rows = useQuery({ ...workHours(q), enabled: !long });
  const figures = useQuery({ ...workerFigures(q), enabled: !long });
  const definitions = useQuery(workerDefinitions).data?.items ?? [];
  const known = useQuery(people).data ?? [];
  const file = (format: string) => `/api/v1/work-hours-export?${new URLSearchParams({ ...Object.fromEntries(Object.entries(q).filter(([, v]) => v)), format })}`;
  const problem = rows.error ?? figures.error;
  return (
    <div className="stack">
      <div className="pagehead" style={{ marginBottom: 0 }}><h1>{t("title")}</h1><span className="dim">{t("lead")}</span><span className="fill" />
        <Button href={file("csv")} disabled={long} download>{t("common:export.csv")}</Button><Button href={file("xlsx")} disabled={long} download>{t("xlsx")}</Button>
      </div>
      <div className="row">
        <RangePicker few search={search} fallback="7d" range={range} set={(r) => navigate({ to: "/production/hours", search: { person: search.person, scope: search.scope, ...r }, replace: true })} />
        <Select allowClear showSearch={{ optionFilterProp: "label" }} style={{ width: 180 }} aria-label={t("person")} placeholder={t("person.all")} value={search.person} onChange={(person?: string) => set({ person })}
          options={known.map((p) => ({ value: p.name, label: p.called ? `${p.called} ${p.name}` : p.name }))} />
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
      </div>
      {long ? <Nothing text={t("long")} /> : problem && <Problem error={problem} retry={() => void Promise.all([rows.refetch(), figures.refetch()])} />}
      <FigureTable figures={figures.data?.figures ?? []} definitions={definitions} loading={figures.isLoading} none={t("none")} />
      <PeopleTable rows={sums(figures.data?.people ?? [], rows.data ?? [])} loading={figures.isLoading || rows.isLoading} root={figures.data?.root} pick={(person) => set({ person })} />
      <Stretches rows={rows.data ?? []} loading={rows.isLoading} />
    </div>
  );
}

function useCalled(): (person: string) => string {
  const { t } = useTranslation("hours");
  const called = new Map((useQuery(people).data ?? []).map((p) => [p.name, p.called]));
  return (person) => (person === "" ? t("nobody") : called.get(person) ? `${called.get(person)}（${person}）` : person);
}

function PeopleTable({ rows, loading, root, pick }: { rows: Sum[]; loading: boolean; root: string | undefined; pick: (person: string) => void }) {
  const { t } = useTranslation("hours");
  const { lang } = useLang();
  const called = useCalled();
  const term = (s: Sum, name: string) => s.terms[name] ?? 0;
  return (
    <section className="panel" aria-label={t("people")}>
      <h2 className="row">{t("people")} <span className="dim" role="status">{t("people.n", { n: rows.length })}</span></h2>
      <Table<Sum> size="small" rowKey="person" loading={loading} dataSource={rows} pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t("none")} /> }}
        columns={[
          { title: t("person"), key: "person", sorter: (a, b) => a.person.localeCompare(b.person), render: (_, s) => <Button type="link" size="small" style={{ padding: 0 }} onClick={() => pick(s.person)}>{called(s.person)}</Button> },
          { title: t("orders"), dataIndex: "orders", align: "right", width: 90, sorter: (a, b) => a.orders - b.orders },
          { title: t("worked"), key: "work", align: "right", width: 130, sorter: (a, b) => term(a, "apwt_ms") - term(b, "apwt_ms"), render: (_, s) => <span className="num">{duration(term(s, "apwt_ms"), lang)}</span> },
          { title: t("there"), key: "there", align: "right", width: 130, sorter: (a, b) => term(a, "apat_ms") - term(b, "apat_ms"), render: (_, s) => <span className="num" title={s.stays.map((x) => `${day8(x.from)} ${clock(x.from)}–${clock(x.to)}`).join("\n")}>{duration(term(s, "apat_ms"), lang)}</span> },
          { title: t("efficiency"), key: "efficiency", align: "right", width: 110, render: (_, s) => (term(s, "apat_ms") > 0 ? percent(term(s, "apwt_ms") / term(s, "apat_ms")) : "—") },
          { title: t("good.share"), key: "share", align: "right", width: 150, sorter: (a, b) => a.shareGood - b.shareGood, render: (_, s) => <span className="num">{fixed(s.shareGood, 1)}</span> },
          { title: t("good.crew"), key: "good", align: "right", width: 120, sorter: (a, b) => a.crewGood - b.crewGood, render: (_, s) => <span className="num">{fixed(s.crewGood, 0)}</span> },
          { title: `${t("scrap")}（${t("of.crew")}）`, key: "scrap", align: "right", width: 120, sorter: (a, b) => a.scrap - b.scrap, render: (_, s) => <span className="num">{fixed(s.scrap, 0)}</span> },
        ]} />
      {root && <p className="dim" style={{ margin: "8px 0 0" }} title={t("root.hint")}>{t("root")} <span className="mono">{root}</span></p>}
    </section>
  );
}

function Stretches({ rows, loading }: { rows: Worked[]; loading: boolean }) {
  const { t } = useTranslation("hours");
  const { name } = useLang();
  const { product } = useNames();
  const called = useCalled();
  const [text, setText] = useState("");
  const shown = rows.filter((r) => finds(r, text, product(r.product)));
  const count = (key: "good" | "scrap" | "rework" | "counted") => ({ title: t(key), key, align: "right" as const, width: 75, sorter: (a: Worked, b: Worked) => a[key] - b[key], render: (_: unknown, r: Worked) => <span className="num">{fixed(r[key], 0)}</span> });
  return (
    <section className="panel" aria-label={t("rows")}>
      <h2 className="row">{t("rows")} <span className="dim" role="status">{t("rows.n", { n: shown.length })}</span></h2>
      <div className="row" style={{ marginBottom: 8 }}><Input.Search allowClear style={{ width: 260 }} aria-label={t("find")} placeholder={t("find")} value={text} onChange={(e) => setText(e.target.value)} /></div>
      <Table<Worked> size="small" rowKey={(r) => `${r.person} ${r.order} ${r.job} ${r.from}`} loading={loading} dataSource={shown} pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 1080 }} locale={{ emptyText: <Nothing text={t("none")} /> }}
        expandable={{ expandedRowRender: (r) => <Behind of={r} /> }}
        columns={[
          { title: t("date"), key: "date", width: 190, sorter: (a, b) => ms(a.from) - ms(b.from), render: (_, r) => <span className="num">{day8(r.from)} {clock(r.from)}–{clock(r.to)}</span> },
          { title: t("person"), key: "person", width: 130, sorter: (a, b) => a.person.localeCompare(b.person), render: (_, r) => <span className={r.person ? "" : "dim"}>{called(r.person)}</span> },
          { title: t("hours"), key: "hours", align: "right", width: 75, sorter: (a, b) => hoursOf(a) - hoursOf(b), render: (_, r) => <span className="num">{fixed(hoursOf(r), 2)}</span> },
          { title: t("order"), key: "order", width: 130, sorter: (a, b) => a.order.localeCompare(b.order), render: (_, r) => <><Link className="mono" to="/production/orders" search={{ order: r.order_id }}>{r.order}</Link><div className="dim">{r.job} {name(r.name)}</div></> },
          { title: t("product"), key: "product", width: 150, render: (_, r) => product(r.product) },
          { title: t("crew"), dataIndex: "crew", align: "right", width: 60 },
          count("good"), count("scrap"), count("rework"), { ...count("counted"), width: 95 },
        ]} />
    </section>
  );
}
