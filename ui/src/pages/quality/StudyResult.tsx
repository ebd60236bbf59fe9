import { Alert } from "antd";
import { useTranslation } from "react-i18next";
import type { GaugeStudy } from "../../api/quality";

const sources = ["gage_rr", "repeatability", "reproducibility", "operator", "interaction", "part", "total"] as const;

/** What a study found: where the variation comes from, and whether the gauge will do. */
export function StudyResult({ s }: { s: GaugeStudy }) {
  const { t } = useTranslation("quality");
  const r = s.result;
  const n = (v: number | null | undefined) => (typeof v === "number" ? v.toFixed(2) : "—");
  return (
    <div className="stack">
      <Alert type={r.verdict === "accepted" ? "success" : r.verdict === "rejected" ? "error" : "warning"} showIcon title={`${t("verdict")}: ${t(`verdict.${r.verdict}` as "verdict.accepted")} · ${t("ndc")} ${r.ndc ?? "—"}`} />
      <table className="plain">
        <thead><tr><th>{t("component")}</th><th className="r">{t("sd")}</th><th className="r">{t("contribution")}</th><th className="r">{t("percent.study")}</th><th className="r">{t("percent.tolerance")}</th></tr></thead>
        <tbody>{sources.map((k) => { const c = r.components[k]; return <tr key={k}><th scope="row">{t(`component.${k}`)}</th><td className="r num">{c ? Number(c.std_dev.toPrecision(5)) : "—"}</td><td className="r num">{n(c?.percent_contribution)}</td><td className="r num">{n(c?.percent_study)}</td><td className="r num">{n(c?.percent_tolerance)}</td></tr>; })}</tbody>
      </table>
      {r.interaction_pooled && <p className="dim">{t("pooled")}</p>}
    </div>
  );
}
