import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Drawer, Form, Input, InputNumber, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type CertificateObstacle, type CertificateView, type Goods, preview } from "../../api/certificates";
import { api } from "../../api/client";
import { type OrderHead } from "../../api/production";
import type { List } from "../../api/types";
import { Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { newKey } from "../../lib/key";
import { Said } from "./CertificateSaid";
import { useQualitySearch, useStep } from "./parts";

/** Certifies an order or a lot: first what it would say and what stands against it, then the release. */
export function CertificateForm({ close }: { close: () => void }) {
  const { t } = useTranslation("certificates");
  const [, set] = useQualitySearch();
  const [typed, setTyped] = useState("");
  const [goods, setGoods] = useState<Goods>({});
  const [note, setNote] = useState("");
  const [key] = useState(newKey);
  const found = useQuery({ queryKey: ["/orders", "certify", typed], queryFn: ({ signal }) => api.get<List<OrderHead>>("/orders", { q: typed || undefined, limit: 30 }, signal) });
  const look = useQuery(preview(goods));
  const save = useStep(() => api.post<CertificateView>("/quality/certificates", { ...goods, note: note.trim() || undefined, key }), (c) => { close(); set({ certificate: c.number }); });
  const p = look.data;
  return (
    <Drawer open onClose={close} size={900} title={t("add")} extra={<Button type="primary" disabled={!p || p.against.length > 0} loading={save.isPending} onClick={() => save.mutate(undefined)}>{t("issue")}</Button>}>
      <div className="stack">
        <Form layout="vertical" className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item label={t("order")}><Select showSearch={{ filterOption: false, onSearch: setTyped }} allowClear aria-label={t("order")} style={{ width: 290 }} loading={found.isFetching} value={goods.order} onChange={(order?: string) => setGoods({ ...goods, order })} options={(found.data?.items ?? []).map((o) => ({ value: o.number, label: `${o.number} · ${o.product}${o.customer ? ` · ${o.customer}` : ""}` }))} /></Form.Item>
          <Form.Item label={t("lot")} extra={t("lot.hint")} style={{ width: 260 }}><Input maxLength={130} aria-label={t("lot")} onBlur={(e) => setGoods({ ...goods, lot: e.target.value.trim() || undefined })} onPressEnter={(e) => setGoods({ ...goods, lot: e.currentTarget.value.trim() || undefined })} /></Form.Item>
          <Form.Item label={t("quantity")} extra={t("quantity.hint")} style={{ width: 200 }}><InputNumber style={{ width: 140 }} min={1} precision={0} aria-label={t("quantity")} onBlur={(e) => setGoods({ ...goods, quantity: Number(e.target.value) || undefined })} /></Form.Item>
        </Form>
        {!goods.order && !goods.lot ? <p className="dim">{t("pick")}</p> : !p ? <Waiting query={look} /> : (
          <>
            <Against all={p.against} />
            <Form layout="vertical"><Form.Item label={t("note")} extra={t("issue.hint")}><Input.TextArea maxLength={2000} autoSize={{ minRows: 2 }} value={note} aria-label={t("note")} onChange={(e) => setNote(e.target.value)} /></Form.Item></Form>
            {save.isError && <Problem error={save.error} />}
            <Said c={p.content} />
          </>)}
      </div>
    </Drawer>
  );
}

/** What stands against a certificate, each with the way to mend it. */
function Against({ all }: { all: CertificateObstacle[] }) {
  const { t } = useTranslation("certificates");
  const { name } = useLang();
  const [, set] = useQualitySearch();
  if (all.length === 0) return <Alert type="success" showIcon title={t("ready")} />;
  const way = (o: CertificateObstacle) => {
    switch (o.kind) {
      case "open_case": case "outside": return <Button size="small" onClick={() => set({ tab: "cases", ...(o.kind === "open_case" ? { case: o.of } : {}) })}>{t("go.cases")}</Button>;
      case "not_inspected": return <Button size="small" onClick={() => set({ tab: "entry", characteristic: o.of })}>{t("go.entry")}</Button>;
      case "doubtful_gauge": return <Button size="small" onClick={() => set({ tab: "entry", characteristic: o.of })}>{t("go.entry")}</Button>;
      case "gauge_overdue": return <Button size="small" onClick={() => set({ tab: "gauges", gauge: o.of })}>{t("go.gauge")}</Button>;
      case "no_plan": return <Button size="small" onClick={() => set({ tab: "plans" })}>{t("go.plans")}</Button>;
      default: return null;
    }
  };
  return <Alert type="error" showIcon title={t("against", { n: all.length })} description={<ul style={{ margin: 0, paddingLeft: 18 }}>{all.map((o) => <li key={`${o.kind} ${o.of ?? ""}`}>{name(o.text)} {way(o)}</li>)}</ul>} />;
}
