import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Drawer, Form, Input, InputNumber, Select } from "antd";
import { useTranslation } from "react-i18next";
import { type Parameter, type Recipe, saveRecipe, type Tried, tryRecipe } from "../../api/process";
import { nodes, products, profile } from "../../api/queries";
import type { PlantNode, ProfilePoint } from "../../api/types";
import { Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { duration, unitText } from "../../lib/format";
import { day, iso } from "../../lib/time";
import { PlacePicker, useChange } from "../production/parts";
import { Signal, value } from "./parts";

interface Fields { item: string; operation?: number | null; place: string; profile?: string; note?: string; parameters: Partial<Parameter>[] }

/** Days of the past that windows are tried on. */
const past = 30;

/** What the kinds of machines at or below a place are. */
function kindsAt(all: PlantNode[], place: string | undefined): string[] {
  const at = all.find((n) => n.id === place);
  return at ? [...new Set(all.filter((n) => n.equipment && (n.path === at.path || n.path.startsWith(`${at.path}/`))).map((n) => n.equipment?.profile ?? ""))].filter(Boolean).sort() : [];
}

/** A draft of a recipe: a new one, a draft that is changed, or the next revision. */
export function RecipeForm({ of, close }: { of: Recipe | undefined; close: (saved?: Recipe) => void }) {
  const { t } = useTranslation("process");
  const { name } = useLang();
  const [form] = Form.useForm<Fields>();
  const place = Form.useWatch("place", form) ?? of?.place;
  const all = useQuery(nodes).data ?? [];
  const machine = all.find((n) => n.id === place)?.equipment?.profile;
  const chosen = Form.useWatch("profile", form) ?? of?.profile;
  const kind = machine ?? chosen;
  const points = useQuery({ ...profile(kind ?? ""), enabled: !!kind }).data?.points.filter((p) => p.kind !== "text" && p.kind !== "waveform") ?? [];
  const goods = useQuery(products).data ?? [];
  const save = useChange(async (v: Fields) => close(await saveRecipe(asked(v, of, kind))));
  const trial = useMutation({ mutationFn: (v: Fields) => { const now = Date.now(); return tryRecipe(asked(v, of, kind), iso(now - past * day), iso(now)); } });
  const needed = [{ required: true, message: t("needed") }];
  const fixed = of !== undefined;
  return (
    <Drawer open onClose={() => close()} size={900} title={t(!of ? "recipe.add" : of.id ? "recipe.edit" : "do.next")} extra={<div className="row"><Button loading={trial.isPending} onClick={() => void form.validateFields().then((v) => trial.mutate(v), () => undefined)}>{t("try", { n: past })}</Button><Button type="primary" loading={save.isPending} onClick={form.submit}>{t("save.draft")}</Button></div>}>
      <Form<Fields> form={form} layout="vertical" initialValues={of ?? { parameters: [{}] }} onFinish={(v) => save.mutate(v)}>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name="item" label={t("item")} rules={needed} style={{ minWidth: 240 }}><Select showSearch={{ optionFilterProp: "label" }} disabled={fixed} options={goods.map((p) => ({ value: p.code, label: `${p.code} ${name(p.name)}` }))} /></Form.Item>
          <Form.Item name="operation" label={t("operation.hint")}><InputNumber min={0} max={9999} precision={0} disabled={fixed} style={{ width: 160 }} /></Form.Item>
        </div>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name="place" label={t("place.hint")} rules={needed} style={{ minWidth: 320 }}><PlacePicker by="id" fits={() => true} disabled={fixed} /></Form.Item>
          {place && !machine && <Form.Item name="profile" label={t("kind")} rules={needed} style={{ minWidth: 220 }}><Select disabled={fixed} options={kindsAt(all, place).map((k) => ({ value: k, label: k }))} /></Form.Item>}
        </div>
        <Parameters points={points} ready={!!kind} />
        <Form.Item name="note" label={t("note")}><Input.TextArea maxLength={1000} autoSize={{ minRows: 1 }} /></Form.Item>
      </Form>
      {trial.error && <Problem error={trial.error} />}
      {trial.data && <Trial of={trial.data} />}
    </Drawer>
  );
}

/** The fields as the node takes them. */
function asked(v: Fields, of: Recipe | undefined, kind: string | undefined): Recipe {
  const given = <T,>(key: string, x: T | null | undefined) => (x === null || x === undefined || x === "" ? {} : { [key]: x });
  return {
    item: v.item, place: v.place, ...given("operation", v.operation), ...given("profile", kind), ...given("note", v.note), ...given("id", of?.id), ...given("series", of?.series), ...given("rev", of?.rev),
    parameters: v.parameters.map((p) => ({ signal: p.signal ?? "", target: p.target ?? 0, ...given("low", p.low), ...given("high", p.high), ...given("delay_s", p.delay_s), ...(p.download ? { download: true } : {}) })),
  } as Recipe;
}

function Parameters({ points, ready }: { points: ProfilePoint[]; ready: boolean }) {
  const { t } = useTranslation("process");
  const { name, lang } = useLang();
  const form = Form.useFormInstance<Fields>();
  const rows = Form.useWatch("parameters", form) ?? [];
  const point = (i: number) => points.find((p) => p.name === rows[i]?.signal);
  const label = (what: string, i: number) => `${what} ${i + 1}`;
  const number = (i: number, key: "target" | "low" | "high", must: boolean) => (
    <td><Form.Item name={[i, key]} style={{ margin: 0 }} {...(must ? { rules: [{ required: true, message: t("needed") }] } : {})}><InputNumber aria-label={label(t(key), i)} style={{ width: 96 }} /></Form.Item></td>);
  if (!ready) return <p className="dim">{t("parameters.place")}</p>;
  return (
    <Form.List name="parameters">{(fields, { add, remove }) => (
      <div className="scroll" style={{ marginBottom: 12 }} tabIndex={0} aria-label={t("parameters")}>
        <table className="plain"><caption className="vh">{t("parameters")}</caption>
          <thead><tr><th>{t("signal")}</th><th>{t("target")}</th><th>{t("low")}</th><th>{t("high")}</th><th>{t("unit")}</th><th>{t("delay")}</th><th>{t("use.set")}</th><th><span className="vh">{t("common:delete")}</span></th></tr></thead>
          <tbody>{fields.map((f, i) => (
            <tr key={f.key}>
              <td><Form.Item name={[f.name, "signal"]} style={{ margin: 0 }} rules={[{ required: true, message: t("needed") }]}><Select aria-label={label(t("signal"), i)} style={{ width: 230 }} showSearch={{ optionFilterProp: "label" }} options={points.map((p) => ({ value: p.name, label: `${name(p.title)} ${p.name}` }))} /></Form.Item></td>
              {number(f.name, "target", true)}{number(f.name, "low", false)}{number(f.name, "high", false)}
              <td className="dim">{unitText(point(f.name)?.unit, lang)}</td>
              <td><Form.Item name={[f.name, "delay_s"]} style={{ margin: 0 }}><InputNumber aria-label={label(t("delay"), i)} min={0} max={86400} precision={0} suffix="s" style={{ width: 90 }} /></Form.Item></td>
              <td><Form.Item name={[f.name, "download"]} valuePropName="checked" style={{ margin: 0 }}><Checkbox aria-label={label(t("use.set"), i)} disabled={!point(f.name)?.write} /></Form.Item></td>
              <td><Button size="small" disabled={fields.length === 1} aria-label={label(t("common:delete"), i)} onClick={() => remove(f.name)}>×</Button></td>
            </tr>))}</tbody>
        </table>
        <Button size="small" onClick={() => add({})}>{t("parameter.add")}</Button>
      </div>)}
    </Form.List>
  );
}

/** What the windows would have found. */
function Trial({ of }: { of: Tried }) {
  const { t } = useTranslation("process");
  const { lang } = useLang();
  const watched = of.parameters.filter((p) => p.low !== undefined || p.high !== undefined);
  const count = of.parameters.reduce((sum, p) => sum + p.count, 0);
  return (
    <section aria-label={t("trial")} className="stack">
      <p role="status" style={{ margin: 0, fontWeight: 600 }}>{t("trial.would", { n: past, count, jobs: of.jobs, produced: duration(of.produced_s * 1000, lang) })}</p>
      {of.reason && <Alert type="warning" showIcon title={t(of.jobs === 0 ? "trial.nojobs" : "trial.stood")} />}
      <table className="plain"><caption className="vh">{t("trial")}</caption>
        <thead><tr><th>{t("signal")}</th><th className="r">{t("trial.count")}</th><th className="r">{t("outside")}</th><th className="r">{t("known")}</th><th className="r">{t("min")}</th><th className="r">{t("max")}</th></tr></thead>
        <tbody>{watched.map((p) => <tr key={p.signal}><td><Signal of={p} /></td><td className="r num">{p.count}</td><td className="r num">{duration(p.outside_s * 1000, lang)}</td><td className="r num">{duration(p.known_s * 1000, lang)}</td><td className="r num">{value(p.min)}</td><td className="r num">{value(p.max)}</td></tr>)}</tbody>
      </table>
    </section>
  );
}
