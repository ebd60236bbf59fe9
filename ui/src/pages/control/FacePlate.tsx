import { Alert, Button, Modal, Progress } from "antd";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { handBack, type LoopView, setMode, setOutput, setPoint } from "../../api/loop";
import { useLang } from "../../i18n/useLang";
import { unitText } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { useChange } from "../production/parts";
import { ModeTag, useMay, useValue } from "./parts";
import { ValueDialog } from "./ValueDialog";

type Ask = "off" | "manual" | "auto" | "sp" | "out" | "back";

/** What a loop sees and does now, and the hands that may change it. */
export function FacePlate({ v }: { v: LoopView }) {
  const { t } = useTranslation("loop");
  const { lang, name } = useLang();
  const { controls } = useMay();
  const value = useValue();
  const [ask, setAsk] = useState<Ask>();
  const { loop: l, run, now } = v;
  const mode = useChange((m: "off" | "manual" | "auto") => setMode(v, m), () => setAsk(undefined));
  const back = useChange(() => handBack(v), () => setAsk(undefined));
  const unit = l.pv.unit;
  const share = now?.output === undefined ? 0 : outShare(v, now.output);
  return (
    <section className="panel stack" aria-label={t("plate.of", { name: name(l.name) })}>
      <div className="row">
        <h2 style={{ margin: 0 }}>{name(l.name)}</h2><ModeTag mode={run.mode} />
        <span className="dim">{run.by && <>{run.by} · {dateTime(run.at)}</>}</span><span className="fill" />
        {now?.at && <span className="dim num">{t("seen", { time: dateTime(now.at) })}</span>}
      </div>
      {run.mode === "suspended" && <Alert type="error" showIcon title={t("suspended", { why: run.reason ?? "" })} description={t(run.safe ? "safe.done" : "safe.under")} />}
      {now?.wrong && <Alert type="warning" showIcon title={t("unread", { why: now.wrong })} />}
      <dl className="row" style={{ margin: 0, gap: 32, alignItems: "flex-start" }}>
        <Big label={t("pv")} text={value(now?.pv, unit)} note={name(l.pv.title) || l.pv.signal} />
        <Big label={t("sp")} text={value(now?.sp ?? run.sp, unit)} note={now?.shift ? t("shifted", { period: t(`energy:hours.${now.tariff_period ?? ""}` as "energy:hours.peak"), by: value(now.shift, unit), asked: value(run.sp, unit) }) : now?.sp !== undefined && now.sp !== run.sp ? t("from.to", { from: value(now.sp, unit), to: value(run.sp, unit) }) : now?.waiting ? t("waiting") : t("range", { low: l.sp_low, high: l.sp_high })} />
        <Big label={t("out")} text={value(now?.output, l.output_unit)} note={now?.wanted !== undefined ? `${t("wanted")} ${value(now.wanted, l.output_unit)}` : name(l.output_title) || l.output}>
          <Progress percent={Math.round(share)} showInfo={false} size="small" aria-label={t("out")} style={{ minWidth: 200 }} />
        </Big>
        {now?.inner !== undefined && <Big label={t("inner")} text={value(now.inner, l.inner?.unit)} note={now.inner_sp === undefined ? "" : `${t("inner.sp")} ${value(now.inner_sp, l.inner?.unit)}`} />}
        {now?.disturbance !== undefined && <Big label={t("disturbance")} text={value(now.disturbance, l.disturbance?.unit)} note="" />}
      </dl>
      {now?.p !== undefined && <p className="dim num" style={{ margin: 0 }} aria-label={t("parts")}>{t("p")} {value(now.p, l.output_unit)}　{t("i")} {value(now.i, l.output_unit)}　{t("d")} {value(now.d, l.output_unit)}</p>}
      <div className="row">
        {controls && (
          <>
            {run.mode !== "manual" && <Button type={run.mode === "suspended" || run.mode === "off" ? "primary" : "default"} disabled={l.state !== "approved"} onClick={() => setAsk("manual")}>{t("to.manual")}</Button>}
            {run.mode === "manual" && <Button type="primary" onClick={() => setAsk("auto")}>{t("to.auto")}</Button>}
            {run.mode !== "off" && <Button danger onClick={() => setAsk("off")}>{t("to.off")}</Button>}
            {run.mode !== "off" && run.mode !== "tuning" && <Button onClick={() => setAsk("back")}>{t("hand.back")}</Button>}
            {run.mode !== "off" && <Button onClick={() => setAsk("sp")}>{t("set.sp")}</Button>}
            {run.mode === "manual" && <Button disabled={now?.output === undefined} onClick={() => setAsk("out")}>{t("set.out")}</Button>}
          </>)}
        <span className="fill" />
        {now?.under_way && <span className="dim">{t("under")}</span>}
        {now?.beats !== undefined && <span className="dim num">{t("beats", { n: now.beats })}</span>}
      </div>
      <Modal open={ask === "off" || ask === "manual" || ask === "auto"} title={ask && `${t(`to.${ask as "off"}`)} · ${name(l.name)}`} okText={ask && t(`to.${ask as "off"}`)} cancelText={t("common:cancel")} okButtonProps={{ loading: mode.isPending, danger: ask === "off" }} onOk={() => (ask === "off" || ask === "manual" || ask === "auto") && mode.mutate(ask)} onCancel={() => setAsk(undefined)} destroyOnHidden>
        <p className="num" style={{ fontSize: 18 }}>{t("from.to", { from: t(`mode.${run.mode}`), to: ask ? t(`mode.${ask as "off"}`) : "" })}</p>
        {ask && <p>{t(`sure.${ask as "off"}`, { name: name(l.output_title) || l.output })}</p>}
      </Modal>
      <Modal open={ask === "back"} title={`${t("hand.back")} · ${name(l.name)}`} okText={t("hand.back.sure")} cancelText={t("common:cancel")} okButtonProps={{ loading: back.isPending, danger: true }} onOk={() => back.mutate(undefined)} onCancel={() => setAsk(undefined)} destroyOnHidden>
        <p className="num" style={{ fontSize: 18 }}>{l.safe.action === "hand-back" ? `${l.safe.signal ?? ""} → ${value(l.safe.value ?? 0, undefined)}` : t("from.to", { from: value(now?.output, l.output_unit), to: value(run.before ?? now?.output, l.output_unit) })}</p>
        <p>{t(l.safe.action === "hand-back" ? "hand.back.over" : "hand.back.lead")}</p>
      </Modal>
      {ask === "sp" && <ValueDialog title={t("set.sp")} from={run.sp} low={l.sp_low} high={l.sp_high} unit={unitText(unit, lang)} word={t("confirm.sp")} send={(x) => setPoint(v, x)} close={() => setAsk(undefined)} />}
      {ask === "out" && <ValueDialog title={t("set.out")} from={now?.output ?? 0} low={reach(v)[0]} high={reach(v)[1]} unit={unitText(l.output_unit, lang)} word={t("confirm")} send={(x) => setOutput(v, x)} close={() => setAsk(undefined)} />}
    </section>
  );
}

function Big({ label, text, note, children }: { label: string; text: string; note: string; children?: ReactNode }) {
  return <div><dt className="dim">{label}</dt><dd className="num" style={{ margin: 0, fontSize: 26, fontWeight: 600, whiteSpace: "nowrap" }}>{text}</dd><dd className="dim" style={{ margin: 0 }}>{note}{children}</dd></div>;
}

/** From where to where a block moves its output. */
export function reach(v: LoopView): [number, number] {
  const b = v.loop.block;
  const r = b.pid ?? b.cascade?.inner ?? b.ratio ?? b.ewma;
  return r ? [r.low, r.high] : [Math.min(b.on ?? 0, b.off ?? 0, b.other ?? 0), Math.max(b.on ?? 0, b.off ?? 0, b.other ?? 0)];
}

function outShare(v: LoopView, out: number): number {
  const [low, high] = reach(v);
  return high > low ? Math.min(100, Math.max(0, (100 * (out - low)) / (high - low))) : 0;
}
