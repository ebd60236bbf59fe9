import { useQuery } from "@tanstack/react-query";
import { createContext, lazy, type ReactNode, Suspense, use, useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { figures } from "../api/queries";
import type { Figure, Headline } from "../api/types";
import { useLang } from "../i18n/useLang";
import { figureText } from "../lib/format";

const EvidenceDrawer = lazy(() => import("./evidence/EvidenceDrawer"));

/** Asks for a figure that a page knows only by its value. */
export interface Question { id: string; scope: string; window: string; from: string; to: string }

type Open = (f: Figure | Question) => void;
const EvidenceContext = createContext<Open>(() => undefined);

export function EvidenceProvider({ children }: { children: ReactNode }) {
  const [root, setRoot] = useState<Figure | Question | null>(null);
  const close = useCallback(() => setRoot(null), []);
  return (
    <EvidenceContext value={setRoot}>
      {children}
      {root && (
        <Suspense fallback={null}>
          {"id" in root ? <Asked question={root} close={close} /> : <EvidenceDrawer figure={root} close={close} />}
        </Suspense>
      )}
    </EvidenceContext>
  );
}

function Asked({ question, close }: { question: Question; close: () => void }) {
  const { id, ...rest } = question;
  const { data, error, isPending } = useQuery(figures(id, { ...rest, by: "none" }));
  return <EvidenceDrawer figure={data?.at(-1) ?? null} error={error} loading={isPending} close={close} />;
}

/** Why there is no value, in words. */
export function useReason(): (reason: string | undefined) => string {
  const { t, i18n } = useTranslation("figures");
  return (reason) => {
    const key = `reason.${reason || "no_data"}`;
    return i18n.exists(`figures:${key}`) ? t(key as "reason.no_data") : (reason ?? "");
  };
}

interface Props { figure: Figure; plain?: boolean }

/** A figure's value, or why there is none; a press shows what it was made of. */
export function FigureValue({ figure, plain = false }: Props) {
  const open = use(EvidenceContext);
  const { t } = useTranslation("figures");
  const { lang, name } = useLang();
  const reason = useReason();
  const text = figure.value === null ? reason(figure.reason) : figureText(figure.value, figure.unit, figure.definition.digits, lang);
  const label = t("open", { name: name(figure.definition.name), value: text });
  return (
    <span className="row" style={{ gap: 4, display: "inline-flex", flexWrap: "nowrap" }}>
      <button type="button" className={`figbtn${figure.value === null ? " none" : ""}`} title={label} aria-label={label} onClick={() => open(figure)}>
        {text}
      </button>
      {!plain && <Badges figure={figure} />}
    </span>
  );
}

/** Provisional and low coverage are said in words, not by colour. */
export function Badges({ figure }: { figure: Figure }) {
  const { t, i18n } = useTranslation("figures");
  const low = figure.flags.includes("low_coverage");
  const doubts = figure.flags.filter((f) => f !== "open" && f !== "low_coverage" && i18n.exists(`figures:flag.${f}`));
  return (
    <>
      {figure.provisional && <span className="chip" title={t("provisional.hint")}>{t("provisional")}</span>}
      {low && <span className="chip hatch" title={t("flag.low_coverage")}>{t("low_coverage")}</span>}
      {doubts.map((f) => <span key={f} className="chip" style={{ whiteSpace: "normal" }} title={t(`flag.${f}` as "flag.low_coverage")}>⚠ {t(`flag.${f}` as "flag.low_coverage")}</span>)}
    </>
  );
}

interface HeadlineProps { headline: Headline | undefined; digits: number; title: string; question: Question }

/** The short form on boards. */
export function HeadlineValue({ headline, digits, title, question }: HeadlineProps) {
  const open = use(EvidenceContext);
  const { t } = useTranslation("figures");
  const { lang } = useLang();
  const reason = useReason();
  const has = headline && headline.value !== null && headline.value !== undefined;
  const why = reason(headline?.reason);
  const text = has ? figureText(headline.value as number, headline.unit, digits, lang) : "—";
  const label = t("open", { name: title, value: has ? text : why });
  const q = useMemo(() => question, [question]);
  return (
    <button type="button" className={`figbtn${has ? "" : " none"}`} title={has ? label : why} aria-label={label}
      onClick={(e) => { e.preventDefault(); e.stopPropagation(); open(q); }}>
      {text}
    </button>
  );
}
