import { Alert, Button, Checkbox, Form, InputNumber, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Loop, type LoopTune, type LoopTuned, type LoopView, startTuning } from "../../api/loop";
import { dateTime } from "../../lib/time";
import { useChange } from "../production/parts";
import { number, useMay } from "./parts";

type Fields = Omit<LoopTune, "rev">;

/** An autotuning: begun in two steps, under way, and what it found. */
export function TuningPanel({ v, edit }: { v: LoopView; edit: (l: Loop) => void }) {
  const { t } = useTranslation("loop");
  const { controls } = useMay();
  const [open, setOpen] = useState(false);
  const kind = v.loop.block.kind;
  if (kind !== "pid" && kind !== "cascade") return null;
  const tuned = v.run.tuned;
  return (
    <>
      {v.run.mode === "tuning" && <Alert type="info" showIcon role="status" title={t("tune.running", { n: v.now?.swings ?? 0 })} />}
      {controls && v.run.mode === "manual" && <div className="row"><Button onClick={() => setOpen(true)}>{t("tune")}</Button></div>}
      {tuned && <Found of={tuned} v={v} edit={edit} />}
      {open && <Ask v={v} close={() => setOpen(false)} />}
    </>
  );
}

function Ask({ v, close }: { v: LoopView; close: () => void }) {
  const { t } = useTranslation("loop");
  const [form] = Form.useForm<Fields>();
  const [sure, setSure] = useState<Fields>();
  const start = useChange((f: Fields) => startTuning(v, f), close);
  const out = v.now?.output ?? 0;
  const rules = [{ required: true, message: t("need") }];
  const field = (name: "amplitude" | "hysteresis" | "cycles" | "most" | "minutes_max", label: string, min: number, max?: number) => (
    <Form.Item name={name} label={label} rules={rules}><InputNumber min={min} {...(max === undefined ? {} : { max, precision: 0 })} style={{ width: 160 }} /></Form.Item>);
  return (
    <Modal open width={640} title={t("tune")} onCancel={close} destroyOnHidden footer={sure
      ? <><Button onClick={() => setSure(undefined)}>{t("back")}</Button><Button type="primary" danger loading={start.isPending} onClick={() => start.mutate(sure)}>{t("tune.start")}</Button></>
      : <><Button onClick={close}>{t("common:cancel")}</Button><Button type="primary" onClick={() => void form.validateFields().then(setSure, () => undefined)}>{t("next")}</Button></>}>
      {sure ? <p style={{ fontSize: 16 }} aria-live="polite">{t("tune.check", { low: number(out - sure.amplitude), high: number(out + sure.amplitude), most: sure.most })}</p> : (
        <>
          <p>{t("tune.lead")}</p>
          <Form<Fields> form={form} layout="vertical" initialValues={{ amplitude: 10, hysteresis: 0.5, cycles: 3, most: 20, minutes_max: 60, reverse: false }}>
            <div className="row" style={{ alignItems: "flex-start" }}>{field("amplitude", t("amplitude"), 0)}{field("hysteresis", t("hysteresis"), 0)}{field("most", t("most"), 0)}{field("cycles", t("cycles"), 2, 10)}{field("minutes_max", t("minutes"), 1, 1440)}</div>
            <Form.Item name="reverse" valuePropName="checked"><Checkbox>{t("reverse")}</Checkbox></Form.Item>
          </Form>
        </>)}
    </Modal>
  );
}

/** What was found, and what it proposes. */
function Found({ of, v, edit }: { of: LoopTuned; v: LoopView; edit: (l: Loop) => void }) {
  const { t } = useTranslation("loop");
  const { writes } = useMay();
  const use = (pid: LoopTuned["proposals"][number]["pid"]) => {
    const b = v.loop.block;
    const block = b.cascade ? { ...b, cascade: { ...b.cascade, inner: pid } } : { ...b, pid };
    edit({ ...v.loop, block, id: undefined, rev: undefined, note: "" } as unknown as Loop);
  };
  return (
    <section className="panel stack" aria-label={t("tuned")}>
      <div className="row"><h2 style={{ margin: 0 }}>{t("tuned")}</h2><span className="dim">{of.by} · {dateTime(of.at)}</span></div>
      <p className="num" style={{ margin: 0 }}>{t("tuned.point", { gain: number(of.ultimate.gain), period: number(of.ultimate.period_s), amplitude: number(of.ultimate.amplitude) })}</p>
      <div className="scroll" tabIndex={0} aria-label={t("tuned")}>
        <table className="plain"><caption className="vh">{t("tuned")}</caption>
          <thead><tr><th>{t("rule")}</th><th /><th className="r">{t("f.k")}</th><th className="r">{t("f.ti_s")}</th><th className="r">{t("f.td_s")}</th><th><span className="vh">{t("use")}</span></th></tr></thead>
          <tbody>{of.proposals.map((p) => (
            <tr key={`${p.rule}${p.derivative}`}><td>{t(`rule.${p.rule}`)}</td><td>{t(p.derivative ? "with.derivative" : "without.derivative")}</td><td className="r num">{number(p.pid.k)}</td><td className="r num">{number(p.pid.ti_s)}</td><td className="r num">{number(p.pid.td_s)}</td>
              <td>{writes && <Button size="small" onClick={() => use(p.pid)}>{t("use")}</Button>}</td></tr>))}</tbody>
        </table>
      </div>
    </section>
  );
}
