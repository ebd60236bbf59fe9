import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Drawer, Form, Input, Segmented } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type CertificateView, certificate } from "../../api/certificates";
import { address, api } from "../../api/client";
import { Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { dateTime } from "../../lib/time";
import { Said } from "./CertificateSaid";
import { useMay, useStep } from "./parts";

/** A certificate with its revisions, and what is known now and it says otherwise. */
export function CertificateDrawer({ number, close }: { number: string; close: () => void }) {
  const { t } = useTranslation("certificates");
  const { name } = useLang();
  const { plans } = useMay();
  const query = useQuery(certificate(number));
  const [chosen, setChosen] = useState<number>();
  const [doing, setDoing] = useState<"revise" | "withdraw">();
  const v = query.data;
  const r = v && (v.revisions.find((one) => one.revision === chosen) ?? v.revisions[0]);
  const file = (what: string) => address(`/quality/certificates/${number}/revisions/${r?.revision ?? 1}/${what}`);
  return (
    <Drawer open onClose={close} size={900} title={<>{number} {v && <span className="chip">{t(`state.${v.state}`)}</span>}</>}
      extra={r && <span className="row"><Button href={file("pdf")} download>{t("pdf")}</Button><Button href={file("content")} download>{t("content")}</Button>{plans && <Button onClick={() => setDoing("revise")}>{t("revise")}</Button>}{plans && v.state === "issued" && <Button danger onClick={() => setDoing("withdraw")}>{t("withdraw")}</Button>}</span>}>
      {!v || !r ? <Waiting query={query} /> : (
        <div className="stack">
          {v.revisions.length > 1 && <Segmented aria-label={t("revisions")} value={r.revision} onChange={setChosen} options={[...v.revisions].reverse().map((one) => ({ value: one.revision, label: `${t("revision.n", { n: one.revision })} · ${t(`state.${one.state}`)}` }))} />}
          {r.ended && <Alert type="warning" showIcon title={t(`state.${r.state}`)} description={t("ended", { by: r.ended.by, at: dateTime(r.ended.at), reason: r.ended.reason })} />}
          {!r.intact && <Alert type="error" showIcon title={t("damaged")} />}
          {r.revision === v.revision && v.state === "issued" && (v.unknown ? <Alert type="warning" showIcon title={t("unknown", { why: v.unknown })} /> : v.differs.length > 0
            ? <Alert type="warning" showIcon title={t("differs")} description={<ul style={{ margin: 0, paddingLeft: 18 }}>{v.differs.map((d) => <li key={`${d.what} ${d.of ?? ""} ${d.text.en ?? ""}`}>{name(d.text)}</li>)}</ul>} />
            : <Alert type="success" showIcon title={t("same")} />)}
          {doing && <Doing v={v} what={doing} done={() => { setDoing(undefined); setChosen(undefined); }} />}
          <p className="dim">{t("issued")} {dateTime(r.at)} · {r.by}{r.reason && ` · ${r.reason}`}<br />{t("digest")} <span className="mono" style={{ overflowWrap: "anywhere" }}>{r.digest}</span></p>
          <Said c={r.content} />
        </div>)}
    </Drawer>
  );
}

function Doing({ v, what, done }: { v: CertificateView; what: "revise" | "withdraw"; done: () => void }) {
  const { t } = useTranslation("certificates");
  const [form] = Form.useForm<{ reason: string }>();
  const save = useStep((f: { reason: string }) => api.post<CertificateView>(`/quality/certificates/${v.number}/${what === "revise" ? "revisions" : "withdrawal"}`, f, {}, { "If-Match": `"${v.rev}"` }), done);
  return (
    <section className="panel" aria-label={t(what)}>
      <h3>{t(what)}</h3><p className="dim">{t(`${what}.hint`)}</p>
      <Form form={form} layout="vertical" onFinish={(f) => save.mutate(f)}>
        <Form.Item name="reason" label={t("reason")} rules={[{ required: true, message: t("needed") }]}><Input maxLength={400} /></Form.Item>
        <div className="row"><Button type="primary" danger={what === "withdraw"} htmlType="submit" loading={save.isPending}>{t(what)}</Button><Button onClick={done}>{t("common:cancel")}</Button></div>
      </Form>
    </section>
  );
}
