import { useTranslation } from "react-i18next";
import type { Dropped } from "../../api/models";
import { fixed } from "../../lib/format";

/** Windows that were left out, and why. */
export function DroppedList({ all }: { all: Dropped[] }) {
  const { t } = useTranslation("models");
  if (all.length === 0) return <p className="dim" style={{ margin: "4px 0" }}>{t("dropped.none")}</p>;
  return (
    <ul style={{ margin: "4px 0" }} aria-label={t("dropped")}>
      {all.map((d) => <li key={`${d.why}${d.input ?? ""}`}>{t(`why.${d.why}`, { input: d.input ?? "" })}：<span className="num">{fixed(d.n, 0)}</span></li>)}
    </ul>
  );
}
