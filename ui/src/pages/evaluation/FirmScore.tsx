import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Button, Drawer, Form, Input, Spin } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { scoreOf, standards, type Round, type ScoreTerm, type Standard } from "../../api/evaluation";
import { useLang } from "../../i18n/useLang";
import { fixed } from "../../lib/format";
import type { EvaluationSearch } from "../../routes";
import { useRoundChange } from "./RoundView";
import { useWhy, valueText } from "./values";

/** A firm's score with every term, the values behind it, what each revision said, and an objection. */
export function FirmScore({ round, standard, firm }: { round: Round; standard: Standard | undefined; firm: string }) {
  const { t } = useTranslation("evaluation");
  const why = useWhy();
  const search: EvaluationSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const close = () => void navigate({ to: "/evaluations", search: { ...search, firm: undefined } });
  const { data, error } = useQuery(scoreOf(round.id, firm, search.revision ?? round.revisions.length));
  const digits = standard?.digits ?? 2;
  const row = data?.row;
  return (
    <Drawer open size={760} title={row?.name ?? t("firm")} onClose={close}>
      {error && <Alert type="error" showIcon message={error.message} />}
      {!row && !error && <Spin aria-label={t("common:loading")} />}
      {row && (
        <div className="stack">
          <p style={{ margin: 0 }}>
            {row.score === undefined ? <>{t("unscored")}: {why(row.why?.slice(row.why.indexOf(":") + 1))}</>
              : <><b style={{ fontSize: 22 }}>{fixed(row.score, digits)}</b> <b>{t("class.n", { class: row.class })}</b> <span className="dim">{t("rank.n", { rank: row.rank, of: row.of })}</span></>}
          </p>
          <Terms terms={row.terms} standard={standard} />
          <h2 style={{ fontSize: 15, margin: 0 }}>{t("values")}</h2>
          <table className="plain"><tbody>
            {Object.entries(row.values ?? {}).sort().map(([k, v]) => <tr key={k}><td>{t(`value.${k}` as "value.tax_fen", k)}</td><td className="r num">{v.n.toLocaleString("en-US")}</td><td><span className="chip">{t(`basis.${v.basis}`)}</span></td></tr>)}
          </tbody></table>
          <h2 style={{ fontSize: 15, margin: 0 }}>{t("history")}</h2>
          <table className="plain"><tbody>
            {data.pasts.map((p) => <tr key={p.revision}><td>{t("revision")} {p.revision}</td><td className="r num">{p.score === undefined ? "—" : fixed(p.score, digits)}</td><td>{p.class ?? ""}</td><td className="dim">{p.rank ? `${p.rank} / ${p.of}` : ""}</td></tr>)}
          </tbody></table>
          {round.state === "public" && <Objecting round={round} firm={firm} />}
        </div>)}
    </Drawer>
  );
}

function Terms({ terms, standard }: { terms: ScoreTerm[]; standard: Standard | undefined }) {
  const { t } = useTranslation("evaluation");
  const { lang, name } = useLang();
  const why = useWhy();
  const measures = useQuery(standards).data?.measures ?? [];
  return (
    <div className="scroll">
      <table className="plain">
        <thead><tr><th>{t("item")}</th><th className="r">{t("value")}</th><th className="r">{t("benchmark")}</th><th className="r">{t("weight")}</th><th className="r">{t("points")}</th><th /></tr></thead>
        <tbody>
          {terms.map((x) => {
            const m = measures.find((o) => o.id === x.measure);
            const item = standard?.items.find((o) => o.measure === x.measure);
            return (
              <tr key={x.measure}>
                <td title={name(m?.description)}>{name(m?.name) || x.measure}</td>
                <td className="r num">{x.value === undefined ? <span className="dim">{why(x.reason)}</span> : valueText(m, x.value, lang)}</td>
                <td className="r num">{x.benchmark === undefined ? "—" : valueText(m, x.benchmark, lang)}</td>
                <td className="r num">{item?.weight}</td>
                <td className="r num">{x.points === undefined ? "—" : fixed(x.points, 2)}</td>
                <td>{x.bound && <span className="chip" title={x.raw === undefined ? "" : fixed(x.raw, 2)}>{t(`bound.${x.bound}`)}</span>}{x.by && <span className="chip">{t(`missing.${x.by}`)}</span>}</td>
              </tr>);
          })}
        </tbody>
      </table>
    </div>
  );
}

function Objecting({ round, firm }: { round: Round; firm: string }) {
  const { t } = useTranslation("evaluation");
  const [sent, setSent] = useState(false);
  const change = useRoundChange(() => setSent(true));
  if (sent) return <Alert type="success" showIcon message={t("object.sent")} />;
  return (
    <section className="panel">
      <h2>{t("object")}</h2>
      <p className="dim">{t("object.hint", { from: round.from, to: round.to })}</p>
      <Form layout="vertical" onFinish={(v: { text: string }) => change.mutate(() => api.post<Round>(`/evaluations/${round.id}/objections`, { firm, text: v.text }))}>
        <Form.Item name="text" label={t("object.text")} rules={[{ required: true, whitespace: true, message: t("object.needed") }]}><Input.TextArea rows={3} maxLength={1300} /></Form.Item>
        <Button htmlType="submit" loading={change.isPending}>{t("object.send")}</Button>
      </Form>
    </section>
  );
}
