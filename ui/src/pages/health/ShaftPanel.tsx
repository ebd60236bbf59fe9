import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { OrderLine, Picture } from "../../api/condition";
import { useLang } from "../../i18n/useLang";
import { fixed } from "../../lib/format";

const EChart = lazy(() => import("../../charts/EChart"));
const named = 0.8;

/** Orders of the shaft and the mesh of its gear, with what they may be of. */
export function ShaftPanel({ pic }: { pic: Picture }) {
  const { t } = useTranslation("healthmore");
  const { lang } = useLang();
  const f = pic.shaft_findings;
  const option = useMemo(() => chart(f?.orders ?? [], t("order"), "mm/s"), [f, lang]);
  return (
    <section className="panel" aria-label={t("shaft")}>
      <h2>{t("shaft")}</h2>
      {!f || f.orders.length === 0 ? <p className="dim">{t("shaft.unknown")}</p> : (
        <>
          <p className="dim" style={{ margin: 0 }}>{t("shaft.lead")}</p>
          {f.candidates.length === 0 ? <p>{t("shaft.none")}</p> : (
            <table className="plain"><caption className="vh">{t("candidate")}</caption>
              <thead><tr><th>{t("candidate")}</th><th className="r">{t("confidence")}</th><th>{t("evidence")}</th></tr></thead>
              <tbody>{f.candidates.map((c) => <tr key={c.fault}><td>{c.confidence >= named ? <b>{t(`fault.${c.fault}` as "fault.gear")}</b> : <>{t(`fault.${c.fault}` as "fault.gear")} <span className="dim">{t("uncertain")}</span></>}</td><td className="r num">{c.confidence.toFixed(2)}</td><td>{t(`rule.${c.rule}` as "rule.half_orders", { ratio: fixed(c.ratio, 2) })}</td></tr>)}</tbody>
            </table>)}
          <Suspense fallback={null}><EChart option={option} height={220} label={t("orders.label", { values: f.orders.filter((l) => Number.isInteger(l.order)).map((l) => `${l.order}× ${fixed(l.amplitude, 2)}`).join("，") })} /></Suspense>
          <details><summary>{t("order")}</summary><Lines all={f.orders} /></details>
          {f.mesh.length > 0 && <details><summary>{t("mesh")}</summary><Lines all={f.mesh} /></details>}
        </>)}
    </section>
  );
}

function Lines({ all }: { all: OrderLine[] }) {
  const { t } = useTranslation("healthmore");
  return (
    <table className="plain">
      <thead><tr><th className="r">{t("order")}</th><th className="r">{t("hz")}</th><th className="r">{t("amplitude")}</th><th className="r">{t("level.db")}</th></tr></thead>
      <tbody>{all.map((l) => <tr key={l.order}><td className="r num">{l.order}</td><td className="r num">{fixed(l.hz, 2)}</td><td className="r num">{fixed(l.amplitude, 3)}</td><td className="r num">{fixed(l.level_db, 1)}</td></tr>)}</tbody>
    </table>
  );
}

function chart(all: OrderLine[], order: string, unit: string) {
  return {
    grid: { left: 56, right: 16, top: 16, bottom: 40 }, tooltip: { trigger: "axis", valueFormatter: (v: number) => `${fixed(v, 3)} ${unit}` },
    xAxis: { type: "category", name: order, data: all.map((l) => `${l.order}`) }, yAxis: { type: "value", name: unit },
    series: [{ type: "bar", barMaxWidth: 14, data: all.map((l) => ({ value: Number(l.amplitude.toFixed(4)), itemStyle: { color: l.level_db >= 15 ? "#c25b00" : "#9db2c7" } })) }],
  };
}
