import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Segmented } from "antd";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { series } from "../api/queries";
import type { Series, Tag } from "../api/types";
import { maxPens, maxRaw, penColors, rawPen, StepPen } from "../charts/pens";
import { type ChartPen, TrendChart } from "../charts/TrendChart";
import { useLang } from "../i18n/useLang";
import { measured, unitText } from "../lib/format";
import type { Pen } from "../lib/pyramid";
import { dateTime, iso, zoneLabel } from "../lib/time";
import { Nothing, Waiting } from "./Status";

interface Props { tags: Tag[]; from: number; to: number; live: boolean; height?: number; onView: (from: number, to: number) => void; drop?: (tag: Tag) => void; titleOf?: (t: Tag) => string }

const points = 1200;

function usePens(tags: Tag[], from: number, to: number, live: boolean) {
  const query = useQuery({ ...series(tags.map((t) => t.no), iso(from), iso(to), points), enabled: tags.length > 0 });
  const [raw, setRaw] = useState<{ key: string; pens: Map<number, Pen> }>({ key: "", pens: new Map() });
  const key = `${from}/${to}/${tags.map((t) => t.no).join()}`;
  const got = query.data && !query.isPlaceholderData ? query.data.series : undefined;
  useEffect(() => {
    // Of a stretch that stands still, raw points are loaded, so that panning shows every one of them.
    if (live || !got) return;
    const stop = new AbortController();
    const fit = got.filter((s) => s.count.reduce((a, b) => a + b, 0) < maxRaw);
    const span = to - from;
    void Promise.all(fit.map(async (s) => [s.tag, await rawPen(s.tag, iso(from - span), iso(to + span), stop.signal)] as const))
      .then((all) => !stop.signal.aborted && setRaw({ key, pens: new Map(all) }))
      .catch(() => undefined); // the node's steps stay on the screen
    return () => stop.abort();
  }, [key, live, got, from, to]);
  const byTag = new Map((query.data?.series ?? []).map((s) => [s.tag, s]));
  return { query, byTag, raw: raw.key === key && !live ? raw.pens : undefined };
}

/** Up to eight pens over one stretch of time, with the same as a table. */
export function TrendPanel({ tags, from, to, live, height = 320, onView, drop, titleOf }: Props) {
  const { t } = useTranslation("trend");
  const { lang, name } = useLang();
  const [view, setView] = useState<"chart" | "table">("chart");
  const shown = tags.filter((x) => x.kind !== "text").slice(0, maxPens);
  const { query, byTag, raw } = usePens(shown, from, to, live);
  const title = titleOf ?? ((x: Tag) => name(x.title));
  const pens = useMemo<ChartPen[]>(() => shown.flatMap((x, n) => {
    const s = byTag.get(x.no);
    const pen = raw?.get(x.no) ?? (s && new StepPen(s));
    return pen ? [{ key: String(x.no), label: title(x), unit: unitText(x.unit, lang), color: penColors[n] ?? "#000", pen }] : [];
    // A new answer or new raw points make new pens; the tags are part of the answer.
  }), [query.data, raw, lang, shown.map((x) => x.no).join()]);
  if (tags.length === 0) return <Nothing text={t("pick")} />;
  return (
    <div className="stack" style={{ gap: 6 }}>
      <div className="row">
        <ul className="row" style={{ listStyle: "none", margin: 0, padding: 0, flex: 1 }} aria-label={t("pens")}>
          {shown.map((x, n) => (
            <li key={x.no} className="chip"><span aria-hidden style={{ display: "inline-block", width: 14, height: 3, background: penColors[n], verticalAlign: "middle", marginRight: 6 }} />
              {title(x)}{x.unit && ` (${unitText(x.unit, lang)})`}{drop && <Button type="text" size="small" aria-label={t("drop", { name: title(x) })} onClick={() => drop(x)}>×</Button>}</li>))}
        </ul>
        <span className="dim">{raw ? t("raw") : t("steps")} · {zoneLabel}</span>
        <Segmented size="small" value={view} onChange={setView} options={[{ value: "chart", label: t("common:chart") }, { value: "table", label: t("common:table") }]} />
      </div>
      {tags.length > maxPens && <Alert type="info" title={t("toomany", { count: maxPens })} />}
      {!query.data && <Waiting query={query} />}
      {query.error && query.data && <Waiting query={query} />}
      {query.data && view === "chart" && <TrendChart pens={pens} from={from} to={to} height={height} onView={onView}
        label={t("label", { names: shown.map(title).join("、"), from: dateTime(from), to: dateTime(to) })} />}
      {query.data && view === "table" && <SeriesTable tags={shown} byTag={byTag} title={title} />}
    </div>
  );
}

const tableRows = 120;

function SeriesTable({ tags, byTag, title }: { tags: Tag[]; byTag: Map<number, Series>; title: (t: Tag) => string }) {
  const { t } = useTranslation("trend");
  const { lang } = useLang();
  const first = tags[0] && byTag.get(tags[0].no);
  if (!first) return <Nothing />;
  const every = Math.max(1, Math.ceil(first.t.length / tableRows));
  const cell = (s: Series | undefined, i: number) => {
    let low: number | null = null;
    let high: number | null = null;
    for (let j = i; s && j < Math.min(i + every, s.t.length); j++) {
      const a = s.min[j] ?? s.avg[j] ?? null;
      const b = s.max[j] ?? s.avg[j] ?? null;
      if (a !== null && (low === null || a < low)) low = a;
      if (b !== null && (high === null || b > high)) high = b;
    }
    return low === null || high === null ? "—" : low === high ? measured(low) : `${measured(low)} … ${measured(high)}`;
  };
  const rows = first.t.map((_, i) => i).filter((i) => i % every === 0);
  return (
    <div className="scroll" style={{ maxHeight: 360 }} tabIndex={0}>
      <table className="plain">
        <caption className="vh">{t("table")}</caption>
        <thead><tr><th>{t("time")}</th>{tags.map((x) => <th key={x.no} className="r">{title(x)} {unitText(x.unit, lang)}</th>)}</tr></thead>
        <tbody>{rows.map((i) => <tr key={i}><td className="num">{dateTime(first.t[i] ?? 0)}</td>{tags.map((x) => <td key={x.no} className="r num">{cell(byTag.get(x.no), i)}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}
