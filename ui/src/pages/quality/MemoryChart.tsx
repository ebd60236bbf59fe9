import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Select } from "antd";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type Characteristic, characteristics, type MemoryKind, type MemoryView, memory } from "../../api/quality";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { csv } from "../../lib/format";
import { download } from "../../lib/download";
import { dateTime, iso, shortTime } from "../../lib/time";
import { shown, useQualitySearch, useTitle } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));

/** A chart that remembers, one of items in turn, or one of several characteristics at once. */
export function MemoryChart({ c, kind, from, to }: { c: Characteristic; kind: MemoryKind; from: number; to: number }) {
  const { t } = useTranslation("quality");
  const title = useTitle();
  const [search, set] = useQualitySearch();
  const fellows = (useQuery(characteristics()).data ?? []).filter((o) => o.place === c.place && o.id !== c.id && !o.attribute);
  const chosen = (search.with ?? "").split(",").filter((id) => fellows.some((o) => o.id === id));
  const query = useQuery({ ...memory(c.id ?? "", kind, chosen, iso(from), iso(to)), enabled: kind !== "t2" || chosen.length > 0, retry: false });
  const v = query.data;
  return (
    <section className="panel" aria-label={t(`look.${kind}`)}>
      <h2 className="row">{title(c)} · {t(`look.${kind}`)} <span className="dim" role="status">{v && v.points.length > 0 && t("points.n", { n: v.points.length, bad: v.points.filter((p) => p.signal).length })}</span><span className="fill" />
        {v && v.points.length > 0 && <Button size="small" className="noprint" onClick={() => save(c, v)}>{t("common:export.csv")}</Button>}</h2>
      <p className="dim">{t(`look.${kind}.how`)}</p>
      {kind === "t2" && <Select mode="multiple" maxCount={7} style={{ minWidth: 320 }} aria-label={t("t2.with")} placeholder={t("t2.with")} value={chosen} onChange={(ids: string[]) => set({ with: ids.join(",") || undefined })} options={fellows.map((o) => ({ value: o.id ?? "", label: title(o) }))} />}
      {kind === "t2" && chosen.length === 0 ? <Nothing text={fellows.length > 0 ? t("t2.none") : t("t2.alone")} /> : !v ? <Waiting query={query} /> : v.points.length === 0 ? <Nothing text={t("none.points")} /> : <Drawn v={v} c={c} />}
      {v && (v.left ?? 0) > 0 && <Alert type="info" showIcon title={t(kind === "t2" ? "t2.left" : "look.left", { n: v.left })} />}
    </section>
  );
}

const save = (c: Characteristic, v: MemoryView) => download(`${c.code}-${v.kind}.csv`, csv([["at", "item", "value", "down", "lcl", "center", "ucl", "off", "spread", "signal", ...v.characteristics.map((x) => x.code)],
  ...v.points.map((p) => [p.at, p.item, p.value, p.down, p.lcl, p.center, p.ucl, p.off, p.spread, p.signal ? "1" : "", ...(p.parts ?? [])])]), "text/csv");

function Drawn({ v, c }: { v: MemoryView; c: Characteristic }) {
  const { t } = useTranslation("quality");
  const { name } = useLang();
  const option = useMemo(() => optionOf(v, t), [v, t]);
  const n = (x: number | null | undefined) => (v.kind === "ewma" ? shown(x, c) : typeof x === "number" ? x.toFixed(2) : "—");
  const parts = v.kind === "t2";
  return (
    <>
      <Suspense fallback={null}><EChart option={option} height={300} label={t("label.memory", { name: t(`look.${v.kind}`), n: v.points.length, bad: v.points.filter((p) => p.signal).length })} /></Suspense>
      <details><summary>{t("common:table")}</summary>
        <div className="scroll" style={{ maxHeight: 360 }} tabIndex={0} role="region" aria-label={t("common:table")}>
          <table className="plain">
            <thead><tr><th>{t("at")}</th>{v.kind === "short-run" && <th>{t("item")}</th>}<th className="r">{t(`value.${v.kind}`)}</th>{v.kind === "cusum" && <th className="r">{t("value.down")}</th>}<th className="r">{t("lcl")}</th><th className="r">{t("ucl")}</th>{v.kind === "short-run" && <><th className="r">{t("value.off")}</th><th className="r">MR</th></>}{parts && v.characteristics.map((x) => <th key={x.id} className="r" title={name(x.name)}>{x.code}</th>)}<th>{t("flagged")}</th></tr></thead>
            <tbody>{[...v.points].reverse().slice(0, 300).map((p) => <tr key={`${p.id} ${p.item ?? ""}`}><td className="num">{dateTime(p.at)}</td>{v.kind === "short-run" && <td>{p.item}</td>}<td className="r num">{n(p.value)}</td>{v.kind === "cusum" && <td className="r num">{n(p.down)}</td>}<td className="r num">{n(p.lcl)}</td><td className="r num">{n(p.ucl)}</td>{v.kind === "short-run" && <><td className="r num">{shown(p.off, c)}</td><td className="r num">{n(p.spread)}</td></>}{parts && (p.parts ?? []).map((x, i) => <td key={v.characteristics[i]?.id} className="r num">{n(x)}</td>)}<td>{p.signal ? t("signal.yes") : ""}</td></tr>)}</tbody>
          </table>
        </div></details>
    </>
  );
}

function optionOf(v: MemoryView, t: ReturnType<typeof useTranslation<"quality">>["t"]) {
  const line = (name: string, data: (number | null | undefined)[], color: string, more = {}) => ({ name, type: "line", showSymbol: false, data: data.map((x) => x ?? null), lineStyle: { color, width: 1.5, ...more }, itemStyle: { color } });
  const dots = (name: string, of: (p: MemoryView["points"][number]) => number | null | undefined, color: string) => ({
    name, type: "line", symbolSize: 6, showSymbol: true, lineStyle: { color, width: 1.5 }, itemStyle: { color }, data: v.points.map((p) => ({ value: of(p) ?? null, ...(p.signal ? { itemStyle: { color: "#c8102e" } } : {}) })),
  });
  const limits = [...(v.kind === "t2" ? [] : [line(t("lcl"), v.points.map((p) => p.lcl), "#c8102e", { type: "dashed", width: 1 })]), line(t("ucl"), v.points.map((p) => p.ucl), "#c8102e", { type: "dashed", width: 1 })];
  return {
    grid: { left: 72, right: 24, top: 36, bottom: 36 }, legend: { top: 0 }, tooltip: { trigger: "axis" }, xAxis: { type: "category", data: v.points.map((p) => `${shortTime(p.at)}${p.item ? ` ${p.item}` : ""}`), axisLabel: { fontSize: 11 } },
    yAxis: { type: "value", scale: v.kind === "ewma" },
    series: [dots(t(`value.${v.kind}`), (p) => p.value, "#1f5fa8"), ...(v.kind === "cusum" ? [dots(t("value.down"), (p) => p.down, "#6a4c93")] : []), ...(v.kind === "short-run" ? [line("MR", v.points.map((p) => p.spread), "#7a8a99", { width: 1 })] : []), ...limits],
  };
}
