import { Button, Checkbox } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { RunSignal } from "../../api/batch";
import { type Input, stats } from "../../api/models";
import { SignalSelect } from "../../components/CutForm";
import { useLang } from "../../i18n/useLang";

/** Signals with the figures of a window that a model is asked. */
export function Inputs({ signals, value, set }: { signals: RunSignal[]; value: Input[]; set: (all: Input[]) => void }) {
  const { t } = useTranslation("models");
  const { name } = useLang();
  const [adding, setAdding] = useState<string>();
  const chosen = [...new Set(value.map((i) => i.signal))];
  const title = (s: string) => name(signals.find((x) => x.name === s)?.title) || s;
  const counter = (s: string) => signals.find((x) => x.name === s)?.counter ?? false;
  const add = (s: string) => { setAdding(undefined); if (!chosen.includes(s)) set([...value, { signal: s, stat: counter(s) ? "slope" : "mean" }]); };
  return (
    <fieldset className="panel" style={{ margin: 0 }}>
      <legend>{t("inputs")}</legend>
      <div className="row"><SignalSelect signals={signals.filter((s) => !chosen.includes(s.name))} value={adding} set={add} label={t("inputs.add")} /><span className="dim">{t("inputs.hint")}</span></div>
      {chosen.length > 0 && <table className="plain">
        <thead><tr><th>{t("signal")}</th><th>{t("figures.window")}</th><th /></tr></thead>
        <tbody>{chosen.map((s) => (
          <tr key={s}><td>{title(s)}</td>
            <td><Checkbox.Group aria-label={title(s)} value={value.filter((i) => i.signal === s).map((i) => i.stat)} options={stats.map((x) => ({ value: x, label: t(`stat.${x}`), disabled: counter(s) && x !== "slope" }))}
              onChange={(v) => set([...value.filter((i) => i.signal !== s), ...stats.filter((x) => v.includes(x)).map((stat) => ({ signal: s, stat }))])} /></td>
            <td><Button size="small" onClick={() => set(value.filter((i) => i.signal !== s))} aria-label={`${t("common:delete")} ${title(s)}`}>{t("common:delete")}</Button></td></tr>))}</tbody>
      </table>}
    </fieldset>
  );
}
