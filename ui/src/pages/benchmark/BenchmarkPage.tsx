import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Empty, Segmented, Select, Spin, TreeSelect } from "antd";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { benchmarks, standards, type BenchmarkAnswer, type Measure } from "../../api/evaluation";
import { ApiError } from "../../api/client";
import { session } from "../../api/queries";
import { useLang } from "../../i18n/useLang";
import { dateTime } from "../../lib/time";
import type { BenchmarkSearch } from "../../routes";
import { RegionPicker } from "../../components/RegionPicker";
import { treeOf } from "../../lib/divisions";
import { industries } from "../firms/firms";
import { Groups } from "./Groups";
import { OwnPlace } from "./OwnPlace";
import { Publish } from "./Publish";

const years = 8; // that the list of years goes back

/** Where firms stand by region and sector, in fixed groups that give nobody away. */
export default function BenchmarkPage() {
  const { t } = useTranslation("benchmark");
  const { name } = useLang();
  const search: BenchmarkSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const me = useQuery(session).data;
  const measures = useQuery(standards).data?.measures ?? [];
  const trades = useQuery(industries).data;
  const tree = useMemo(() => treeOf(trades?.items ?? []), [trades]);
  const now = new Date().getFullYear();
  const year = search.year ?? now - 1;
  const measure = measures.find((m) => m.id === search.measure) ?? measures[0];
  const by = search.by === "sector" ? "sector" : "region";
  const set = (more: BenchmarkSearch) => void navigate({ to: "/benchmarks", search: { ...search, ...more } });
  const { data, error, isPending } = useQuery({ ...benchmarks({ measure: measure?.id ?? "", year, region: search.region, sector: search.sector, by, firm: search.firm }), enabled: measure !== undefined });
  const absent = error instanceof ApiError && error.status === 404;
  return (
    <>
      <div className="pagehead">
        <h1>{t("title")}</h1><span className="dim">{t("lead")}</span><span className="fill" />
        {me?.permissions.includes("firms.keep") && measure && <Publish measure={measure} year={year} />}
      </div>
      <div className="row" style={{ marginBottom: 12 }}>
        <Select aria-label={t("measure")} style={{ width: 220 }} value={measure?.id} onChange={(v: string) => set({ measure: v })} options={measures.map((m) => ({ value: m.id, label: name(m.name) }))} />
        <Select<number> aria-label={t("year")} style={{ width: 110 }} value={year} onChange={(v) => set({ year: v })} options={Array.from({ length: years }, (_, i) => ({ value: now - i, label: t("year.n", { year: now - i }) }))} />
        <RegionPicker {...(search.region ? { value: search.region } : {})} onChange={(region) => set({ region })} />
        <TreeSelect aria-label={t("sector")} style={{ width: 220 }} treeData={tree} value={search.sector} placeholder={t("sector.all")} allowClear showSearch treeNodeFilterProp="title" onChange={(sector: string | undefined) => set({ sector })} />
        <Segmented aria-label={t("by")} value={by} onChange={(v) => set({ by: v })} options={[{ value: "region", label: t("by.region") }, { value: "sector", label: t("by.sector") }]} />
      </div>
      {error && !absent && <Alert type="error" showIcon message={error.message} />}
      {absent && <Empty description={t("none", { year })} />}
      {isPending && !error && <Spin aria-label={t("common:loading")} />}
      {data && !error && measure && <Answer of={data} measure={measure} by={by} set={set} search={search} />}
    </>
  );
}

interface AnswerProps { of: BenchmarkAnswer; measure: Measure; by: "region" | "sector"; set: (more: BenchmarkSearch) => void; search: BenchmarkSearch }

function Answer({ of, measure, by, set, search }: AnswerProps) {
  const { t } = useTranslation("benchmark");
  const i = of.issue;
  const hidden = Object.values(i.suppressed).reduce((a, b) => a + b, 0);
  return (
    <div className="stack">
      <Groups of={of} measure={measure} open={(c) => set(by === "region" ? { region: c.region || undefined } : { sector: c.sector || undefined })} />
      <OwnPlace of={of} measure={measure} firm={search.firm} pick={(firm) => set({ firm })} />
      <p className="dim" style={{ margin: 0 }}>{t("issue", { n: i.number, at: dateTime(i.at), by: i.by, firms: i.firms, published: i.published, hidden })} {measure.verified === "unverified" && <span className="chip">{t("unverified")}</span>}</p>
      <p className="dim" style={{ margin: 0 }}>{t("rule", { least: i.least, percent: i.percent })}</p>
    </div>
  );
}
