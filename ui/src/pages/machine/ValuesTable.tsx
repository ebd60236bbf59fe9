import { Button, Input } from "antd";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { LiveValue, MachineDetail, Tag } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { type Lang, measured, nameOf, unitText } from "../../lib/format";
import { shortTime } from "../../lib/time";
import { useLiveValues } from "../../live/client";

function valueText(v: LiveValue, tag: Tag, lang: Lang): string {
  if (v.text !== undefined) return v.text;
  if (v.value === undefined) return "—";
  const known = tag.values?.[String(v.value)];
  if (known) return `${nameOf(known, lang)} (${v.value})`;
  if (tag.kind === "boolean") return v.value ? "1" : "0";
  return measured(v.value);
}

/** Writes values straight into the cells: nothing is rendered per sample. */
function useCells(detail: MachineDetail) {
  const { lang } = useLang();
  const rows = useRef(new Map<number, HTMLTableRowElement>());
  const last = useRef(new Map<number, LiveValue>(detail.values.map((v) => [v.tag, v])));
  const tags = useRef(new Map(detail.tags.map((t) => [t.no, t])));
  const write = useCallback((v: LiveValue) => {
    const row = rows.current.get(v.tag);
    const tag = tags.current.get(v.tag);
    if (!row || !tag) return;
    const [, value, , quality, time] = row.cells;
    if (value) value.textContent = valueText(v, tag, lang);
    if (quality) quality.textContent = v.quality;
    if (time) time.textContent = shortTime(v.time);
    row.classList.toggle("hatch", !v.quality.startsWith("good"));
  }, [lang]);
  const hear = useCallback((items: LiveValue[]) => {
    for (const v of items) {
      last.current.set(v.tag, v);
      write(v);
    }
  }, [write]);
  useLiveValues(detail.id, hear);
  const all = useCallback(() => { for (const v of last.current.values()) write(v); }, [write]);
  return { rows, all };
}

export function ValuesTable({ detail, show }: { detail: MachineDetail; show: (tag: string) => void }) {
  const { t } = useTranslation("machine");
  const { lang, name } = useLang();
  const [q, setQ] = useState("");
  const { rows, all } = useCells(detail);
  const shown = detail.tags.filter((x) => `${x.name} ${name(x.title)}`.toLowerCase().includes(q.toLowerCase()));
  useEffect(all, [all, q]);
  return (
    <section className="panel" aria-label={t("values")}>
      <h2 className="row">{t("values")} <span className="dim num">{detail.tags.length}</span>
        <Input size="small" allowClear style={{ width: 200, marginLeft: "auto" }} value={q} onChange={(e) => setQ(e.target.value)} placeholder={t("values.filter")} aria-label={t("values.filter")} /></h2>
      <div className="scroll">
        <table className="plain">
          <thead><tr><th>{t("values.tag")}</th><th className="r">{t("values.value")}</th><th>{t("values.unit")}</th><th>{t("values.quality")}</th><th>{t("values.time")}</th><th /></tr></thead>
          <tbody>
            {shown.map((x) => (
              <tr key={x.no} ref={(el) => { if (el) rows.current.set(x.no, el); else rows.current.delete(x.no); }}>
                <td>{name(x.title)} <span className="mono dim">{x.name}</span></td><td className="r num" style={{ minWidth: 120, fontWeight: 600 }}>—</td><td>{unitText(x.unit, lang)}</td><td /><td className="num" />
                <td>{x.kind !== "text" && <Button size="small" type="link" onClick={() => show(x.name)}>{t("values.trend")}</Button>}</td>
              </tr>))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
