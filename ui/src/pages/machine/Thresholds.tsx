import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Drawer, InputNumber, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { preview, session, thresholds } from "../../api/queries";
import type { MachineDetail, Thresholds as Learned, ThresholdSplit } from "../../api/types";
import { Timeline } from "../../charts/Timeline";
import { Nothing, Waiting } from "../../components/Status";
import { TrendPanel } from "../../components/TrendPanel";
import { useLang } from "../../i18n/useLang";
import { duration, measured, percent, unitText } from "../../lib/format";
import { lookKey, lookOf } from "../../lib/states";
import { dateTime, hour, iso, ms } from "../../lib/time";
import { ThresholdHistogram } from "./ThresholdHistogram";
import { asParams, type Chosen, ordered, present, proposed, withThresholds } from "./thresholds";

const spans = [8, 24, 72, 168];

/** Where a machine without a controller stands, idles and runs: learned from what it drew, confirmed by a person. */
export function Thresholds({ detail }: { detail: MachineDetail }) {
  const { t } = useTranslation("machine");
  const me = useQuery(session);
  const [open, setOpen] = useState(false);
  if (!me.data?.permissions.includes("engineer")) return null;
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)}>{t("learn")}</Button>
      {open && <Drawer open size="large" onClose={() => setOpen(false)} title={t("learn")}><Learn detail={detail} close={() => setOpen(false)} /></Drawer>}
    </>
  );
}

function Learn({ detail, close }: { detail: MachineDetail; close: () => void }) {
  const { t } = useTranslation("machine");
  const { name } = useLang();
  const [hours, setHours] = useState(8);
  const [signal, setSignal] = useState<string>();
  const [now] = useState(() => Date.now());
  const query = useQuery(thresholds(detail.id, signal, iso(now - hours * hour), iso(now)));
  return (
    <div className="stack">
      <div className="row">
        <Select aria-label={t("learn.range")} value={hours} onChange={setHours} style={{ width: 160 }} options={spans.map((n) => ({ value: n, label: n <= 24 ? t("learn.hours", { n }) : t("learn.days", { n: n / 24 }) }))} />
        {query.data && <Select aria-label={t("learn.signal")} value={query.data.signal} onChange={setSignal} style={{ minWidth: 200 }} options={query.data.signals.map((s) => ({ value: s.name, label: name(s.title) || s.name }))} />}
      </div>
      {query.data ? <Choose key={`${hours}/${query.data.signal}`} detail={detail} of={query.data} from={now - Math.min(hours, 8) * hour} to={now} close={close} /> : <Waiting query={query} />}
    </div>
  );
}

interface ChooseProps { detail: MachineDetail; of: Learned; from: number; to: number; close: () => void }

function Choose({ detail, of, from, to, close }: ChooseProps) {
  const { t } = useTranslation("machine");
  const { lang, name } = useLang();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [chosen, setChosen] = useState<Chosen>(() => proposed(of, present(of)));
  const set = (param: string, value: number | null) => setChosen((c) => ({ ...c, [param]: value }));
  const tag = detail.tags.find((x) => x.name === of.signal);
  const unit = unitText(of.unit, lang);
  const fits = ordered(of, chosen);
  const save = useMutation({
    mutationFn: () => api.put(`/nodes/${detail.id}`, withThresholds(detail, chosen), detail.rev),
    onSuccess: async () => {
      message.success(t("learn.saved"));
      for (const key of ["machine", "machines", "intervals", "figures", "nodes"]) await client.invalidateQueries({ queryKey: [key] });
      close();
    },
    onError: (err) => { message.error(err.message); },
  });
  return (
    <>
      {of.why ? <Alert type="info" showIcon message={t(`learn.why.${of.why}`)} /> : (
        <Alert type={of.clear ? "success" : "warning"} showIcon message={t(of.clear ? "learn.clear" : "learn.fair", { share: percent(of.separability), valley: percent(of.valley) })} />)}
      <div className="dim">{t("learn.observed", { ms: duration(of.observed_ms, lang), missing: duration(of.missing_ms, lang) })}</div>
      {of.bins.length > 0 && tag && <ThresholdHistogram of={of} title={name(tag.title) || tag.name} chosen={chosen} set={set} />}
      <div className="row">
        {of.params.map((p) => (
          <label key={p.name} className="stack" style={{ gap: 2 }}>{name(p.title)}
            <InputNumber aria-label={name(p.title)} value={chosen[p.name] ?? null} min={p.min} max={p.max} onChange={(v) => set(p.name, v)} suffix={unit} style={{ width: 180 }} />
            <span className="dim">{p.value !== undefined && t("learn.now", { value: `${measured(p.value)} ${unit}` })}</span>
          </label>))}
        {of.thresholds.length > 0 && <Button onClick={() => setChosen(proposed(of, present(of)))}>{t("learn.use")}</Button>}
      </div>
      {!fits && <Alert type="warning" showIcon message={t("learn.order")} />}
      {of.thresholds.length > 0 && <Classes split={of.proposed} now={of.present} thresholds={of.thresholds} unit={unit} />}
      {fits && <Preview detail={detail} chosen={chosen} from={from} to={to} />}
      {tag && <TrendPanel tags={[tag]} from={from} to={to} live={false} height={180} onView={() => undefined} />}
      <div className="dim">{t("learn.explain")}</div>
      <div><Button type="primary" disabled={!fits} loading={save.isPending} onClick={() => save.mutate()}>{t("learn.save")}</Button></div>
    </>
  );
}

function Classes({ split, now, thresholds: at, unit }: { split: ThresholdSplit; now: ThresholdSplit; thresholds: number[]; unit: string }) {
  const { t } = useTranslation("machine");
  const { lang } = useLang();
  const range = (i: number) => (i === 0 ? `≤ ${measured(at[0] ?? 0)}` : i === at.length ? `> ${measured(at[i - 1] ?? 0)}` : `${measured(at[i - 1] ?? 0)} … ${measured(at[i] ?? 0)}`);
  return (
    <div>
      <table className="plain" aria-label={t("learn.proposed")}>
        <thead><tr><th>{t("learn.class")}</th><th className="r">{t("learn.share")}</th><th className="r">{t("duration")}</th><th className="r">{t("learn.median")}</th></tr></thead>
        <tbody>{split.classes.map((c, i) => <tr key={range(i)}><td className="num">{range(i)} {unit}</td><td className="r num">{percent(c.share)}</td><td className="r num">{duration(c.ms, lang)}</td><td className="r num">{measured(c.median)}</td></tr>)}</tbody>
      </table>
      <span className="dim">{t("learn.changes", { n: measured(split.changes_per_hour), now: measured(now.changes_per_hour) })}</span>
    </div>
  );
}

function Preview({ detail, chosen, from, to }: { detail: MachineDetail; chosen: Chosen; from: number; to: number }) {
  const { t } = useTranslation("machine");
  const { lang } = useLang();
  const query = useQuery(preview(detail.id, Object.entries(asParams(chosen)).map(([k, v]) => `${k}=${v}`), iso(from), iso(to)));
  if (!query.data) return <Waiting query={query} />;
  if (query.data.length === 0) return <Nothing text={t("learn.preview")} />;
  return (
    <section aria-label={t("learn.preview")}>
      <h3 style={{ fontSize: 14, margin: 0 }}>{t("learn.preview")}</h3>
      <Timeline intervals={query.data} from={from} to={to} onView={() => undefined} describe={(i) => `${t(`common:${lookKey[lookOf(i.state)]}` as "common:state.UNKNOWN")} · ${duration(ms(i.to) - ms(i.from), lang)}`}
        label={t("learn.preview.label", { from: dateTime(from), to: dateTime(to), count: query.data.length })} />
    </section>
  );
}
