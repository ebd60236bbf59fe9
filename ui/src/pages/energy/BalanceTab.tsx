import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Input, Segmented } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Balance, balance, type BalanceNode, media, type Network } from "../../api/energy";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed, percent } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { unitOf, Value } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));

/** Where energy went and what is not accounted for, as a flow and as a table. */
export function BalanceTab({ net, window }: { net: Network; window: { from: string; to: string } }) {
  const { t } = useTranslation("energy");
  const query = useQuery(balance(net.place, window));
  const b = query.data;
  if (query.isError) return <Problem error={query.error} retry={() => void query.refetch()} />;
  if (!b) return <Waiting query={query} />;
  return (
    <div className="stack">
      <section className="panel" aria-label={t("totals")}>
        <div className="row" style={{ gap: 32 }}>
          <Big label={t("coal")} ><Value of={b.coal_kg} unit="kgce" /></Big>
          <Big label={t("co2")}><Value of={b.co2_kg} unit="kg" /></Big>
        </div>
        <details><summary className="dim">{t("factors", { n: b.factors.length })}</summary>
          <table className="plain"><thead><tr><th>{t("medium")}</th><th>{t("kind")}</th><th className="r">{t("factor")}</th><th>{t("source")}</th><th>{t("verified")}</th><th>{t("valid.from")}</th></tr></thead>
            <tbody>{b.factors.map((f) => <tr key={f.medium + f.kind}><td>{t(`medium.${f.medium as "gas"}`)}</td><td>{t(`factor.${f.kind}`)}</td><td className="r num">{f.value} {f.unit}</td><td>{f.source}</td><td>{f.verified === "unverified" ? t("unverified") : f.verified}</td><td>{f.valid_from}</td></tr>)}</tbody></table>
        </details>
      </section>
      <Flows b={b} />
      {b.odd.length > 0 && (
        <section className="panel" aria-label={t("odd")}><h2>{t("odd")}</h2>
          <ul style={{ margin: 0 }}>{b.odd.slice(0, 50).map((o, i) => <li key={i}>{b.nodes.find((n) => n.code === o.meter)?.name.zh ?? o.meter}：{t(`odd.${o.what}`)}，{dateTime(o.from)} – {dateTime(o.to)}{o.count > 0 ? `，${fixed(o.count, 2)}` : ""}</li>)}</ul>
        </section>)}
    </div>
  );
}

function Big({ label, children }: { label: string; children: React.ReactNode }) {
  return <div><div className="dim">{label}</div><div style={{ fontSize: 20, fontWeight: 600 }}>{children}</div></div>;
}

function Flows({ b }: { b: Balance }) {
  const { t } = useTranslation("energy");
  const { name, lang } = useLang();
  const there = media.filter((m) => b.nodes.some((n) => n.medium === m));
  const [medium, setMedium] = useState<string>(there[0] ?? "electricity");
  const [words, setWords] = useState("");
  const nodes = useMemo(() => b.nodes.filter((n) => n.medium === medium), [b, medium]);
  const shown = nodes.filter((n) => words === "" || `${n.code} ${name(n.name)}`.toLowerCase().includes(words.toLowerCase()));
  const option = useMemo(() => sankey(nodes, name, t("lost")), [nodes, lang]);
  const unit = unitOf[medium] ?? "";
  return (
    <section className="panel" aria-label={t("balance")}>
      <h2>{t("balance")}</h2>
      <div className="row">
        {there.length > 1 && <Segmented aria-label={t("medium")} value={medium} onChange={setMedium} options={there.map((m) => ({ value: m as string, label: t(`medium.${m}`) }))} />}
        <Input.Search aria-label={t("search")} placeholder={t("search")} allowClear style={{ width: 200 }} onChange={(e) => setWords(e.target.value)} />
        <Button onClick={() => exportOf(b)}>{t("common:export.csv")}</Button>
      </div>
      {nodes.length === 0 ? <Nothing /> : option && <Suspense fallback={null}><EChart option={option} height={Math.min(720, 120 + 22 * nodes.length)} label={t("balance.label", { values: nodes.slice(0, 40).map((n) => `${name(n.name)} ${n.value === null ? "—" : fixed(n.value, 1)}`).join("，") })} /></Suspense>}
      <div className="scroll" tabIndex={0} role="group" aria-label={t("balance")}>
        <table className="plain">
          <thead><tr><th>{t("meter")}</th><th className="r">{t("used")} ({unit})</th><th className="r">{t("below")}</th><th className="r">{t("lost")}</th><th className="r">{t("share")}</th><th className="r">{t("coverage")}</th><th>{t("evidence")}</th></tr></thead>
          <tbody>{shown.map((n) => (
            <tr key={n.code}>
              <td style={{ paddingLeft: 8 + 18 * n.depth }}>{name(n.name)} <span className="dim mono">{n.code}</span>{n.formula && <span className="dim"> = {n.formula}</span>}</td>
              <td className="r"><Value of={n} /></td><td className="r"><Value of={n.below} /></td><td className="r"><Value of={n.lost} /></td>
              <td className="r num">{n.lost_share === null ? "" : percent(n.lost_share)}</td><td className="r num">{percent(n.coverage)}</td>
              <td>{n.equipment ? <Link to="/machines/$id" params={{ id: n.equipment }} search={{ from: b.from, to: b.to }}>{t("readings")}</Link> : <span className="dim">{t("computed")}</span>}</td>
            </tr>))}</tbody>
        </table>
      </div>
    </section>
  );
}

/** What fed what, with what is not accounted for; undefined where nothing flows. */
function sankey(nodes: BalanceNode[], name: (n: BalanceNode["name"]) => string, lost: string) {
  const label = (n: BalanceNode) => `${name(n.name)} [${n.code}]`;
  const links: { source: string; target: string; value: number }[] = [];
  const gone: string[] = [];
  for (const n of nodes) {
    const above = nodes.find((a) => a.code === n.above);
    if (above && n.value !== null && n.value > 0) links.push({ source: label(above), target: label(n), value: n.value });
    if (n.lost?.value && n.lost.value > 0) {
      gone.push(`${lost} [${n.code}]`);
      links.push({ source: label(n), target: `${lost} [${n.code}]`, value: n.lost.value });
    }
  }
  if (links.length === 0) return undefined;
  const used = new Set(links.flatMap((l) => [l.source, l.target]));
  return {
    tooltip: { trigger: "item", valueFormatter: (v: number) => fixed(v, 1) },
    series: [{
      type: "sankey", left: 8, right: 170, top: 12, bottom: 12, nodeGap: 6, draggable: false, emphasis: { focus: "adjacency" }, lineStyle: { color: "#8a94a0", opacity: 0.35 }, label: { fontSize: 11, formatter: (p: { name: string }) => p.name.replace(/ \[.*\]$/, "") },
      data: [...used].map((n) => ({ name: n, itemStyle: { color: gone.includes(n) ? "#c25b00" : "#1f4e79" } })), links,
    }],
  };
}

function exportOf(b: Balance): void {
  download("energy-balance.csv", csv([
    ["meter", "name", "medium", "above", "unit", "value", "reason", "coverage", "below", "not_accounted_for", "share"],
    ...b.nodes.map((n) => [n.code, n.name.zh, n.medium, n.above ?? "", n.unit, n.value, n.reason ?? "", n.coverage, n.below?.value ?? "", n.lost?.value ?? "", n.lost_share ?? ""]),
  ]), "text/csv");
}
