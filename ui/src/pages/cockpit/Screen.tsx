import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "antd";
import { useCallback, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { regions, targets } from "../../api/queries";
import { breakdown } from "../../api/walk";
import { useReason } from "../../components/Figures";
import { useMood } from "../../components/mood";
import { useLang } from "../../i18n/useLang";
import { codeOf } from "../../lib/divisions";
import { figureText, percent } from "../../lib/format";
import { dateTime } from "../../lib/time";
import type { ScreenSearch } from "../../routes";
import { useHome } from "./CockpitPage";
import { Grid } from "./Tiles";
import { byValue } from "./walk";
import { useLiveFigures } from "./live";
import "./cockpit.css";

/** How long an indicator stands before the next one takes its place. */
const turnMs = 20_000;

/** The cockpit for a wall: nothing scrolls, indicators take turns until somebody pauses them. */
export default function Screen() {
  const { t } = useTranslation("cockpit");
  const { name } = useLang();
  const { mood, setMood } = useMood();
  const search = useSearch({ from: "/screen" });
  const navigate = useNavigate();
  const home = useHome();
  const region = search.region ?? home;
  const year = search.year ?? new Date().getFullYear();
  useLiveFigures(region, year);
  const all = useQuery(targets(region, year));
  const place = (useQuery(regions).data ?? []).find((r) => r.code === codeOf(region ?? ""))?.name ?? "";
  const rows = (all.data ?? []).filter((r) => r.target.status === "numeric" && r.results[0] !== undefined);
  const ids = rows.map((r) => r.results[0]?.definition.id ?? "");
  const at = Math.max(0, ids.indexOf(search.indicator ?? ""));
  const go = useCallback((more: ScreenSearch) => void navigate({ to: "/screen", search: (s: ScreenSearch) => ({ ...s, ...more }), replace: true }), [navigate]);
  const turn = useCallback((by: number) => ids.length > 0 && go({ indicator: ids[(at + by + ids.length) % ids.length] }), [ids, at, go]);
  useEffect(() => {
    if (search.still || ids.length < 2) return;
    const timer = setTimeout(() => turn(1), turnMs);
    return () => clearTimeout(timer);
  }, [search.still, ids.length, turn]);
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (e.key === " " && !(e.target instanceof HTMLButtonElement)) { e.preventDefault(); go({ still: search.still ? undefined : true }); }
      if (e.key === "ArrowRight") turn(1);
      if (e.key === "ArrowLeft") turn(-1);
      if (e.key === "f" || e.key === "F") void document.documentElement.requestFullscreen().catch(() => undefined); // refused where the browser does not allow it
      if (e.key === "Escape" && !document.fullscreenElement) void navigate({ to: "/cockpit", search: { region, year } });
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [go, turn, navigate, search.still, region, year]);
  const now = rows[at];
  return (
    <main className="screen">
      <header>
        <h1>{place} · {t("title")}</h1><span style={{ fontSize: 20 }}>{t("s.year", { year })}</span><span style={{ flex: 1 }} />
        <span className="dim">{t("s.time", { at: dateTime(all.dataUpdatedAt) })}</span>
      </header>
      <section aria-label={t("s.targets")}>
        <h2>{t("s.targets")}</h2>
        <ul className="plainlist">{rows.slice(0, 24).map((r, i) => (
          <li key={r.target.id} aria-current={i === at}><span style={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>{name(r.target.name)}</span><strong className="num"><Short of={r.results[0]} /></strong></li>
        ))}</ul>
      </section>
      {now && ids[at] ? <Now key={ids[at]} id={ids[at]} region={region} year={year} /> : <section />}
      <footer>
        <span className="dim">{t("s.keys")}</span><span style={{ flex: 1 }} />
        <Button onClick={() => go({ still: search.still ? undefined : true })}>{t(search.still ? "s.play" : "s.pause")}</Button>
        <Button onClick={() => setMood(mood === "dark" ? "light" : "dark")}>{t(mood === "dark" ? "common:theme.light" : "common:theme.dark")}</Button>
        <Button onClick={() => void navigate({ to: "/cockpit", search: { region, year } })}>{t("s.close")}</Button>
      </footer>
    </main>
  );
}

function Short({ of }: { of: { value: number | null; unit: string; definition: { digits: number } } | undefined }) {
  const { t } = useTranslation("cockpit");
  const { lang } = useLang();
  return <>{!of || of.value === null ? <span className="dim">{t("s.none")}</span> : figureText(of.value, of.unit, of.definition.digits, lang)}</>;
}

/** The indicator whose turn it is: value, counties and cities. */
function Now({ id, region, year }: { id: string; region: string | undefined; year: number }) {
  const { t } = useTranslation("cockpit");
  const { lang, name } = useLang();
  const reason = useReason();
  const names = new Map((useQuery(regions).data ?? []).map((r) => [r.code, r.name]));
  const { data } = useQuery(breakdown({ id, region, year }, true));
  const { data: below } = useQuery(breakdown({ id, region, year }));
  if (!data) return <><section /><section /></>;
  const { whole, wanted } = data;
  const text = (v: number) => figureText(v, whole.unit, whole.definition.digits, lang);
  return (
    <>
      <section aria-live="polite">
        <h2>{name(whole.definition.name)}</h2>
        <div className="row" style={{ gap: 32, alignItems: "baseline" }}>
          <span className="value">{whole.value === null ? <span style={{ fontSize: 32 }}>{reason(whole.reason)}</span> : text(whole.value)}</span>
          {wanted !== undefined && <span style={{ fontSize: 22 }}>{t("wanted")} {text(wanted)}{whole.value !== null && whole.value >= wanted ? `　${t("s.reached")}` : ""}</span>}
          <span className="dim" style={{ fontSize: 18 }}>{whole.coverage === null ? t("no.due") : t("coverage.of", { share: percent(whole.coverage) })} · {t("grade", { grade: whole.confidence })}</span>
        </div>
        <Grid rows={data.rows} within={region} unit={whole.unit} digits={whole.definition.digits} wanted={wanted} names={names} />
      </section>
      <section aria-label={t("s.ranking")}>
        <h2>{t("s.ranking")}</h2>
        <ol>{[...(below?.rows ?? [])].sort((a, b) => -byValue(a, b, "descend")).slice(0, 16).map((r) => (
          <li key={r.firm ?? r.entry ?? r.region}><span>{r.name ?? names.get(r.region) ?? r.region}</span><strong className="num">{r.value === null ? <span className="dim">{t("s.none")}</span> : text(r.value)}</strong></li>
        ))}</ol>
      </section>
    </>
  );
}
