import { useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useTranslation } from "react-i18next";
import { startPlan, type Suggestion, suggestions } from "../../api/planning";
import { useLang } from "../../i18n/useLang";
import { span } from "../../lib/format";
import { shortTime } from "../../lib/time";
import { useChange, useNames } from "../production/parts";

/** How long a plan with few changes is searched: a planner waits for it. */
const replanMs = 5_000;

/** Why the plan in use does not hold any more, and one press to mend it. */
export function Suggestions({ place, may }: { place: string; may: boolean }) {
  const { t } = useTranslation("planning");
  const { data } = useQuery(suggestions(place));
  const words = useWords();
  const replan = useChange(() => startPlan({ kind: "replan", place, search_ms: replanMs }), undefined, true);
  if (!data || data.length === 0) return null;
  return (
    <Alert type="warning" showIcon title={t("suggest.title", { n: data.length })}
      description={<ul style={{ margin: 0, paddingLeft: 18 }}>{data.slice(0, 6).map((s, i) => <li key={i}>{words(s)}</li>)}{data.length > 6 && <li>{t("suggest.more", { n: data.length - 6 })}</li>}</ul>}
      action={may && <Button type="primary" loading={replan.isPending} onClick={() => replan.mutate(undefined)}>{t("suggest.replan")}</Button>} />
  );
}

function useWords(): (s: Suggestion) => string {
  const { t } = useTranslation("planning");
  const { lang } = useLang();
  const { place } = useNames();
  return (s) => {
    const what = { number: s.number ?? "", job: s.job ?? "", machine: s.equipment ? place(s.equipment) : (s.path ?? ""), since: s.since ? shortTime(s.since) : "", by: span(s.by_ms ?? 0, lang), n: s.affected ?? 0 };
    return t(`suggest.${s.what}`, what);
  };
}
