import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { samples } from "../../api/queries";
import type { Input, Sample } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { measured, unitText } from "../../lib/format";
import { clock, dateTime, ms } from "../../lib/time";
import { Waiting } from "../Status";

const shown = 500; // rows; a table longer than this nobody reads

export function Inputs({ inputs }: { inputs: Input[] }) {
  const { t } = useTranslation("figures");
  const { lang } = useLang();
  const [open, setOpen] = useState<Input | null>(null);
  return (
    <div className="stack">
      <table className="plain">
        <thead><tr><th>{t("col.tag")}</th><th>{t("col.unit")}</th><th>{t("window")}</th><th className="r">{t("col.count")}</th><th>{t("carry")}</th><th /></tr></thead>
        <tbody>{inputs.map((i) => (
          <tr key={`${i.tag}/${i.from}`}>
            <td className="mono">{i.name}</td><td>{unitText(i.unit, lang)}</td><td className="num">{clock(i.from, true)}–{clock(i.to, true)}</td><td className="r">{i.count}</td>
            <td className="num">{i.carry ? dateTime(i.carry) : "—"}</td>
            <td><Button size="small" aria-expanded={open === i} onClick={() => setOpen(open === i ? null : i)}>{t("samples.show")}</Button></td>
          </tr>))}</tbody>
      </table>
      {open && <Samples input={open} />}
    </div>
  );
}

function Samples({ input }: { input: Input }) {
  const { t } = useTranslation("figures");
  const query = useQuery(samples(input.samples, shown));
  if (!query.data) return <Waiting query={query} />;
  const { items, next } = query.data;
  return (
    <section className="panel" aria-label={t("samples.title", { name: input.name })}>
      <h2>{t("samples.title", { name: input.name })} <span className="dim">{t("samples.count", { count: input.count })}{next && ` · ${t("samples.first", { count: shown })}`}</span></h2>
      <MiniChart items={items} from={ms(input.from)} to={ms(input.to)} label={input.name} />
      <div className="scroll" style={{ maxHeight: 280 }}>
        <table className="plain">
          <thead><tr><th>{t("col.time")}</th><th className="r">{t("col.value")}</th><th>{t("col.quality")}</th><th>{t("col.raw")}</th></tr></thead>
          <tbody>{items.map((s, n) => (
            <tr key={`${s.time}/${n}`}><td className="num">{dateTime(s.time, true)}</td><td className="r">{s.text ?? (s.value === undefined ? "—" : measured(s.value))}</td><td>{s.quality}</td><td className="mono">{s.raw}</td></tr>))}</tbody>
        </table>
      </div>
    </section>
  );
}

/** Steps of the raw values: each holds until the next, a bad one is a gap. */
function MiniChart({ items, from, to, label }: { items: Sample[]; from: number; to: number; label: string }) {
  const good = items.filter((s) => s.value !== undefined).map((s) => s.value as number);
  if (good.length < 2 || to <= from) return null;
  const low = Math.min(...good);
  const high = Math.max(...good);
  const x = (t: number) => (Math.max(0, Math.min(1, (t - from) / (to - from))) * 600).toFixed(1);
  const y = (v: number) => (high === low ? 30 : 56 - ((v - low) / (high - low)) * 52).toFixed(1);
  let d = "";
  items.forEach((s, n) => {
    if (s.value === undefined) return;
    const end = items[n + 1]?.time ? ms(items[n + 1]?.time ?? 0) : to;
    const joined = n > 0 && items[n - 1]?.value !== undefined;
    d += `${joined ? "V" + y(s.value) : `M${x(ms(s.time))} ${y(s.value)}`}H${x(end)}`;
  });
  return (
    <svg viewBox="0 0 600 60" role="img" aria-label={`${label}: ${measured(low)} – ${measured(high)}`} style={{ width: "100%", height: 60, background: "var(--panel2)" }} preserveAspectRatio="none">
      <path d={d} fill="none" stroke="var(--accent)" strokeWidth="1.2" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
