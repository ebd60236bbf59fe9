import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { BenchmarkAnswer, Measure } from "../../api/evaluation";
import type { Firm, List } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { useWhy, valueText } from "../evaluation/values";

/** A firm's own value and its band in the chosen group; only of firms that one may see. */
export function OwnPlace({ of, measure, firm, pick }: { of: BenchmarkAnswer; measure: Measure; firm: string | undefined; pick: (firm: string | undefined) => void }) {
  const { t } = useTranslation("benchmark");
  const { lang } = useLang();
  const why = useWhy();
  const [q, setQ] = useState("");
  const found = useQuery({ queryKey: ["benchmark-firms", q], placeholderData: keepPreviousData, queryFn: async ({ signal }) => (await api.get<List<Firm>>("/firms", { q: q || undefined, limit: 20 }, signal)).items });
  const named = useQuery({ queryKey: ["firm", firm], enabled: firm !== undefined, queryFn: ({ signal }) => api.get<Firm>(`/firms/${firm}`, {}, signal) });
  const options = (found.data ?? []).map((f) => ({ value: f.id, label: f.name }));
  if (named.data && !options.some((o) => o.value === named.data.id)) options.unshift({ value: named.data.id, label: named.data.name });
  const o = of.own;
  const n = (share: number): number => Math.round(share * 100);
  return (
    <section className="panel">
      <h2>{t("own")}</h2>
      <div className="row">
        <Select aria-label={t("own.pick")} placeholder={t("own.pick")} style={{ width: 320 }} allowClear showSearch filterOption={false} onSearch={setQ} value={firm} onChange={(v?: string) => pick(v)} options={options} />
        {o?.value !== undefined && <b>{t("own.value", { value: valueText(measure, o.value, lang) })}</b>}
        {o && o.value === undefined && <span className="dim">{t("own.novalue", { why: why(o.why) })}</span>}
        {o?.value !== undefined && o.why === "suppressed" && <span className="dim">{t("own.suppressed")}</span>}
        {o?.value !== undefined && o.why === "elsewhere" && <span className="dim">{t("own.elsewhere")}</span>}
        {o?.above !== undefined && o.below !== undefined && <span>{t("own.between", { above: n(o.above), below: n(o.below) })}</span>}
        {o?.above === undefined && o?.below !== undefined && <span>{t("own.under", { below: n(o.below) })}</span>}
        {o?.above !== undefined && o.below === undefined && <span>{t("own.over", { above: n(o.above) })}</span>}
      </div>
    </section>
  );
}
