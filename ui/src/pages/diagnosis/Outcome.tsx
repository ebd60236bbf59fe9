import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Empty, Table } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Diagnosis } from "../../api/diagnosis";
import { useLang } from "../../i18n/useLang";
import { fixed } from "../../lib/format";
import type { DiagnosisSearch } from "../../routes";
import { everyNode } from "./PlanForm";
import { marks } from "./Requirements";
import type { PartProps } from "./Workspace";

const EChart = lazy(() => import("../../charts/EChart"));

type Gap = Diagnosis["outcome"]["gaps"][number];

/** Score by level, radar by subdomain, place among peers, gaps against the target. */
export function Outcome({ d, e }: PartProps) {
  return (
    <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 440px), 1fr))", gap: 12, alignItems: "start" }}>
      <Levels d={d} e={e} />
      <Radar d={d} e={e} />
      <Gaps d={d} e={e} />
    </div>
  );
}

function Levels({ d, e }: Omit<PartProps, "may">) {
  const { t } = useTranslation("diagnosis");
  const { name } = useLang();
  const p = d.peers;
  return (
    <section className="panel">
      <h2>{t("levels")}</h2>
      <div className="scroll">
        <table className="plain">
          <thead><tr><th>{t("col.level")}</th><th className="r">{t("col.score")}</th><th className="r">{t("col.highest")}</th><th className="r">{t("answered")}</th><th>{t("col.reached")}</th></tr></thead>
          <tbody>
            {d.outcome.levels.map((l) => (
              <tr key={l.level}><td>{l.level} {name(e.levels[l.level - 1]?.name ?? { zh: "" })}</td><td className="r">{fixed(l.score, 3)}</td><td className="r">{fixed(l.highest, 3)}</td><td className="r">{l.answered} / {l.asked}</td><td>{l.reached ? "✓" : "—"}</td></tr>))}
          </tbody>
        </table>
      </div>
      <p className="dim">{t("levels.hint", { reach: e.scoring.reach })} {!e.scoring.verified && <span className="chip">{t("unverified")}</span>}</p>
      <h2 style={{ fontSize: 15 }}>{t("peers")}</h2>
      {p.known
        ? <p>{t("peers.place", { n: p.count, sector: p.sector, below: p.below, q25: fixed(p.q25, 2), q50: fixed(p.q50, 2), q75: fixed(p.q75, 2) })}</p>
        : <p className="dim">{p.sector ? t("peers.few", { n: p.least, sector: p.sector }) : t("peers.noSector")}</p>}
    </section>
  );
}

function Radar({ d, e }: Omit<PartProps, "may">) {
  const { t } = useTranslation("diagnosis");
  const { name } = useLang();
  const [table, setTable] = useState(false);
  const points = useMemo(() => {
    const names = new Map(everyNode(e.elements).map((n) => [n.id, name(n.name)]));
    return d.outcome.radar.map((p) => ({ ...p, name: names.get(p.id) ?? p.id }));
  }, [d, e, name]);
  const option = useMemo(() => ({
    radar: { indicator: points.map((p) => ({ name: p.name, max: e.levels.length })), radius: "66%", splitNumber: e.levels.length, axisName: { fontSize: 11 } },
    legend: { bottom: 0 },
    series: [{ type: "radar", data: [
      { value: points.map((p) => p.value), name: d.firm.name, areaStyle: { opacity: 0.15 } },
      { value: points.map((p) => Math.min(d.plan.target, p.most)), name: t("target", { n: d.plan.target }), lineStyle: { type: "dashed" }, symbol: "none" },
    ] }],
  }), [points, d, e, t]);
  const weakest = [...points].sort((a, b) => a.value - b.value).slice(0, 3).map((p) => p.name).join("、");
  return (
    <section className="panel">
      <h2 className="row">{t("radar")}<span style={{ flex: 1 }} /><Button size="small" onClick={() => setTable(!table)}>{t(table ? "common:chart" : "common:table")}</Button></h2>
      {table
        ? <table className="plain"><thead><tr><th>{t("col.subdomain")}</th><th className="r">{t("col.value")}</th><th className="r">{t("col.most")}</th></tr></thead><tbody>{points.map((p) => <tr key={p.id}><td>{p.name}</td><td className="r">{fixed(p.value, 2)}</td><td className="r">{p.most}</td></tr>)}</tbody></table>
        : <Suspense fallback={null}><EChart option={option} height={400} label={t("radar.label", { weakest })} /></Suspense>}
    </section>
  );
}

function Gaps({ d, e }: Omit<PartProps, "may">) {
  const { t } = useTranslation("diagnosis");
  const { name } = useLang();
  const navigate = useNavigate();
  const search: DiagnosisSearch = useSearch({ strict: false });
  const texts = useMemo(() => new Map(everyNode(e.elements).flatMap((n) => n.requirements.map((r) => [r.id, { text: r.text, of: n.name }] as const))), [e]);
  return (
    <section className="panel" style={{ gridColumn: "1 / -1" }}>
      <h2>{t("gaps", { n: d.plan.target })}</h2>
      <Table<Gap> size="small" rowKey="requirement" dataSource={d.outcome.gaps} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: 700 }} locale={{ emptyText: <Empty description={t("gaps.none")} /> }}
        columns={[
          { title: t("col.level"), dataIndex: "level" },
          { title: t("col.subdomain"), key: "of", render: (_, g) => name(texts.get(g.requirement)?.of ?? { zh: "" }) },
          { title: t("col.requirement"), key: "text", render: (_, g) => <button type="button" className="figbtn" style={{ whiteSpace: "normal" }} onClick={() => void navigate({ to: "/diagnoses", search: { ...search, tab: "answers", r: g.requirement } })}>{name(texts.get(g.requirement)?.text ?? { zh: g.requirement })}</button> },
          { title: t("col.grade"), key: "grade", render: (_, g) => `${marks[g.grade]} ${t(`grade.${g.grade || "open"}` as "grade.full")}` },
          { title: t("col.gain"), key: "gain", align: "right", render: (_, g) => `+${fixed(g.gain, 4)}` },
        ]} />
    </section>
  );
}
