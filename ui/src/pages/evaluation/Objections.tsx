import { Button, Empty, Form, Input, InputNumber, Radio, Tag } from "antd";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { standards, type Objection, type Round, type Standard } from "../../api/evaluation";
import { dateTime } from "../../lib/time";
import { useRoundChange } from "./RoundView";

/** What was said against scores, and what came of it. */
export function Objections({ round, standard, keeps }: { round: Round; standard: Standard | undefined; keeps: boolean }) {
  const { t } = useTranslation("evaluation");
  if (round.objections.length === 0) return <Empty description={t(round.state === "draft" ? "objections.later" : "objections.none")} />;
  return (
    <div className="stack">
      {round.objections.map((o) => (
        <section key={o.id} className="panel">
          <h2><Link to="/evaluations" search={{ id: round.id, tab: "objections", firm: o.firm }}>{o.name}</Link> {o.decision ? <Tag color={o.decision === "upheld" ? "success" : "default"}>{t(`decision.${o.decision}`)}</Tag> : <span className="chip">{t("undecided")}</span>}</h2>
          <p style={{ whiteSpace: "pre-wrap", margin: "0 0 8px" }}>{o.text} <span className="dim">{o.by} · {dateTime(o.at)}</span></p>
          {o.answer && <p style={{ whiteSpace: "pre-wrap", margin: 0 }}>{o.answer} <span className="dim">{o.answered_by} · {o.answered_at && dateTime(o.answered_at)}</span></p>}
          {o.corrected && <p style={{ margin: "8px 0 0" }}>{Object.entries(o.corrected).map(([k, v]) => <span key={k} style={{ marginRight: 16 }}>{t(`value.${k}` as "value.tax_fen", k)}: <b className="num">{v === null ? t("unknown") : v.toLocaleString("en-US")}</b></span>)} <span className="dim">{t("revision")} {o.revision}</span></p>}
          {!o.decision && keeps && round.state === "public" && standard && <Decide round={round} standard={standard} objection={o} />}
        </section>))}
    </div>
  );
}

interface Fields { decision: "upheld" | "rejected"; answer: string; corrected?: Record<string, number | null | undefined> }

function Decide({ round, standard, objection }: { round: Round; standard: Standard; objection: Objection }) {
  const { t } = useTranslation("evaluation");
  const [f] = Form.useForm<Fields>();
  const change = useRoundChange();
  const measures = useQuery(standards).data?.measures ?? [];
  const values = [...new Set(standard.items.flatMap((i) => measures.find((m) => m.id === i.measure)?.terms ?? []))].sort();
  const upheld = Form.useWatch("decision", f) === "upheld";
  const send = (v: Fields) => {
    const corrected = Object.fromEntries(Object.entries(v.corrected ?? {}).filter(([, n]) => typeof n === "number"));
    change.mutate(() => api.put<Round>(`/evaluations/${round.id}/objections/${objection.id}`, { decision: v.decision, answer: v.answer, ...(v.decision === "upheld" ? { corrected } : {}) }, round.rev));
  };
  return (
    <Form form={f} layout="vertical" initialValues={{ decision: "rejected" }} onFinish={send} style={{ marginTop: 12 }}>
      <Form.Item name="decision" label={t("decision")}><Radio.Group options={[{ value: "upheld", label: t("decision.upheld") }, { value: "rejected", label: t("decision.rejected") }]} /></Form.Item>
      {upheld && (
        <fieldset style={{ border: "1px solid var(--line)", marginBottom: 12 }}>
          <legend>{t("corrected")}</legend>
          <div className="row" style={{ alignItems: "flex-start" }}>{values.map((k) => <Form.Item key={k} name={["corrected", k]} label={t(`value.${k}` as "value.tax_fen", k)}><InputNumber<number> style={{ width: 180 }} precision={0} /></Form.Item>)}</div>
        </fieldset>)}
      <Form.Item name="answer" label={t("answer")} rules={[{ required: true, whitespace: true, message: t("answer.needed") }]}><Input.TextArea rows={2} maxLength={1300} /></Form.Item>
      <Button type="primary" htmlType="submit" loading={change.isPending}>{t("decide")}</Button>
    </Form>
  );
}
