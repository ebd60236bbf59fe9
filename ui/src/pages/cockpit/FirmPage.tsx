import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { Alert, Empty, Skeleton, Table } from "antd";
import { useTranslation } from "react-i18next";
import type { MachineMonth, MachineMonths } from "../../api/types";
import { contributions, machineMonths } from "../../api/walk";
import { firm as firmOf } from "../firms/firms";
import { useReason } from "../../components/Figures";
import { useLang } from "../../i18n/useLang";
import { fixed, figureText, percent } from "../../lib/format";
import { Crumbs } from "./Crumbs";
import { useLiveFigures } from "./live";
import { networked, share } from "./walk";
import "./cockpit.css";

/** A firm: its machines with what makes each networked or not, and every indicator it is counted in. */
export default function FirmPage() {
  const { t } = useTranslation("cockpit");
  const { indicator, firm } = useParams({ from: "/app/cockpit/$indicator/firms/$firm" });
  const search = useSearch({ from: "/app/cockpit/$indicator/firms/$firm" });
  const year = search.year ?? new Date().getFullYear();
  const months = useQuery(machineMonths(firm, year));
  const one = useQuery(firmOf(firm)).data;
  useLiveFigures(one?.region ?? search.region, year);
  return (
    <>
      <Crumbs indicator={indicator} year={year} region={one?.region ?? search.region} firm={{ id: firm, name: one?.name ?? "…" }} />
      <div className="pagehead"><h1>{one?.name ?? t("firm")}</h1><span className="dim">{one ? `${one.place} · ${one.code}` : ""}</span></div>
      <div className="stack">
        {months.error && <Alert type="error" showIcon title={months.error.message} />}
        {months.isPending && <Skeleton active />}
        {months.data && <Machines of={months.data} indicator={indicator} year={year} />}
        <Counted firm={firm} year={year} here={indicator} />
      </div>
    </>
  );
}

function Machines({ of, indicator, year }: { of: MachineMonths; indicator: string; year: number }) {
  const { t } = useTranslation("cockpit");
  const { name } = useLang();
  const plants = [...new Set(of.items.map((m) => m.path.split("/")[0]))];
  return (
    <section className="stack" aria-label={t("machines")}>
      <div className="row"><h2 style={{ fontSize: 16, margin: 0 }}>{t("machines")}</h2>
        {of.month && <span className="dim" role="status">{t("machines.of", { month: of.month, networked: networked(of.items), all: of.items.length, plants: plants.length })}</span>}</div>
      <p className="dim" style={{ margin: 0 }}>{t("rule", { share: of.rule.known_per_mille / 10, days: of.rule.days })}{of.rule.verified !== "read" && <> <span className="chip">{t("unverified")}</span></>}</p>
      <Table<MachineMonth> size="small" rowKey="machine" dataSource={of.items} pagination={{ pageSize: 50, hideOnSinglePage: true }} scroll={{ x: 860 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("machines.none")} /> }}
        columns={[
          { title: t("machine"), key: "name", sorter: (a, b) => a.path.localeCompare(b.path), render: (_, m) => <Link to="/cockpit/$indicator/machines/$machine" params={{ indicator, machine: m.machine }} search={{ year, month: of.month }} title={m.path}>{name(m.name)}</Link> },
          { title: t("networked"), key: "networked", sorter: (a, b) => Number(a.networked) - Number(b.networked), filters: [{ text: t("is.networked"), value: true }, { text: t("not.networked"), value: false }], onFilter: (v, m) => m.networked === v, render: (_, m) => <Verdict of={m} /> },
          { title: t("days"), key: "days", align: "right", sorter: (a, b) => a.connected_days - b.connected_days, render: (_, m) => <span className="num">{t("days.of", { n: m.connected_days, planned: m.planned_days, needed: m.needed_days })}</span> },
          { title: t("busy"), key: "busy", align: "right", sorter: (a, b) => (share(a.known_ms, a.planned_ms) ?? -1) - (share(b.known_ms, b.planned_ms) ?? -1), render: (_, m) => { const s = share(m.known_ms, m.planned_ms); return <span className="num">{s === undefined ? "—" : percent(s)}</span>; } },
          { title: t("suspect"), key: "suspect", align: "right", sorter: (a, b) => a.suspect_days - b.suspect_days, render: (_, m) => <span className="num">{m.suspect_days || "—"}</span> },
          { title: t("nc"), key: "nc", width: 70, render: (_, m) => (m.nc ? t("yes") : t("no")) },
        ]} />
    </section>
  );
}

/** Networked, or which of the two rules fails. */
export function Verdict({ of: m }: { of: MachineMonth }) {
  const { t } = useTranslation("cockpit");
  return m.networked ? <span className="chip">{t("is.networked")}</span> : <span>{t("not.networked")}：<span className="dim">{t(`why.${m.reason ?? "too_few_days"}`, { n: m.connected_days, needed: m.needed_days, suspect: m.suspect_days })}</span></span>;
}

/** The other direction: from the firm up to every indicator. */
function Counted({ firm, year, here }: { firm: string; year: number; here: string }) {
  const { t, i18n } = useTranslation("cockpit");
  const { lang, name } = useLang();
  const reason = useReason();
  const { data, error, isPending } = useQuery(contributions(firm, year));
  const word = (term: string) => (i18n.exists(`cockpit:term.${term}`) ? t(`term.${term}` as "term.machines") : term);
  return (
    <section className="stack" aria-label={t("counted")}>
      <h2 style={{ fontSize: 16, margin: 0 }}>{t("counted")}</h2>
      {error && <Alert type="error" showIcon title={error.message} />}
      <Table size="small" rowKey={(c) => c.result.definition.id} loading={isPending} dataSource={data ?? []} pagination={false} scroll={{ x: 720 }} locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("counted.none")} /> }}
        rowClassName={(c) => (c.result.definition.id === here ? "ant-table-row-selected" : "")}
        columns={[
          { title: t("indicator"), key: "name", render: (_, c) => <Link to="/cockpit/$indicator" params={{ indicator: c.result.definition.id }} search={{ year, region: "330000" }}>{name(c.result.definition.name)}</Link> },
          { title: t("target"), key: "targets", render: (_, c) => c.targets.join("、") || "—" },
          { title: t("adds.terms"), key: "terms", render: (_, c) => Object.entries(c.result.terms).filter(([k]) => k !== "years").map(([k, n]) => `${word(k)} ${fixed(n, 0)}`).join("，") },
          { title: t("own.value"), key: "value", align: "right", render: (_, c) => (c.result.value === null ? <span className="dim">{c.result.known.known < c.result.known.due ? t("not.known") : reason(c.result.reason)}</span> : figureText(c.result.value, c.result.unit, c.result.definition.digits, lang)) },
          { title: t("basis"), key: "basis", render: (_, c) => (["machine", "audited", "declared"] as const).filter((b) => c.result.known.basis?.[b]).map((b) => t(`basis.${b}`)).join("，") || "—" },
        ]} />
    </section>
  );
}
