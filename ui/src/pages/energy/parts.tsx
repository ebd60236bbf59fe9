import { useNavigate, useSearch } from "@tanstack/react-router";
import { Select } from "antd";
import { useTranslation } from "react-i18next";
import type { Amount, Network } from "../../api/energy";
import { useLang } from "../../i18n/useLang";
import { fixed, percent } from "../../lib/format";
import type { EnergySearch } from "../../routes";

/** What the address says of the page, and a way to change it. */
export function useEnergySearch(): [EnergySearch, (more: EnergySearch) => void] {
  const search: EnergySearch = useSearch({ strict: false });
  const navigate = useNavigate();
  return [search, (more) => void navigate({ to: "/energy", search: { ...search, ...more }, replace: true })];
}

/** A value with its unit; without one the reason, and how much of the time is known when it is not all. */
export function Value({ of, digits = 1, unit = "" }: { of: Amount | null | undefined; digits?: number; unit?: string }) {
  const { t } = useTranslation("energy");
  if (!of) return <>—</>;
  if (of.value === null) return <span className="dim">{t(`reason.${of.reason ?? "no_readings"}` as "reason.no_readings")}</span>;
  return <span className="num">{fixed(of.value, digits)}{unit && ` ${unit}`}{of.coverage < 0.9995 && <span className="dim"> ({t("known", { share: percent(of.coverage) })})</span>}</span>;
}

export const yuan = (fen: number | null | undefined): string => (fen === null || fen === undefined ? "—" : fixed(fen / 100, 2));

export const unitOf: Record<string, string> = { electricity: "kWh", gas: "m³", steam: "t", water: "m³", air: "m³", heat: "GJ" };

/** The meters of electricity of a place. */
export function MeterSelect({ net, value, set }: { net: Network; value: string | undefined; set: (code: string) => void }) {
  const { t } = useTranslation("energy");
  const { name } = useLang();
  const all = net.meters.filter((m) => m.medium === "electricity");
  const first = all.find((m) => !m.above)?.code;
  return <Select aria-label={t("meter")} style={{ width: 220 }} showSearch={{ optionFilterProp: "label" }} value={value ?? first ?? null} onChange={(v: string | null) => v && set(v)} options={all.map((m) => ({ value: m.code, label: name(m.name) }))} />;
}
