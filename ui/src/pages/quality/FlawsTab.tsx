import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Segmented, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Density, density, type Mark, marks, type Picture, pictures } from "../../api/marks";
import { products } from "../../api/queries";
import { RangePicker, useRange } from "../../components/RangePicker";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, percent } from "../../lib/format";
import { dateTime, iso, shortTime } from "../../lib/time";
import { filePath } from "../production/Documents";
import { useReason } from "../production/reasons";
import { percentAt, Pin } from "./PicturePad";
import { useQualitySearch } from "./parts";

/** Where on the part flaws are, and where they gather. */
export function FlawsTab() {
  const { t } = useTranslation("flaws");
  const { name } = useLang();
  const [search, set] = useQualitySearch();
  const goods = useQuery(products).data ?? [];
  const all = useQuery(pictures(search.product));
  const picture = all.data?.find((p) => p.sha256 === search.picture) ?? all.data?.[0];
  return (
    <div className="stack">
      <div className="row">
        <Select showSearch={{ optionFilterProp: "label" }} style={{ width: 220 }} aria-label={t("product")} placeholder={t("product.pick")} value={search.product} onChange={(product: string) => set({ product, picture: undefined })} options={goods.map((p) => ({ value: p.code, label: `${p.code} ${name(p.name)}` }))} />
        {picture && <Select style={{ width: 360 }} aria-label={t("picture")} value={picture.sha256} onChange={(p: string) => set({ picture: p })} options={(all.data ?? []).map((p) => ({ value: p.sha256, label: t("picture.of", { title: p.title, revision: p.revision, operation: p.operation, n: p.marks }) }))} />}
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
      </div>
      {!search.product ? <Nothing text={t("pick")} /> : !all.data ? <Waiting query={all} /> : !picture ? <Nothing text={t("none.pictures")} /> : <OnPicture key={picture.sha256} picture={picture} />}
    </div>
  );
}

function OnPicture({ picture }: { picture: Picture }) {
  const { t } = useTranslation("flaws");
  const { name } = useLang();
  const reason = useReason();
  const [search, set] = useQualitySearch();
  const range = useRange(search, "30d");
  const [code, setCode] = useState<string>();
  const [place, setPlace] = useState<string>();
  const [operation, setOperation] = useState<number>();
  const [look, setLook] = useState<"marks" | "density">("marks");
  const [compare, setCompare] = useState(false);
  const span = range.to - range.from;
  const base = { picture: picture.sha256, scope: search.scope, code, place, operation };
  const now = { ...base, from: iso(range.from), to: iso(range.to) };
  const then = { ...base, from: iso(range.from - span), to: iso(range.from) };
  const list = useInfiniteQuery(marks(now));
  const dense = useQuery(density(now));
  const old = useInfiniteQuery({ ...marks(then), enabled: compare });
  const oldDense = useQuery({ ...density(then), enabled: compare });
  const every = useQuery(density({ picture: picture.sha256, scope: search.scope })).data;
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const before = compare ? (old.data?.pages.flatMap((p) => p.items) ?? []) : [];
  const save = () => download("flaws.csv", csv([
    [t("at"), t("code"), t("count"), "x", "y", t("place"), t("from"), t("order"), t("lot"), t("by"), "picture"],
    ...rows.map((m) => [m.at, reason(m.code), m.count, m.x, m.y, m.place_name ? name(m.place_name) : "", t(m.case ? "from.case" : "from.inspection"), m.order ?? "", m.lot ?? "", m.by, m.picture]),
  ]), "text/csv");
  return (
    <>
      <div className="row">
        <RangePicker few search={search} fallback="30d" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} />
        <Select allowClear style={{ width: 150 }} aria-label={t("code")} placeholder={t("code.all")} value={code} onChange={(v?: string) => setCode(v)} options={(every?.codes ?? []).map((c) => ({ value: c.code, label: `${reason(c.code)} (${c.count})` }))} />
        <Select allowClear style={{ width: 170 }} aria-label={t("place")} placeholder={t("place.all")} value={place} onChange={(v?: string) => setPlace(v)} options={(every?.places ?? []).map((p) => ({ value: p.place, label: `${name(p.name) || p.place} (${p.count})` }))} />
        {(every?.operations.length ?? 0) > 0 && <Select allowClear style={{ width: 130 }} aria-label={t("operation")} placeholder={t("operation.all")} value={operation} onChange={(v?: number) => setOperation(v)} options={(every?.operations ?? []).map((o) => ({ value: o.operation, label: `${o.operation} (${o.count})` }))} />}
        <Segmented<"marks" | "density"> aria-label={t("look")} value={look} onChange={(v) => setLook(v)} options={[{ value: "marks", label: t("look.marks") }, { value: "density", label: t("look.density") }]} />
        <Checkbox checked={compare} onChange={(e) => setCompare(e.target.checked)}>{t("compare")}</Checkbox><span className="fill" />
        <Button size="small" disabled={rows.length === 0} onClick={save}>{t("common:export.csv")}</Button>
      </div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <div style={{ display: "grid", gridTemplateColumns: compare ? "1fr 1fr" : "minmax(0, 720px)", gap: 16 }}>
        {compare && <Shown picture={picture} look={look} rows={before} dense={oldDense.data} from={range.from - span} to={range.from} />}
        <Shown picture={picture} look={look} rows={rows} dense={dense.data} from={range.from} to={range.to} />
      </div>
      {list.hasNextPage && <p className="dim">{t("more", { n: rows.length })} <Button size="small" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("common:more")}</Button></p>}
      {!list.isLoading && rows.length === 0 && <Nothing text={t("none")} />}
      {dense.data && dense.data.count > 0 && <Sums dense={dense.data} old={compare ? oldDense.data : undefined} />}
      {rows.length > 0 && <MarkTable rows={rows} />}
    </>
  );
}

/** A picture with its marks, or with the cells in which they gather. */
function Shown({ picture, look, rows, dense, from, to }: { picture: Picture; look: "marks" | "density"; rows: Mark[]; dense: Density | undefined; from: number; to: number }) {
  const { t } = useTranslation("flaws");
  const n = dense?.count ?? 0;
  const most = dense?.cells[0]?.count ?? 1;
  const side = dense?.side ?? 1;
  return (
    <figure style={{ margin: 0 }}>
      <div role="img" aria-label={t("picture.label", { title: picture.title, n })} style={{ position: "relative", lineHeight: 0 }}>
        <img src={filePath(picture.sha256)} alt="" style={{ width: "100%" }} />
        {look === "density" && (
          <svg viewBox={`0 0 ${side} ${side}`} preserveAspectRatio="none" aria-hidden style={{ position: "absolute", inset: 0, width: "100%", height: "100%" }}>
            {dense?.cells.map((c) => <rect key={`${c.x} ${c.y}`} x={c.x} y={c.y} width={1} height={1} fill="#c2185b" fillOpacity={0.2 + 0.65 * (c.count / most)}><title>{c.count}</title></rect>)}
          </svg>)}
        {look === "marks" && rows.map((m) => <Pin key={m.id} x={m.x} y={m.y} text={m.count > 1 ? String(m.count) : ""} />)}
      </div>
      <figcaption className="dim" style={{ lineHeight: 1.6 }}>{t("now", { from: shortTime(from), to: shortTime(to), n })}</figcaption>
    </figure>
  );
}

/** By kind, by machine and by cell, with the time before where it is compared. */
function Sums({ dense, old }: { dense: Density; old: Density | undefined }) {
  const { t } = useTranslation("flaws");
  const { name } = useLang();
  const reason = useReason();
  const parts: { key: "kinds" | "places" | "cells"; head: string; rows: { name: string; n: number; before: number }[] }[] = [
    { key: "kinds", head: t("code"), rows: dense.codes.map((c) => ({ name: reason(c.code) || "—", n: c.count, before: old?.codes.find((o) => o.code === c.code)?.count ?? 0 })) },
    { key: "places", head: t("place"), rows: dense.places.map((p) => ({ name: (p.name && name(p.name)) || p.place, n: p.count, before: old?.places.find((o) => o.place === p.place)?.count ?? 0 })) },
    { key: "cells", head: t("cell"), rows: dense.cells.slice(0, 10).map((c) => ({ name: `${c.x + 1}, ${c.y + 1}`, n: c.count, before: old?.cells.find((o) => o.x === c.x && o.y === c.y)?.count ?? 0 })) },
  ];
  return (
    <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(260px, 1fr))", gap: 16 }}>
      {parts.map((p) => (
        <section className="panel" key={p.key} aria-label={t(p.key)}>
          <h3>{t(p.key)}</h3>
          <table className="plain"><thead><tr><th>{p.head}</th><th className="r">{t("count")}</th><th className="r">{t("share")}</th>{old && <th className="r">{t("before")}</th>}</tr></thead>
            <tbody>{p.rows.map((r) => <tr key={r.name}><td>{r.name}</td><td className="r num">{r.n}</td><td className="r num">{percent(r.n / dense.count)}</td>{old && <td className="r num">{r.before}</td>}</tr>)}</tbody></table>
        </section>))}
    </div>
  );
}

/** Each mark with the way to the inspection or the nonconformance that it is from. */
function MarkTable({ rows }: { rows: Mark[] }) {
  const { t } = useTranslation("flaws");
  const { name } = useLang();
  const reason = useReason();
  const [, set] = useQualitySearch();
  const go = (m: Mark) => (m.case ? set({ tab: "cases", case: m.case, ended: true }) : set({ tab: "chart", characteristic: m.characteristic, from: iso(Date.parse(m.at) - 3_600_000), to: iso(Date.parse(m.at) + 3_600_000) }));
  return (
    <section className="panel" aria-label={t("table")}>
      <h3>{t("table")}</h3>
      <table className="plain"><thead><tr><th>{t("at")}</th><th>{t("code")}</th><th className="r">{t("count")}</th><th className="r">{t("where")}</th><th>{t("place")}</th><th>{t("from")}</th><th>{t("order")}</th><th>{t("by")}</th></tr></thead>
        <tbody>{rows.slice(0, 500).map((m) => (
          <tr key={m.id}><td className="num">{dateTime(m.at)}</td><td>{reason(m.code)}</td><td className="r num">{m.count}</td><td className="r num">{percentAt(m.x)}, {percentAt(m.y)}</td><td>{m.place_name && name(m.place_name)}</td><td><Button type="link" size="small" style={{ padding: 0 }} onClick={() => go(m)}>{t(m.case ? "from.case" : "from.inspection")}</Button></td><td>{m.order ?? "—"}</td><td>{m.by}</td></tr>))}</tbody></table>
    </section>
  );
}
