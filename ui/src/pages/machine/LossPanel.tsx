import { useQueries } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { figures } from "../../api/queries";
import type { Figure } from "../../api/types";
import { FigureValue } from "../../components/Figures";
import { Nothing } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { fixed } from "../../lib/format";
import { iso } from "../../lib/time";

const EChart = lazy(() => import("../../charts/EChart"));

/** Six big losses and what else takes planned time, in the order of the waterfall. */
const losses = ["loss-breakdown", "loss-setup", "loss-minor", "loss-speed", "loss-startup", "loss-quality", "loss-planned", "loss-other", "unknown-time"] as const;

export function LossPanel({ path, from, to }: { path: string; from: number; to: number }) {
  const { t } = useTranslation("machine");
  const { name } = useLang();
  const q = { scope: path, window: "range", from: iso(from), to: iso(to), by: "none" };
  const results = useQueries({ queries: ["pbt", ...losses].map((id) => figures(id, q)) });
  const got = results.map((r) => r.data?.at(-1)).filter((f): f is Figure => f !== undefined);
  const key = got.map((f) => f.value).join();
  const option = useMemo(() => waterfall(got, name, t("left")), [key, name(got[0]?.definition.name)]);
  return (
    <section className="panel" aria-label={t("losses")}>
      <h2>{t("losses")}</h2>
      {got.length < 2 || !got[0]?.value ? <Nothing text={t("losses.none")} /> : (
        <>
          <Suspense fallback={null}><EChart option={option} height={240} label={t("losses.label", { values: got.map((f) => `${name(f.definition.name)} ${fixed(f.value ?? 0, 2)}`).join("，") })} /></Suspense>
          <dl style={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(140px, 1fr))", gap: "4px 12px", margin: 0 }}>
            {got.map((f) => <div key={f.definition.id} className="row" style={{ gap: 6 }}><dt className="dim">{name(f.definition.name)}</dt><dd style={{ margin: 0 }}><FigureValue figure={f} plain /></dd></div>)}
          </dl>
        </>
      )}
    </section>
  );
}

function waterfall(got: Figure[], name: (n: Figure["definition"]["name"]) => string, left: string) {
  const total = got[0]?.value ?? 0;
  let rest = total;
  const rows = [{ label: got[0] ? name(got[0].definition.name) : "", base: 0, value: total }];
  for (const f of got.slice(1)) {
    const v = f.value ?? 0;
    if (v === 0) continue;
    rest -= v;
    rows.push({ label: name(f.definition.name), base: Math.max(0, rest), value: v });
  }
  rows.push({ label: left, base: 0, value: Math.max(0, rest) });
  return {
    grid: { left: 48, right: 8, top: 24, bottom: 56 },
    xAxis: { type: "category", data: rows.map((r) => r.label), axisLabel: { interval: 0, rotate: 28, fontSize: 11 } },
    yAxis: { type: "value", name: "h" },
    tooltip: { trigger: "axis", valueFormatter: (v: unknown) => (typeof v === "number" ? `${fixed(v, 2)} h` : "") },
    series: [
      { type: "bar", stack: "w", data: rows.map((r) => r.base), itemStyle: { color: "transparent" }, tooltip: { show: false }, silent: true },
      { type: "bar", stack: "w", data: rows.map((r, n) => ({ value: r.value, itemStyle: { color: n === 0 ? "#8c9096" : n === rows.length - 1 ? "#1f5fa8" : "#c25b00" } })), label: { show: true, position: "top", formatter: (p: { value: number }) => fixed(p.value, 2), fontSize: 11 } },
    ],
  };
}
