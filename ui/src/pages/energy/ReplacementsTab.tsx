import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Network } from "../../api/energy";
import { type ReplacementView, replacements } from "../../api/energyshare";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed, percent } from "../../lib/format";
import { shortTime } from "../../lib/time";
import { useEnergySearch, yuan } from "./parts";
import { ReplacementEditor } from "./ReplacementEditor";

/** Machines that may be replaced, by pay-back, with what was measured since. */
export function ReplacementsTab({ net, engineer }: { net: Network; engineer: boolean }) {
  const { t } = useTranslation("energyshare");
  const { name } = useLang();
  const [, set] = useEnergySearch();
  const [edited, setEdited] = useState<ReplacementView | "new">();
  const query = useQuery(replacements(net.place));
  const all = query.data;
  return (
    <div className="stack">
      <div className="row">{engineer && <Button onClick={() => setEdited("new")}>{t("replace.new")}</Button>}{all && all.length > 0 && <Button onClick={() => exportOf(all)}>{t("common:export.csv")}</Button>}</div>
      {!all ? <Waiting query={query} /> : all.length === 0 ? <Nothing text={t("replace.none")} /> : (
        <section className="panel" aria-label={t("energy:tab.replacements")}>
          <p className="dim" style={{ margin: 0 }}>{t("rank.lead")}</p>
          <div className="scroll" tabIndex={0} role="group" aria-label={t("energy:tab.replacements")}><table className="plain">
            <thead><tr><th>{t("machine")}</th><th>{t("new.name")}</th><th>{t("basis")}</th><th className="r">{t("year.kwh")}</th><th className="r">{t("saved.kwh")}</th><th className="r">{t("saved.yuan")}</th><th className="r">{t("price")}</th><th className="r">{t("payback")}</th><th>{t("state")}</th><th>{t("evidence")}</th></tr></thead>
            <tbody>{all.map((r) => (
              <tr key={r.code}>
                <td>{engineer ? <button type="button" className="figbtn" onClick={() => setEdited(r)}>{name(r.equipment_name) || r.equipment_path || r.equipment}</button> : name(r.equipment_name) || r.equipment_path}<div className="dim num">{t("window", { from: shortTime(r.from), to: shortTime(r.to) })}</div></td>
                <td>{name(r.name)}<div className="dim">{r.note}</div></td><td><Basis r={r} /></td>
                <td className="r num">{r.year_kwh === null ? "—" : fixed(r.year_kwh, 0)}</td><td className="r num">{r.saved_kwh_per_year === null ? <span className="dim">{r.why ? t(`no.${r.why}`) : "—"}</span> : fixed(r.saved_kwh_per_year, 0)}{r.saved_share !== null && r.saved_share > 0 && <span className="dim"> ({percent(r.saved_share)})</span>}</td>
                <td className="r num">{r.saved_fen_per_year === null && r.why === "no_tariff" ? <span className="dim">{t("no.no_tariff")}</span> : yuan(r.saved_fen_per_year)}</td><td className="r num">{yuan(r.price_fen)}</td><td className="r num" style={{ fontWeight: 600 }}>{r.payback_years === null ? "—" : fixed(r.payback_years, 2)}</td>
                <td>{t(`state.${r.state}`)}</td>
                <td>{r.measured && <div className="num">{t("measured.value", { saved: fixed(r.measured.saving, 1), u: r.measured.uncertainty === null ? "—" : fixed(r.measured.uncertainty, 1) })} {r.measured.significant ? t("measured.proven") : t("measured.not")}</div>}
                  {r.baseline ? <button type="button" className="figbtn" onClick={() => set({ tab: "baselines", code: r.baseline })}>{t("to.baseline")}</button> : "—"}</td>
              </tr>))}</tbody>
          </table></div>
        </section>)}
      {edited && <ReplacementEditor net={net} was={edited === "new" ? undefined : edited} close={() => setEdited(undefined)} />}
    </div>
  );
}

function Basis({ r }: { r: ReplacementView }) {
  const { t } = useTranslation("energyshare");
  const { name } = useLang();
  return (
    <>
      {t(`by.${r.basis}`)}{r.basis !== "class" && <span className="num"> {r.old} → {r.new} {r.unit}</span>}
      {r.source && <div className="dim">{r.source}</div>}
      {r.grade_table && <div className="dim">{t("table.source", { name: name(r.grade_table.name), source: r.grade_table.source, verified: r.grade_table.verified === "unverified" ? t("unverified") : r.grade_table.verified })}</div>}
    </>
  );
}

function exportOf(all: ReplacementView[]): void {
  download("energy-replacements.csv", csv([["code", "equipment", "new", "basis", "old", "new_value", "unit", "source", "year_kwh", "saved_share", "saved_kwh_per_year", "saved_fen_per_year", "price_fen", "payback_years", "why", "state", "baseline", "measured_kwh", "measured_uncertainty"],
    ...all.map((r) => [r.code, r.equipment_path, r.name.zh, r.basis, r.old, r.new, r.unit, r.source, r.year_kwh, r.saved_share, r.saved_kwh_per_year, r.saved_fen_per_year, r.price_fen, r.payback_years, r.why, r.state, r.baseline, r.measured?.saving, r.measured?.uncertainty])]), "text/csv");
}
