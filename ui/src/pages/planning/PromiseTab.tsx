import { useMutation, useQuery } from "@tanstack/react-query";
import { Button, DatePicker, Form, InputNumber, Select } from "antd";
import type { Dayjs } from "dayjs";
import { useTranslation } from "react-i18next";
import { ApiError } from "../../api/client";
import { promise, type PromiseAnswer, type PromiseWay } from "../../api/planning";
import { products } from "../../api/queries";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { span } from "../../lib/format";
import { dateTime, iso, ms, ofPicker, shortTime } from "../../lib/time";
import { useNames } from "../production/parts";

interface Values { product: string; quantity: number; earliest?: Dayjs | null; due?: Dayjs | null }

/** When a quantity could be there: with nothing moved, and with others giving way. */
export function PromiseTab({ place }: { place: string }) {
  const { t } = useTranslation("planning");
  const { name } = useLang();
  const goods = useQuery(products).data ?? [];
  const told = (d: Dayjs | null | undefined) => (d ? iso(ofPicker(d.toDate())) : undefined);
  const ask = useMutation({
    mutationFn: (v: Values) => {
      const [earliest, due] = [told(v.earliest), told(v.due)];
      return promise({ product: v.product, quantity: v.quantity, place, ...(earliest ? { earliest } : {}), ...(due ? { due } : {}) });
    },
  });
  const needed = [{ required: true, message: t("needed") }];
  return (
    <div className="stack">
      <Form<Values> layout="inline" onFinish={(v) => ask.mutate(v)} style={{ rowGap: 8 }}>
        <Form.Item name="product" label={t("product")} rules={needed}><Select style={{ width: 260 }} showSearch={{ optionFilterProp: "label" }} options={goods.map((p) => ({ value: p.code, label: `${p.code} ${name(p.name)}` }))} /></Form.Item>
        <Form.Item name="quantity" label={t("quantity")} rules={needed}><InputNumber min={1} precision={0} /></Form.Item>
        <Form.Item name="due" label={t("promise.due")}><DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" /></Form.Item>
        <Form.Item name="earliest" label={t("promise.earliest")}><DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" /></Form.Item>
        <Button type="primary" htmlType="submit" loading={ask.isPending}>{t("promise.ask")}</Button>
      </Form>
      <p className="dim" style={{ margin: 0 }}>{t("promise.hint")}</p>
      {ask.error && (ask.error instanceof ApiError && ask.error.status === 404 ? <Nothing text={t("plan.none")} /> : <Problem error={ask.error} />)}
      {ask.data && <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(360px, 1fr))", gap: 12 }}><Way of={ask.data} way={ask.data.gentle} title={t("promise.gentle")} /><Way of={ask.data} way={ask.data.moving} title={t("promise.moving")} /></div>}
    </div>
  );
}

function Way({ of, way, title }: { of: PromiseAnswer; way: PromiseWay; title: string }) {
  const { t } = useTranslation("planning");
  const { lang, name } = useLang();
  const { place } = useNames();
  return (
    <section className="panel">
      <h2>{title}</h2>
      {ms(way.end) <= 0 ? <p>{t("promise.never")}</p> : <>
        <p style={{ fontSize: 22, margin: "4px 0" }}><b className="num">{dateTime(way.end)}</b>{of.due && <span style={way.kept ? {} : { color: "var(--alarm)" }}> {way.kept ? `✓ ${t("promise.kept")}` : `! ${t("late.by", { by: span(ms(way.end) - ms(of.due), lang) })}`}</span>}</p>
        <p className="dim">{t("promise.span", { from: shortTime(way.start), moved: way.moved })}</p>
        <ol style={{ margin: 0, paddingLeft: 20 }}>{way.jobs.map((j) => <li key={j.job}>{j.job} {name(j.name)} · {j.equipment ? place(j.equipment) : t("outside")} · <span className="num">{shortTime(j.start)} – {shortTime(j.end)}</span></li>)}</ol>
        {way.later.length > 0 && <><h3>{t("promise.later", { n: way.later.length })}</h3><ul style={{ margin: 0, paddingLeft: 20 }}>{way.later.map((l) => <li key={l.order}>{l.number} · {t("due")} {shortTime(l.due)} · {shortTime(l.was)} → {shortTime(l.then)}{ms(l.then) > ms(l.due) && <b style={{ color: "var(--alarm)" }}> {t("late.by", { by: span(ms(l.then) - ms(l.due), lang) })}</b>}</li>)}</ul></>}
      </>}
    </section>
  );
}
