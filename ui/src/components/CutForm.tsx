import { useQuery } from "@tanstack/react-query";
import { Checkbox, InputNumber, Select } from "antd";
import { useTranslation } from "react-i18next";
import { type Cut, type RunSignal, runSignals, ways } from "../api/batch";
import { useLang } from "../i18n/useLang";
import { unitText } from "../lib/format";

/** How the runs of a machine are found. */
export function CutForm({ equipment, value, set }: { equipment: string; value: Cut; set: (c: Cut) => void }) {
  const { t } = useTranslation("batch");
  const { lang } = useLang();
  const signals = useQuery(runSignals(equipment)).data ?? [];
  const number = (key: "start" | "end" | "every_s" | "gap_s" | "min_s", scale = 1) => (
    <label className="row" style={{ gap: 4 }}>{t(`cut.${key}`)}<InputNumber style={{ width: 110 }} aria-label={t(`cut.${key}`)} value={(value[key] ?? 0) / scale} onChange={(v) => set({ ...value, [key]: (v ?? 0) * scale })} /></label>
  );
  return (
    <div className="row" role="group" aria-label={t("cut")}>
      <Select style={{ width: 190 }} aria-label={t("cut.by")} value={value.by} onChange={(by: Cut["by"]) => set({ by, ...(by === "time" ? { every_s: 1800 } : {}) })} options={ways.map((w) => ({ value: w, label: t(`cut.${w}`) }))} />
      {value.by === "signal" && <>
        <SignalSelect signals={signals} value={value.signal} set={(signal) => set({ ...value, signal })} label={t("signal")} />
        {number("start")}{number("end")}
        <span className="dim">{unitText(signals.find((s) => s.name === value.signal)?.unit, lang)}</span>
        <Checkbox checked={value.below ?? false} onChange={(e) => set({ ...value, below: e.target.checked })}>{t("cut.below")}</Checkbox></>}
      {value.by === "time" && number("every_s", 60)}
      {(value.by === "state" || value.by === "signal") && number("gap_s", 60)}
      {value.by !== "time" && number("min_s", 60)}
    </div>
  );
}

interface SignalProps { signals: RunSignal[]; value: string | undefined; set: (v: string) => void; label: string }

export function SignalSelect({ signals, value, set, label }: SignalProps) {
  const { name } = useLang();
  return <Select style={{ width: 220 }} aria-label={label} placeholder={label} showSearch={{ optionFilterProp: "label" }} value={value ?? null} onChange={(v: string | null) => v && set(v)} options={signals.map((s) => ({ value: s.name, label: name(s.title) || s.name }))} />;
}
