import { useTranslation } from "react-i18next";
import type { View } from "../../api/quality";
import { dateTime } from "../../lib/time";
import { shown } from "./parts";

/** What was mistyped: it stays to be seen, with who withdrew it and why. */
export function WithdrawnList({ view }: { view: View }) {
  const { t } = useTranslation("quality");
  return (
    <details>
      <summary>{t("withdrawn.n", { n: view.withdrawn.length })}</summary>
      <table className="plain">
        <thead><tr><th>{t("at")}</th><th className="r">{t("values")}</th><th>{t("by")}</th><th>{t("withdrawn.reason")}</th><th>{t("withdrawn.by")}</th></tr></thead>
        <tbody>{view.withdrawn.map((s) => <tr key={s.id}><td className="num">{dateTime(s.at)}</td><td className="r num"><s>{(s.values ?? [s.found ?? 0]).map((v) => shown(v, view.characteristic)).join("  ")}</s></td><td>{s.by}</td><td>{s.withdrawn?.reason}</td><td>{s.withdrawn?.by} <span className="dim">{dateTime(s.withdrawn?.at ?? 0)}</span></td></tr>)}</tbody>
      </table>
    </details>
  );
}
