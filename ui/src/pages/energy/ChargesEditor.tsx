import { Button, Input, InputNumber, Select } from "antd";
import { DeleteOutlined } from "@ant-design/icons";
import { useTranslation } from "react-i18next";
import type { ChargeUse } from "../../api/energyshare";

const bases = ["capacity", "demand", "contract"] as const;

/** What capacity or demand costs by the month, from days on. */
export function ChargesEditor({ all, change }: { all: ChargeUse[]; change: (c: ChargeUse[]) => void }) {
  const { t } = useTranslation("energyshare");
  const set = (i: number, more: Partial<ChargeUse>) => change(all.map((c, n) => (n === i ? { ...c, ...more } : c)));
  const number = (i: number, label: string, value: number, put: (v: number) => Partial<ChargeUse>) => <td><InputNumber style={{ width: 110 }} min={0} aria-label={`${label} ${i + 1}`} value={value} onChange={(v) => set(i, put(v ?? 0))} /></td>;
  return (
    <section aria-label={t("charges")}>
      <h3 style={{ margin: 0 }}>{t("charges")}</h3>
      <table className="plain">
        <thead><tr><th>{t("bill.basis")}</th><th>{t("first.day")}</th><th>{t("kva")}</th><th>{t("per.kva")}</th><th>{t("contract")}</th><th>{t("per.kw")}</th><th aria-hidden /></tr></thead>
        <tbody>{all.map((c, i) => (
          <tr key={i}>
            <td><Select style={{ width: 170 }} aria-label={`${t("bill.basis")} ${i + 1}`} value={c.basis} onChange={(basis: ChargeUse["basis"]) => set(i, { basis })} options={bases.map((b) => ({ value: b, label: t(`charge.${b}`) }))} /></td>
            <td><Input style={{ width: 120 }} aria-label={`${t("first.day")} ${t("charges")} ${i + 1}`} value={c.day} maxLength={10} onChange={(e) => set(i, { day: e.target.value })} /></td>
            {number(i, t("kva"), c.kva, (kva) => ({ kva }))}
            {number(i, t("per.kva"), c.fen_per_kva / 100, (v) => ({ fen_per_kva: Math.round(v * 100) }))}
            {number(i, t("contract"), c.contract_kw ?? 0, (contract_kw) => ({ contract_kw }))}
            {number(i, t("per.kw"), c.fen_per_kw / 100, (v) => ({ fen_per_kw: Math.round(v * 100) }))}
            <td><Button size="small" icon={<DeleteOutlined />} aria-label={t("energy:remove", { name: `${t("charge")} ${i + 1}` })} onClick={() => change(all.filter((_, n) => n !== i))} /></td>
          </tr>))}</tbody>
      </table>
      <Button size="small" onClick={() => change([...all, { day: "2026-01-01", basis: "capacity", kva: 0, fen_per_kva: 0, fen_per_kw: 0 }])}>{t("charge.add")}</Button>
    </section>
  );
}
