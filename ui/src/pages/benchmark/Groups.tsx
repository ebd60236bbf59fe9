import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { BenchmarkAnswer, BenchmarkCell, Measure } from "../../api/evaluation";
import { regions } from "../../api/queries";
import { useLang } from "../../i18n/useLang";
import { industries } from "../firms/firms";
import { fixed, isShare, unitText } from "../../lib/format";
import { codeOf } from "../../lib/divisions";
import { valueText } from "../evaluation/values";

const shares = [0.1, 0.25, 0.5, 0.75, 0.9];

interface Props { of: BenchmarkAnswer; measure: Measure; open: (cell: BenchmarkCell) => void }

/** The chosen group and those that divide it, each with its quantiles or why there are none. */
export function Groups({ of, measure, open }: Props) {
  const { t } = useTranslation("benchmark");
  const { lang, name } = useLang();
  const places = useQuery(regions).data ?? [];
  const trades = useQuery(industries).data?.items ?? [];
  const called = (c: BenchmarkCell): string => {
    const place = c.region ? (places.find((r) => r.code === codeOf(c.region!))?.name ?? c.region) : "";
    const trade = c.sector ? `${c.sector} ${trades.find((x) => x.code === c.sector)?.name ?? ""}`.trim() : "";
    return [place, trade].filter(Boolean).join(" · ") || t("all");
  };
  const shown = [...(of.whole ? [of.whole] : []), ...of.parts];
  const known = shown.flatMap((c) => c.quantiles.map((q) => q.value));
  const low = Math.min(0, ...known);
  const high = Math.max(...known, low + 1e-9);
  if (shown.length === 0) return <p className="dim">{t("empty")}</p>;
  return (
    <section className="panel scroll">
      <h2>{name(measure.name)} <span className="dim">{[unitText(measure.unit, lang), name(measure.description)].filter(Boolean).join(" · ")} {t(measure.better === "low" ? "better.low" : "better.high")}</span></h2>
      <table className="plain">
        <thead><tr><th>{t("group")}</th><th className="r">{t("n")}</th>{shares.map((s) => <th key={s} className="r">{t("q", { n: Math.round(s * 100) })}</th>)}<th style={{ width: 240 }}>{t("spread")}</th></tr></thead>
        <tbody>
          {shown.map((c, i) => (
            <tr key={`${c.region}/${c.sector}`}>
              <td>{i === 0 && of.whole ? <b>{called(c)}</b> : <button type="button" className="figbtn" onClick={() => open(c)}>{called(c)}</button>}{c.issue !== of.issue.number && <span className="chip">{t("issue.of", { n: c.issue })}</span>}</td>
              {c.why ? <td colSpan={7} className="dim hatch">{t(`why.${c.why}`)}</td> : (
                <>
                  <td className="r num">{c.n?.toLocaleString("en-US")}</td>
                  {shares.map((s) => {
                    const q = c.quantiles.find((x) => x.share === s);
                    return <td key={s} className="r num" style={s === 0.5 ? { fontWeight: 600 } : {}}>{q ? isShare(measure.unit, measure.digits) ? valueText(measure, q.value, lang) : fixed(q.value, measure.digits) : "—"}</td>;
                  })}
                  <td><Spread cell={c} low={low} high={high} /></td>
                </>)}
            </tr>))}
        </tbody>
      </table>
      {of.parts.length === 0 && <p className="dim">{t("parts.none")}</p>}
    </section>
  );
}

/** Quartiles as a box on the scale of the table; the numbers stand beside it. */
function Spread({ cell, low, high }: { cell: BenchmarkCell; low: number; high: number }) {
  const x = (v: number): number => (100 * (v - low)) / (high - low);
  const at = (share: number): number | undefined => cell.quantiles.find((q) => q.share === share)?.value;
  const [q1, q2, q3] = [at(0.25), at(0.5), at(0.75)];
  const [least, most] = [at(0.1) ?? q1, at(0.9) ?? q3];
  if (q1 === undefined || q2 === undefined || q3 === undefined || least === undefined || most === undefined) return null;
  return (
    <svg aria-hidden viewBox="0 0 100 14" preserveAspectRatio="none" style={{ width: "100%", height: 14, display: "block" }}>
      <rect x={x(least)} y={6.5} width={Math.max(0.3, x(most) - x(least))} height={1} fill="var(--dim)" />
      <rect x={x(q1)} y={2} width={Math.max(0.5, x(q3) - x(q1))} height={10} fill="var(--setup)" />
      <rect x={x(q2) - 0.4} y={0} width={0.8} height={14} fill="var(--accent)" />
    </svg>
  );
}
