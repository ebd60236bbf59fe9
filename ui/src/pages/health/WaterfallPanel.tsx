import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { waterfall, type Waterfall } from "../../api/condition";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { fixed } from "../../lib/format";
import { dateTime } from "../../lib/time";

/** Spectra one behind the other: what grows over weeks is seen at once. */
export function WaterfallPanel({ id, from, to }: { id: string; from: string; to: string }) {
  const { t } = useTranslation("health");
  const [open, setOpen] = useState(false);
  const query = useQuery({ ...waterfall(id, { from, to }), enabled: open });
  return (
    <section className="panel" aria-label={t("waterfall")}>
      <h2>{t("waterfall")}</h2>
      {!open ? <Button onClick={() => setOpen(true)}>{t("waterfall.open")}</Button> : query.isError ? <Problem error={query.error} retry={() => void query.refetch()} /> : !query.data ? <Waiting query={query} /> : query.data.rows.length === 0 ? <Nothing text={t("waterfall.none")} /> : <Falls of={query.data} />}
    </section>
  );
}

const rowHeight = 8;

function Falls({ of }: { of: Waterfall }) {
  const { t } = useTranslation("health");
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = of.rows[0]?.length ?? 0;
  useEffect(() => {
    const c = canvas.current?.getContext("2d");
    if (!c) return;
    const all = of.rows.flat().filter((v) => v > 0);
    const high = Math.log(Math.max(...all));
    const low = high - Math.log(1000); // 60 dB
    of.rows.forEach((row, y) => row.forEach((v, x) => {
      const share = v > 0 ? Math.min(1, Math.max(0, (Math.log(v) - low) / (high - low))) : 0;
      c.fillStyle = `rgb(${241 - 236 * share}, ${238 - 126 * share}, ${246 - 70 * share})`;
      c.fillRect(x * 4, y * rowHeight, 4, rowHeight);
    }));
  }, [of]);
  const strongest = (row: number[]) => row.indexOf(Math.max(...row)) * of.step_hz;
  return (
    <>
      <canvas ref={canvas} width={width * 4} height={of.rows.length * rowHeight} role="img" style={{ width: "100%", height: of.rows.length * rowHeight, imageRendering: "pixelated" }} aria-label={t("waterfall.label", { n: of.rows.length, hz: fixed(of.step_hz * width, 0) })} />
      <div className="row dim"><span>0 Hz</span><span className="fill" /><span>{fixed(of.step_hz * width, 0)} Hz</span></div>
      <p className="dim" style={{ margin: 0 }}>{t("waterfall.hint")}</p>
      <details>
        <summary>{t("common:table")}</summary>
        <table className="plain"><thead><tr><th>{t("time")}</th><th className="r">{t("strongest")}</th></tr></thead><tbody>{of.rows.map((row, i) => <tr key={of.at[i]}><td className="num">{dateTime(of.at[i] ?? "")}</td><td className="r num">{fixed(strongest(row), 0)}</td></tr>)}</tbody></table>
      </details>
    </>
  );
}
