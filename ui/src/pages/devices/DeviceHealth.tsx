import { useQuery } from "@tanstack/react-query";
import { Alert, Descriptions } from "antd";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { deviceHealth } from "../../api/queries";
import type { DeviceHealth as Health, DeviceStatus, HealthBucket } from "../../api/types";
import { Nothing, Waiting } from "../../components/Status";
import { fixed } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { Frames } from "./Frames";
import { Readings } from "./Readings";

const EChart = lazy(() => import("../../charts/EChart"));

/** How a device answers: is it the cable, the device, or what is asked of it? */
export function DeviceHealth({ device }: { device: DeviceStatus }) {
  const { t } = useTranslation("devices");
  const query = useQuery(deviceHealth(device.id));
  const h = query.data;
  return (
    <div className="stack">
      {!h ? <Waiting query={query} /> : (
        <>
          {h.last_failure && <Alert type="warning" showIcon title={t("h.last", { at: dateTime(h.last_failure.time, true), kind: t(`kind.${h.last_failure.kind}` as "kind.timeout") })} description={<span className="mono">{h.last_failure.text}</span>} />}
          <Facts of={h} />
          <Responses buckets={h.histogram} />
          <Failures of={h} />
          <h2 style={{ fontSize: 15, margin: 0 }}>{t("h.without", { n: h.without_value_total, of: h.points })}</h2>
          {h.without_value.length > 0 && <Readings rows={h.without_value} />}
        </>)}
      <Frames device={device} />
    </div>
  );
}

function Facts({ of: h }: { of: Health }) {
  const { t } = useTranslation("devices");
  const ms = (v: number) => `${fixed(v, 1)} ms`;
  return (
    <Descriptions size="small" column={2} bordered items={[
      { key: "since", label: t("h.since"), children: dateTime(h.since) },
      { key: "answers", label: t("h.answers"), children: fixed(h.answers, 0) },
      { key: "connections", label: t("h.connections"), children: fixed(h.connections, 0) },
      { key: "lost", label: t("h.lost"), children: fixed(h.lost, 0) },
      { key: "response", label: t("h.response"), children: h.longest_ms ? `${ms(h.response_ms.p50)} / ${ms(h.response_ms.p95)} / ${ms(h.response_ms.p99)}` : "—" },
      { key: "longest", label: t("h.longest"), children: h.longest_ms ? ms(h.longest_ms) : "—" },
      { key: "missed", label: t("col.missed"), children: fixed(h.missed_periods, 0) },
      { key: "last", label: t("h.lastanswer"), children: h.last_answer ? dateTime(h.last_answer, true) : "—" },
    ]} />
  );
}

/** Response times; none of a device that speaks by itself. */
function Responses({ buckets }: { buckets: HealthBucket[] }) {
  const { t } = useTranslation("devices");
  const names = buckets.map((b, i) => (b.up_to_ms ? `≤${b.up_to_ms}` : `>${buckets[i - 1]?.up_to_ms ?? 0}`));
  const counts = buckets.map((b) => b.count);
  const key = counts.join();
  const option = useMemo(() => ({
    grid: { left: 56, right: 16, top: 24, bottom: 32 },
    tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: names, name: "ms", nameGap: 4, axisLabel: { fontSize: 11 } },
    yAxis: { type: "value", minInterval: 1 },
    series: [{ name: t("h.answers"), type: "bar", data: counts, itemStyle: { color: "#1f5fa8" }, barCategoryGap: "10%" }],
  }), [key, t]);
  return (
    <section className="panel" aria-label={t("h.histogram")}>
      <h2>{t("h.histogram")}</h2>
      {counts.every((n) => n === 0) ? <Nothing text={t("h.unasked")} />
        : <Suspense fallback={null}><EChart option={option} height={200} label={t("h.histogram.label", { values: names.map((n, i) => `${n} ms ${counts[i]}`).join("，") })} /></Suspense>}
    </section>
  );
}

function Failures({ of: h }: { of: Health }) {
  const { t } = useTranslation("devices");
  return (
    <section className="panel" aria-label={t("h.failures")}>
      <h2>{t("h.failures")}</h2>
      {h.failures.length === 0 ? <Nothing text={t("h.nofailures")} /> : (
        <table className="plain">
          <thead><tr><th>{t("h.kind")}</th><th className="r">{t("h.questions")}</th><th className="r">{t("h.readings")}</th><th>{t("h.lasttime")}</th></tr></thead>
          <tbody>{h.failures.map((f) => (
            <tr key={f.kind}>
              <td>{t(`kind.${f.kind}` as "kind.timeout", { defaultValue: f.kind })}</td>
              <td className="r num">{fixed(f.questions, 0)}</td><td className="r num">{fixed(f.readings, 0)}</td>
              <td className="num">{f.last ? dateTime(f.last, true) : ""}</td>
            </tr>))}</tbody>
        </table>)}
    </section>
  );
}
