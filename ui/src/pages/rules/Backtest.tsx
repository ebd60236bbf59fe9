import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, InputNumber, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Against, backtestRule, type Rule, type Trial, tryRule } from "../../api/rules";
import { Problem } from "../../components/Status";
import { day, iso } from "../../lib/time";
import { useMay } from "./parts";
import { TrialView } from "./TrialView";

export const againsts = ["stops", "alarms", "cases", "commands"] as const;

/** A revision on a stretch of history, against known events, and beside another revision. */
export function Backtest({ r, revisions }: { r: Rule; revisions: Rule[] }) {
  const { t } = useTranslation("rules");
  const { writes } = useMay();
  const client = useQueryClient();
  const [days, setDays] = useState(7);
  const [against, setAgainst] = useState<Against>("stops");
  const [within, setWithin] = useState(60);
  const [other, setOther] = useState<string>();
  const keeps = writes && (r.state === "draft" || r.state === "backtested");
  const beside = revisions.find((o) => o.id === other);
  const run = useMutation({
    mutationFn: async (): Promise<[Trial, Trial | undefined]> => {
      const at = Date.now();
      const q = { from: iso(at - days * day), to: iso(at), against, within_s: within * 60, points: 400 };
      const one = keeps ? (await backtestRule(r, q)).trial : await tryRule(r, q);
      return [one, beside && (await tryRule(beside, q))];
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["/rules"] }),
  });
  return (
    <section className="panel" aria-label={t("try")}>
      <div className="row">
        <h2 style={{ margin: 0 }}>{t("try")}</h2>
        <Select aria-label={t("try")} value={days} onChange={setDays} style={{ width: 130 }} options={[1, 7, 30, 90].map((n) => ({ value: n, label: t("try.days", { n }) }))} />
        <label className="row">{t("try.against")}<Select aria-label={t("try.against")} value={against} onChange={setAgainst} style={{ width: 150 }} options={againsts.map((a) => ({ value: a, label: t(`against.${a}`) }))} /></label>
        <label className="row">{t("try.within")}<InputNumber aria-label={t("try.within")} min={1} max={10080} value={within} onChange={(v) => setWithin(v ?? 60)} style={{ width: 80 }} />{t("try.minutes")}</label>
        {revisions.length > 1 && <Select allowClear aria-label={t("versus.pick")} placeholder={t("versus.pick")} value={other ?? null} onChange={(v: string | null) => setOther(v ?? undefined)} style={{ width: 160 }} options={revisions.filter((o) => o.id !== r.id).map((o) => ({ value: o.id, label: t("revision.n", { n: o.revision ?? 1 }) }))} />}
        <Button loading={run.isPending} onClick={() => run.mutate()}>{t(keeps ? "try.keep" : "try.run")}</Button>
      </div>
      {run.error && <Problem error={run.error} />}
      {run.data && <TrialView of={run.data[0]} against={against} />}
      {run.data?.[1] && beside && <><h3>{t("versus", { n: beside.revision ?? 1 })}</h3><TrialView of={run.data[1]} against={against} /></>}
    </section>
  );
}
