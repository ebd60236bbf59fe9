import { Form, InputNumber } from "antd";
import { useTranslation } from "react-i18next";
import type { Loop } from "../../api/loop";

type Tariff = NonNullable<Loop["tariff"]>;
const periods = ["sharp", "peak", "flat", "valley", "deep_valley"] as const;

/** The shifts of the set point as a form has them: one number for each period. */
export interface TariffForm { low?: number | null; high?: number | null; by?: Partial<Record<(typeof periods)[number], number | null>> }

export const tariffForm = (t: Tariff | undefined): TariffForm => (t ? { low: t.low, high: t.high, by: Object.fromEntries(t.by.map((s) => [s.period, s.by])) } : {});

/** As the node takes them; nothing where no period moves anything. */
export function tariffAsked(f: TariffForm | undefined): Tariff | undefined {
  const by = periods.flatMap((period) => { const v = f?.by?.[period]; return v ? [{ period, by: v }] : []; });
  return by.length > 0 ? { low: f?.low ?? Number.NaN, high: f?.high ?? Number.NaN, by } : undefined;
}

/** How the set point moves by the tariff period that runs. */
export function TariffFields() {
  const { t } = useTranslation("loop");
  const moves = Object.values((Form.useWatch(["tariff", "by"]) as TariffForm["by"]) ?? {}).some(Boolean);
  const rules = [{ required: moves, message: t("need") }];
  return (
    <>
      <h3>{t("tariff")}</h3>
      <p className="dim">{t("tariff.lead")}</p>
      <div className="row" style={{ alignItems: "flex-start" }}>
        {periods.map((p) => <Form.Item key={p} name={["tariff", "by", p]} label={t(`energy:hours.${p}`)}><InputNumber style={{ width: 100 }} /></Form.Item>)}
        <Form.Item name={["tariff", "low"]} label={t("tariff.low")} rules={rules}><InputNumber style={{ width: 130 }} /></Form.Item>
        <Form.Item name={["tariff", "high"]} label={t("tariff.high")} rules={rules}><InputNumber style={{ width: 130 }} /></Form.Item>
      </div>
    </>
  );
}
