import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Segmented, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { chart, memoryKinds, type Point, type View } from "../../api/quality";
import { RangePicker, useRange } from "../../components/RangePicker";
import { Nothing, Waiting } from "../../components/Status";
import { csv } from "../../lib/format";
import { dateTime, iso } from "../../lib/time";
import { download } from "../../lib/download";
import { ControlChart } from "./ControlChart";
import { LimitsPanel } from "./LimitsPanel";
import { MemoryChart } from "./MemoryChart";
import { signal } from "./look";
import { CharacteristicPicker, shown, useCharacteristic, useQualitySearch, useTitle } from "./parts";
import { PointDrawer } from "./PointDrawer";
import { SignalsLine } from "./SignalsLine";
import { WithdrawnList } from "./WithdrawnList";

/** The control chart of a characteristic, as a picture and as a table. */
export function ChartTab() {
  const { t } = useTranslation("quality");
  const [search, set] = useQualitySearch();
  const c = useCharacteristic();
  const title = useTitle();
  const range = useRange(search, "24h");
  const query = useQuery({ ...chart(c?.id ?? "", iso(range.from), iso(range.to)), enabled: c !== undefined, refetchInterval: range.live ? 10_000 : false });
  const [look, setLook] = useState<"chart" | "table">("chart");
  const [open, setOpen] = useState<Point>();
  const view = query.data;
  const kind = c && !c.attribute ? memoryKinds.find((k) => k === search.look) : undefined;
  return (
    <div className="stack">
      <div className="row">
        <CharacteristicPicker />
        <RangePicker few search={search} fallback="24h" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} />
        {c && !c.attribute && <Select style={{ width: 170 }} aria-label={t("look")} value={kind ?? "own"} onChange={(v: string) => set({ look: v === "own" ? undefined : v })} options={[{ value: "own", label: t(`chart.${c.chart}`) }, ...memoryKinds.map((k) => ({ value: k, label: t(`look.${k}`) }))]} />}
        <span className="fill" />
        {!kind && <Segmented size="small" value={look} onChange={setLook} options={[{ value: "chart", label: t("common:chart") }, { value: "table", label: t("common:table") }]} />}
      </div>
      {!c ? <Nothing text={t("none.pick")} /> : kind ? <MemoryChart key={`${c.id} ${kind}`} c={c} kind={kind} from={range.from} to={range.to} /> : !view ? <Waiting query={query} /> : (
        <section className="panel" aria-label={t("chart")}>
          <h2 className="row">{title(c)} <span className="dim" role="status">{summary(view, t)}</span><span className="fill" />
            <span className="dim noprint">{t("hint")}</span>
            <Button size="small" className="noprint" onClick={() => savePicture(c.code)}>{t("picture")}</Button>
            <Button size="small" className="noprint" onClick={() => download(`${c.code}.csv`, table(view), "text/csv")}>{t("common:export.csv")}</Button>
            <Button size="small" className="noprint" onClick={() => window.print()}>{t("print")}</Button></h2>
          {view.points.length + view.envelope.length === 0 ? <Nothing text={t("none.points")} />
            : look === "chart" ? <ControlChart view={view} from={range.from} to={range.to} zoom={(from, to) => set({ range: undefined, from: iso(from), to: iso(to) })} open={setOpen} />
              : <ChartTable view={view} open={setOpen} />}
          {view.signals.length > 0 && <SignalsLine view={view} from={range.from} to={range.to} zoom={(from, to) => set({ range: undefined, from: iso(from), to: iso(to) })} />}
          {view.withdrawn.length > 0 && <WithdrawnList view={view} />}
          {c.tag && <p className="noprint"><Link to="/machines/$id" params={{ id: c.place }} search={{ from: iso(range.from), to: iso(range.to) }}>{t("samples")}</Link></p>}
        </section>)}
      {view && !kind && <LimitsPanel view={view} from={range.from} to={range.to} />}
      {open && view && <PointDrawer key={open.id} view={view} point={open} close={() => setOpen(undefined)} />}
    </div>
  );
}

function summary(view: View, t: ReturnType<typeof useTranslation<"quality">>["t"]): string {
  if (view.envelope.length > 0) return t("envelope.n", { n: view.envelope.reduce((n, e) => n + e.n, 0) });
  const last = view.points.at(-1);
  const limits = !last ? "" : last.limits > 0 ? t("limits.version", { n: last.limits }) : typeof last.ucl === "number" ? t("limits.trial") : t("limits.none");
  return [t("points.n", { n: view.points.length, bad: view.points.filter(signal).length }), limits].filter(Boolean).join(" · ");
}

/** The drawing as a file that any program opens, with the colours it has on the screen. */
function savePicture(name: string): void {
  const svg = document.getElementById("control-chart");
  if (!svg) return;
  const css = getComputedStyle(document.documentElement);
  const text = new XMLSerializer().serializeToString(svg).replace(/var\((--\w+)\)/g, (_, v: string) => css.getPropertyValue(v).trim());
  download(`${name}.svg`, text, "image/svg+xml");
}

function table(view: View): string {
  return csv([["at", "value", "lcl", "center", "ucl", "spread", "spread_ucl", "rules", "outside", "by", "order", "values"],
    ...view.points.map((p) => [p.at, p.value, p.lcl, p.center, p.ucl, p.spread, p.spread_ucl, (p.rules ?? []).join(" "), p.outside ? "1" : "", p.by, p.order, (p.values ?? []).join(" ")]),
    ...view.envelope.map((e) => [e.at, e.mean, e.low, "", e.high, "", "", e.flagged, "", "", "", e.n])]);
}

const rows = 300;

function ChartTable({ view, open }: { view: View; open: (p: Point) => void }) {
  const { t } = useTranslation("quality");
  const c = view.characteristic;
  if (view.envelope.length > 0)
    return (
      <div className="scroll" style={{ maxHeight: 420 }} tabIndex={0} role="region" aria-label={t("common:table")}>
        <table className="plain"><thead><tr><th>{t("at")}</th><th className="r">{t("n")}</th><th className="r">{t("mean")}</th><th className="r">{t("low")}</th><th className="r">{t("high")}</th><th className="r">{t("flagged")}</th></tr></thead>
          <tbody>{view.envelope.map((e) => <tr key={e.at}><td className="num">{dateTime(e.at)}</td><td className="r num">{e.n}</td><td className="r num">{shown(e.mean, c)}</td><td className="r num">{shown(e.low, c)}</td><td className="r num">{shown(e.high, c)}</td><td className="r num">{e.flagged}</td></tr>)}</tbody></table>
      </div>);
  return (
    <div className="scroll" style={{ maxHeight: 420 }} tabIndex={0} role="region" aria-label={t("common:table")}>
      <table className="plain">
        <thead><tr><th>{t("at")}</th><th className="r">{t("value")}</th><th className="r">{t("lcl")}</th><th className="r">{t("center")}</th><th className="r">{t("ucl")}</th><th className="r">{t("spread")}</th><th>{t("broken")}</th><th>{t("by")}</th><th>{t("order")}</th></tr></thead>
        <tbody>{view.points.slice(-rows).reverse().map((p) => (
          <tr key={p.id}><td className="num"><button type="button" className="figbtn" onClick={() => open(p)}>{dateTime(p.at)}</button></td><td className="r num">{shown(p.value, c)}</td><td className="r num">{shown(p.lcl, c)}</td><td className="r num">{shown(p.center, c)}</td><td className="r num">{shown(p.ucl, c)}</td>
            <td className="r num">{shown(p.spread, c)}</td><td>{[...(p.rules ?? []).map((r) => t(`rule.${r}` as "rule.n1")), p.outside ? t("outside") : ""].filter(Boolean).join("，")}</td><td className="dim">{p.by}</td><td className="mono">{p.order}</td></tr>))}</tbody>
      </table>
    </div>
  );
}
