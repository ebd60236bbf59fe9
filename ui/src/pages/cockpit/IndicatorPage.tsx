import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Alert, Button, Radio, Skeleton } from "antd";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { policies, regions } from "../../api/queries";
import type { Breakdown, Indicator } from "../../api/types";
import { breakdown, officialMap } from "../../api/walk";
import { useReason } from "../../components/Figures";
import { useLang } from "../../i18n/useLang";
import { below, codeOf } from "../../lib/divisions";
import { fixed, figureText, percent } from "../../lib/format";
import type { CockpitSearch } from "../../routes";
import { BreakdownTable } from "./BreakdownTable";
import { Crumbs } from "./Crumbs";
import { useLiveFigures } from "./live";
import { MapView } from "./MapView";
import { Suspects } from "../suspicions/Suspects";
import { Tiles } from "./Tiles";
import { YearPicker } from "./YearPicker";
import { termsOf } from "./walk";
import "./cockpit.css";

const Trend = lazy(() => import("./Trend"));

/** One indicator in one region: what it is made of one level further down. */
export default function IndicatorPage() {
  const { t } = useTranslation("cockpit");
  const { name } = useLang();
  const { indicator } = useParams({ from: "/app/cockpit/$indicator" });
  const search = useSearch({ from: "/app/cockpit/$indicator" });
  const navigate = useNavigate();
  const year = search.year ?? new Date().getFullYear();
  const about = { id: indicator, region: search.region, year };
  useLiveFigures(search.region, year);
  const { data, error, isPlaceholderData } = useQuery({ ...breakdown(about), placeholderData: keepPreviousData });
  const definition = useQuery(policies).data?.indicators.find((i) => i.id === indicator);
  const place = (useQuery(regions).data ?? []).find((r) => r.code === codeOf(search.region ?? ""))?.name;
  const go = (more: CockpitSearch) => void navigate({ to: "/cockpit/$indicator", params: { indicator }, search: { ...search, ...more } });
  const open = (region: string) => go({ region, pick: undefined });
  const members = below(search.region) === "member";
  const hasMap = (useQuery(officialMap).data?.divisions.length ?? 0) > 0;
  const view = (members && search.view !== "trend") || (search.view === "map" && !hasMap) ? undefined : search.view;
  return (
    <>
      <Crumbs indicator={indicator} year={year} region={search.region} />
      <div className="pagehead">
        <h1>{data ? name(data.whole.definition.name) : indicator}{place ? ` · ${place}` : ""}</h1><span className="fill" />
        <Radio.Group aria-label={t("view")} value={view ?? "table"} onChange={(e) => go({ view: e.target.value === "table" ? undefined : (e.target.value as "tiles" | "map" | "trend") })}
          options={[{ value: "table", label: t("view.table") }, ...(members ? [] : [{ value: "tiles", label: t("view.tiles") }, ...(hasMap ? [{ value: "map", label: t("view.map") }] : [])]), { value: "trend", label: t("view.trend") }]} optionType="button" />
        <YearPicker year={year} onChange={(y) => go({ year: y })} />
        <Button onClick={() => void navigate({ to: "/screen", search: { region: search.region, year, indicator } })}>{t("screen")}</Button>
      </div>
      {error && <Alert type="error" showIcon title={error.message} />}
      {!data && !error && <Skeleton active />}
      {data && (
        <div className="stack" aria-busy={isPlaceholderData}>
          <Headline of={data} definition={definition} />
          {view === undefined && <BreakdownTable of={data} about={about} formula={definition?.formula} pick={search.pick} setPick={(pick) => go({ pick })} open={open} />}
          {view === "tiles" && <Tiles about={about} wanted={data.wanted} pick={search.pick} setPick={(pick) => go({ pick })} open={open} />}
          {view === "map" && <MapView about={about} wanted={data.wanted} pick={search.pick} setPick={(pick) => go({ pick })} open={open} />}
          {view === "trend" && <Suspense fallback={<Skeleton active />}><Trend about={about} digits={data.whole.definition.digits} unit={data.whole.unit} pick={search.pick} /></Suspense>}
          {definition?.formula.includes("machines") && <Suspects region={search.region} />}
          {definition && <Calibre of={definition} root={data.whole.root} />}
        </div>
      )}
    </>
  );
}

function Headline({ of: { whole, wanted, status }, definition }: { of: Breakdown; definition: Indicator | undefined }) {
  const { t, i18n } = useTranslation("cockpit");
  const { lang } = useLang();
  const reason = useReason();
  const word = (term: string) => (i18n.exists(`cockpit:term.${term}`) ? t(`term.${term}` as "term.machines") : term);
  const basis = (["machine", "audited", "declared"] as const).filter((b) => whole.known.basis?.[b]);
  return (
    <dl className="headline" data-testid="headline">
      <div><dt>{t("value")}</dt><dd className="main">{whole.value === null ? reason(whole.reason) : figureText(whole.value, whole.unit, whole.definition.digits, lang)}</dd></div>
      {status === "numeric" && wanted !== undefined && <div><dt>{t("wanted")}</dt><dd>{figureText(wanted, whole.unit, whole.definition.digits, lang)}</dd></div>}
      {status && status !== "numeric" && <div><dt>{t("target")}</dt><dd><span className="chip">{t(`status.${status}`)}</span></dd></div>}
      {termsOf(whole, definition?.formula).map((term) => <div key={term}><dt>{word(term)}</dt><dd className="num" data-term={term}>{fixed(whole.terms[term] ?? 0, 0)}</dd></div>)}
      <div><dt>{t("coverage")}</dt><dd>{whole.coverage === null ? "—" : percent(whole.coverage)} <small className="dim">{t("known", { known: fixed(whole.known.known, 0), due: fixed(whole.known.due, 0) })}</small></dd></div>
      <div><dt>{t("confidence")}</dt><dd>{whole.known.due > 0 ? whole.confidence : "—"} <small className="dim">{basis.map((b) => `${t(`basis.${b}`)} ${fixed(whole.known.basis?.[b] ?? 0, 0)}`).join("，")}</small></dd></div>
    </dl>
  );
}

/** What is counted, by which text, in which version, and what anybody can check it by. */
function Calibre({ of, root }: { of: Indicator; root: string }) {
  const { t } = useTranslation("targets");
  const { name } = useLang();
  return (
    <details className="panel">
      <summary>{t("meaning")} · {t("version")} {of.version}{of.verified !== "read" && <> <span className="chip">{t("unverified")}</span></>}</summary>
      <dl className="kv" style={{ marginTop: 8 }}>
        <dt>{t("meaning")}</dt><dd>{name(of.description)}</dd>
        <dt>{t("formula")}</dt><dd className="mono">{of.formula}</dd>
        <dt>{t("source")}</dt><dd>{name({ zh: of.source_zh, en: of.source })}</dd>
        <dt>{t("root")}</dt><dd className="mono" title={t("root.hint")}>{root}</dd>
      </dl>
    </details>
  );
}
