import { useQuery } from "@tanstack/react-query";
import { Button, Drawer, Form, Input, InputNumber, Select } from "antd";
import { useTranslation } from "react-i18next";
import { type BlockKind, type Loop, saveLoop } from "../../api/loop";
import { nodes, profile } from "../../api/queries";
import type { ProfilePoint } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { PlacePicker, useChange } from "../production/parts";
import { fieldsOf } from "./fields";
import { TariffFields, type TariffForm, tariffAsked, tariffForm } from "./TariffFields";

const kinds: BlockKind[] = ["pid", "cascade", "on-off", "ratio", "run-to-run"];
type Fields = Partial<Omit<Loop, "block" | "tariff">> & { block?: Partial<Loop["block"]>; tariff?: TariffForm };

const begin: Fields = { period_ms: 1000, max_age_ms: 5000, interval_ms: 5000, deadband: 0, resolution: 0, safe: { action: "hold" }, block: { kind: "pid", pid: { b: 1 } as never } };

/** What a meter's running quarter of an hour comes to: no device tells it, loops read it all the same. */
const demand: Pick<ProfilePoint, "name" | "title" | "write"> = { name: "demand.forecast", title: { zh: "本刻钟需量预测", en: "forecast of the quarter's demand" } };
type Point = typeof demand;

/** The numbers of a machine's signals. */
function usePoints(machine: string | undefined): Point[] {
  const is = (useQuery(nodes).data ?? []).find((n) => n.id === machine)?.equipment;
  const points = useQuery({ ...profile(is?.profile ?? ""), enabled: !!is?.profile }).data?.points.filter((p) => p.kind !== "text" && p.kind !== "waveform") ?? [];
  return is?.class === "meter" ? [...points, demand] : points;
}

/** A draft of a loop: a new one, a draft that is changed, or the next revision. */
export function LoopForm({ of, close }: { of: Loop | undefined; close: (saved?: Loop) => void }) {
  const { t } = useTranslation("loop");
  const [form] = Form.useForm<Fields>();
  const machine = Form.useWatch("equipment", form) ?? of?.equipment;
  const source = Form.useWatch(["pv", "equipment"], form) ?? of?.pv.equipment ?? machine;
  const kind: BlockKind = Form.useWatch(["block", "kind"], form) ?? of?.block.kind ?? "pid";
  const action = Form.useWatch(["safe", "action"], form) ?? of?.safe.action ?? "hold";
  const dog = Form.useWatch(["watchdog", "signal"], form) ?? of?.watchdog?.signal;
  const mine = usePoints(machine);
  const its = usePoints(source);
  const save = useChange(async (v: Fields) => close(await saveLoop(asked(v, of))));
  const needed = [{ required: true, message: t("need") }];
  const set = mine.filter((p) => p.write && !p.write.watchdog);
  const fixed = of !== undefined;
  return (
    <Drawer open onClose={() => close()} size={960} title={t(!of ? "form.new" : of.id ? "form.edit" : "form.next")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("save")}</Button>}>
      <Form<Fields> form={form} layout="vertical" initialValues={of ? { ...of, tariff: tariffForm(of.tariff) } : begin} onFinish={(v) => save.mutate(v)}>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name={["name", "zh"]} label={t("name.zh")} rules={needed} style={{ minWidth: 220 }}><Input maxLength={100} /></Form.Item>
          <Form.Item name={["name", "en"]} label={t("name.en")} style={{ minWidth: 220 }}><Input maxLength={100} /></Form.Item>
          <Form.Item name="owner" label={t("owner")} rules={needed}><Input maxLength={100} /></Form.Item>
        </div>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name="equipment" label={t("machine")} rules={needed} style={{ minWidth: 260 }}><PlacePicker by="id" fits={(n) => n.level === "equipment"} disabled={fixed} /></Form.Item>
          <Form.Item name="output" label={t("output")} rules={needed} style={{ minWidth: 260 }}><Signals points={set} disabled={fixed} /></Form.Item>
          <Form.Item name={["pv", "equipment"]} label={t("pv.at")} style={{ minWidth: 260 }}><PlacePicker by="id" fits={(n) => n.level === "equipment"} /></Form.Item>
          <Form.Item name={["pv", "signal"]} label={t("pv.signal")} rules={needed} style={{ minWidth: 260 }}><Signals points={its} /></Form.Item>
          {kind === "cascade" && <Form.Item name={["inner", "signal"]} label={t("inner.signal")} rules={needed} style={{ minWidth: 260 }}><Signals points={its} /></Form.Item>}
          {kind === "run-to-run" && <Form.Item name={["trigger", "signal"]} label={t("trigger.signal")} style={{ minWidth: 260 }}><Signals points={its} clear /></Form.Item>}
        </div>
        {!machine && <p className="dim">{t("hint.signals")}</p>}
        <h3>{t("parameters")}</h3>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name={["block", "kind"]} label={t("kind")} style={{ minWidth: 180 }}><Select options={kinds.map((k) => ({ value: k, label: t(`kind.${k}`) }))} /></Form.Item>
          {fieldsOf[kind].map((f) => <Form.Item key={f.path.join()} name={["block", ...f.path]} label={f.ring ? `${t(f.ring)} ${t(f.label as "f.k")}` : t(f.label as "f.k")} {...(f.begin === undefined ? {} : { initialValue: f.begin })} {...(f.needed ? { rules: needed } : {})}><InputNumber style={{ width: 130 }} /></Form.Item>)}
        </div>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Numbers names={[["sp", t("sp.begin")], ["sp_low", t("sp.low")], ["sp_high", t("sp.high")]]} needed />
          <Form.Item name={["block", "ramp", "up"]} label={t("ramp")}><InputNumber min={0} style={{ width: 130 }} /></Form.Item>
          <Form.Item name={["block", "ramp", "hold"]} label={t("ramp.hold")}><InputNumber min={0} style={{ width: 130 }} /></Form.Item>
          {(kind === "pid" || kind === "cascade") && (
            <>
              <Form.Item name={["block", "feed_forward", "gain"]} label={t("feed")}><InputNumber style={{ width: 130 }} /></Form.Item>
              <Form.Item name={["block", "feed_forward", "at"]} label={t("feed.at")}><InputNumber style={{ width: 130 }} /></Form.Item>
              <Form.Item name={["disturbance", "signal"]} label={t("disturbance.signal")} style={{ minWidth: 260 }}><Signals points={its} clear /></Form.Item>
            </>)}
        </div>
        <TariffFields />
        <h3>{t("timing")}</h3>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Numbers names={[["period_ms", t("period")], ["max_age_ms", t("age")], ["interval_ms", t("interval")]]} needed />
          <Numbers names={[["deadband", t("deadband")], ["resolution", t("resolution")]]} />
          <Form.Item name={["safe", "action"]} label={t("safe")} style={{ minWidth: 180 }}><Select options={(["hold", "ramp", "hand-back"] as const).map((a) => ({ value: a, label: t(`safe.${a}`) }))} /></Form.Item>
          {action !== "hold" && <Form.Item name={["safe", "value"]} label={t("safe.value")}><InputNumber style={{ width: 130 }} /></Form.Item>}
          {action === "ramp" && <Form.Item name={["safe", "rate"]} label={t("safe.rate")}><InputNumber min={0} style={{ width: 130 }} /></Form.Item>}
          {action === "hand-back" && <Form.Item name={["safe", "signal"]} label={t("safe.signal")} rules={needed} style={{ minWidth: 260 }}><Signals points={set} /></Form.Item>}
          <Form.Item name={["watchdog", "signal"]} label={t("dog")} style={{ minWidth: 260 }}><Signals points={mine.filter((p) => p.write?.watchdog)} clear /></Form.Item>
          {dog && <Form.Item name={["watchdog", "period_ms"]} label={t("dog.period")} initialValue={2000} rules={needed}><InputNumber min={500} max={60000} precision={0} style={{ width: 130 }} /></Form.Item>}
        </div>
        <Form.Item name="note" label={t("note")}><Input.TextArea maxLength={1000} autoSize={{ minRows: 1 }} /></Form.Item>
      </Form>
    </Drawer>
  );
}

function Numbers({ names, needed = false }: { names: [keyof Fields & string, string][]; needed?: boolean }) {
  const { t } = useTranslation("loop");
  return <>{names.map(([key, label]) => <Form.Item key={key} name={key} label={label} {...(needed ? { rules: [{ required: true, message: t("need") }] } : {})}><InputNumber style={{ width: 130 }} /></Form.Item>)}</>;
}

interface SignalsProps { points: Point[]; id?: string; value?: string; onChange?: (v: string | undefined) => void; disabled?: boolean; clear?: boolean }

function Signals({ points, disabled = false, clear = false, ...field }: SignalsProps) {
  const { name } = useLang();
  return <Select {...field} allowClear={clear} disabled={disabled} showSearch={{ optionFilterProp: "label" }} style={{ minWidth: 240 }} options={points.map((p) => ({ value: p.name, label: `${name(p.title)} ${p.name}` }))} />;
}

/** What is not empty, however deep. */
function filled(v: unknown): unknown {
  if (v === null || v === undefined || v === "") return undefined;
  if (typeof v !== "object" || Array.isArray(v)) return v;
  const kept = Object.entries(v).map(([k, x]) => [k, filled(x)] as const).filter(([, x]) => x !== undefined);
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

/** The fields as the node takes them: of the block what its kind has. */
function asked(v: Fields, of: Loop | undefined): Loop {
  const kind = v.block?.kind ?? "pid";
  const own = { pid: ["pid", "feed_forward"], cascade: ["cascade", "feed_forward"], "on-off": ["on_off", "on", "off"], ratio: ["ratio"], "run-to-run": ["ewma", "every"] }[kind];
  const all = { ...of?.block, ...v.block } as Record<string, unknown>;
  const block: Record<string, unknown> = { kind, ...Object.fromEntries([...own, "ramp"].map((k) => [k, all[k]])) };
  const ramp = block.ramp as { up?: number; down?: number } | undefined;
  if (ramp && !ramp.up) delete block.ramp;
  else if (ramp) block.ramp = { ...ramp, down: ramp.up };
  if (!(block.feed_forward as { gain?: number } | undefined)?.gain) delete block.feed_forward;
  const at = v.pv?.equipment ?? of?.pv.equipment ?? v.equipment ?? of?.equipment;
  const input = (signal: string | undefined) => (signal ? { equipment: at, signal } : undefined);
  return filled({
    id: of?.id, series: of?.series, rev: of?.rev, name: v.name, owner: v.owner, equipment: v.equipment ?? of?.equipment, output: v.output ?? of?.output, note: v.note,
    pv: input(v.pv?.signal), inner: kind === "cascade" ? input(v.inner?.signal) : undefined, trigger: kind === "run-to-run" ? input(v.trigger?.signal) : undefined, disturbance: block.feed_forward ? input(v.disturbance?.signal) : undefined,
    block, tariff: tariffAsked(v.tariff), sp: v.sp, sp_low: v.sp_low, sp_high: v.sp_high, period_ms: v.period_ms, max_age_ms: v.max_age_ms, interval_ms: v.interval_ms, deadband: v.deadband, resolution: v.resolution, safe: v.safe, watchdog: v.watchdog?.signal ? v.watchdog : undefined,
  }) as Loop;
}
