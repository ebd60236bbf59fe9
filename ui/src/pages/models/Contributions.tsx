import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { contributions, type Study, type Version } from "../../api/models";
import { Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { measured, percent } from "../../lib/format";
import { dateTime, iso, minute, ms } from "../../lib/time";
import { useInput } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));

interface Props { v: Version; s: Study; machine: string; at: string | undefined }

/** Which inputs made a window lie as it does. */
export function Contributions({ v, s, machine, at }: Props) {
  const { t } = useTranslation("models");
  const { lang } = useLang();
  const input = useInput();
  const query = useQuery({ ...contributions(v.id, machine, at ?? ""), enabled: at !== undefined });
  const all = query.data ?? [];
  const option = useMemo(() => {
    const rows = all.slice(0, 10).reverse();
    return { grid: { left: 240, right: 40, top: 8, bottom: 28 }, tooltip: { trigger: "axis" }, xAxis: { type: "value" }, yAxis: { type: "category", data: rows.map(input), axisLabel: { width: 220, overflow: "truncate" } }, series: [{ type: "bar", itemStyle: { color: "#c25b00" }, data: rows.map((c) => Number((100 * c.share).toFixed(1))) }] };
  }, [all, lang]);
  if (!at) return null;
  return (
    <section aria-label={t("contributions")}>
      <div className="row"><h3 style={{ margin: "8px 0 0" }}>{t("contributions.of", { at: dateTime(at) })}</h3><Link to="/machines/$id" params={{ id: machine }} search={{ from: iso(ms(at) - s.window_min * minute), to: at }}>{t("samples")}</Link></div>
      {!query.data ? <Waiting query={query} /> : <>
        <Suspense fallback={null}><EChart option={option} height={40 + 24 * Math.min(10, all.length)} label={t("contributions.label", { values: all.slice(0, 3).map((c) => `${input(c)} ${percent(c.share, 0)}`).join("，") })} /></Suspense>
        <details><summary>{t("common:table")}</summary><table className="plain">
          <thead><tr><th>{t("input")}</th><th className="r">{t("share")}</th><th className="r">{t("value")}</th><th className="r">{t("usual")}</th><th className="r">{t("stat.sd")}</th></tr></thead>
          <tbody>{all.map((c) => <tr key={`${c.stat}:${c.signal}`}><td>{input(c)}</td><td className="r num">{percent(c.share, 1)}</td><td className="r num">{measured(c.value)}</td><td className="r num">{measured(c.usual)}</td><td className="r num">{measured(c.sd)}</td></tr>)}</tbody></table></details></>}
    </section>
  );
}
