import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import { regions } from "../../api/queries";
import type { BreakdownRow } from "../../api/types";
import { type About, breakdown } from "../../api/walk";
import { useReason } from "../../components/Figures";
import { useLang } from "../../i18n/useLang";
import { codeOf } from "../../lib/divisions";
import { figureText } from "../../lib/format";
import { cells } from "./cells";
import { stepOf, stepsOf } from "./walk";

interface Props { about: About; wanted: number | undefined; pick: string | undefined; setPick: (code: string) => void; open: (code: string) => void }

/** Every county a cell of the same size: a diagram, no map. */
export function Tiles({ about, wanted, pick, setPick, open }: Props) {
  const { t } = useTranslation("cockpit");
  const { data, error } = useQuery(breakdown(about, true));
  const names = new Map((useQuery(regions).data ?? []).map((r) => [r.code, r.name]));
  if (error) return <Alert type="error" showIcon title={error.message} />;
  if (!data) return <Skeleton active />;
  const picked = data.rows.find((r) => r.region === pick);
  return (
    <section className="stack" aria-label={t("view.tiles")}>
      <Grid rows={data.rows} within={about.region} unit={data.whole.unit} digits={data.whole.definition.digits} wanted={wanted} names={names} pick={pick} choose={(code) => (code === pick ? open(code) : setPick(code))} />
      {picked && <div className="row" role="status"><strong>{names.get(picked.region)}</strong> <Button type="primary" onClick={() => open(picked.region)}>{t("down")}</Button></div>}
    </section>
  );
}

interface GridProps { rows: BreakdownRow[]; within: string | undefined; unit: string; digits: number; wanted: number | undefined; names: Map<string, string>; pick?: string | undefined; choose?: (code: string) => void }

/** The grid with its scale; the scale is told in words, too. */
export function Grid({ rows, within, unit, digits, wanted, names, pick, choose }: GridProps) {
  const { t } = useTranslation("cockpit");
  const { lang } = useLang();
  const reason = useReason();
  const by = new Map(rows.map((r) => [r.region, r]));
  const steps = stepsOf(rows.flatMap((r) => (r.value === null ? [] : [r.value])), wanted);
  const text = (v: number) => figureText(v, unit, digits, lang);
  const prefix = within ? codeOf(within).replace(/(00){1,2}$/, "") : "";
  const shown = Object.entries(cells).filter(([code]) => code.startsWith(prefix) && names.has(code));
  const left = Math.min(...shown.map(([, [x]]) => x));
  const top = Math.min(...shown.map(([, [, y]]) => y));
  return (
    <figure style={{ margin: 0 }}>
      <figcaption className="dim" style={{ marginBottom: 6 }}>{t("tiles.note")}</figcaption>
      <div className="scroll">
        <div className="tiles" role="group" aria-label={t("view.tiles")}>
          {shown.sort(([a], [b]) => a.localeCompare(b)).map(([code, [x, y]]) => {
            const r = by.get(code);
            const said = r === undefined ? t("tiles.none") : r.value === null ? reason(r.reason) : text(r.value);
            const style = { gridColumn: x - left + 1, gridRow: y - top + 1 };
            const className = `tile s${r?.value === null || r === undefined ? "n" : stepOf(r.value, steps)}`;
            const inside = <>{names.get(code)}<b>{r?.value === null || r === undefined ? "—" : text(r.value)}</b></>;
            return choose
              ? <button key={code} type="button" className={className} style={style} aria-pressed={code === pick} title={`${names.get(code)}：${said}`} onClick={() => choose(code)}>{inside}</button>
              : <div key={code} className={className} style={style}>{inside}</div>;
          })}
        </div>
      </div>
      <Scale steps={steps} wanted={wanted} text={text} />
    </figure>
  );
}

/** What the colours mean, in words. */
export function Scale({ steps, wanted, text }: { steps: [number, number, number]; wanted: number | undefined; text: (v: number) => string }) {
  const { t } = useTranslation("cockpit");
  return (
    <ul className="scale">
      {[t("scale.below", { v: text(steps[0]) }), t("scale.between", { a: text(steps[0]), b: text(steps[1]) }), t("scale.between", { a: text(steps[1]), b: text(steps[2]) }), t(wanted === undefined ? "scale.from" : "scale.wanted", { v: text(steps[2]) })]
        .map((word, i) => <li key={word}><span className={`tile s${i}`} aria-hidden /> {word}</li>)}
      <li><span className="tile sn" aria-hidden /> {t("tiles.none")}</li>
    </ul>
  );
}
