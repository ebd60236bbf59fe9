import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Form, Input, InputNumber, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Characteristic, characteristics, lotPlan, lots, type Lot } from "../../api/quality";
import { Nothing, Problem } from "../../components/Status";
import { dateTime } from "../../lib/time";
import { CharacteristicPicker, useCharacteristic, useMay, useStep } from "./parts";

const sampled = (c: Characteristic) => Boolean(c.level);

/** Lots by sampling: how many to look at, whether the lot is accepted, how the next one is inspected. */
export function LotsTab() {
  const { t } = useTranslation("quality");
  const any = (useQuery(characteristics()).data ?? []).some(sampled);
  const c = useCharacteristic(sampled);
  return (
    <div className="stack">
      {any ? <div className="row"><CharacteristicPicker only={sampled} /></div> : <Nothing text={t("lots.pick")} />}
      {c?.level && <Lots key={c.id} id={c.id ?? ""} />}
    </div>
  );
}

interface Typed { size: number; found: number; lot?: string; supplier?: string; again?: boolean; steady?: boolean; note?: string }

function Lots({ id }: { id: string }) {
  const { t } = useTranslation("quality");
  const { reports } = useMay();
  const [form] = Form.useForm<Typed>();
  const [key, setKey] = useState(() => `${Date.now()}`);
  const size = Form.useWatch("size", form);
  const plan = useQuery({ ...lotPlan(id, size ?? 2), enabled: (size ?? 0) >= 2 });
  const list = useInfiniteQuery(lots(id));
  const save = useStep((v: Typed) => api.post<Lot>(`/characteristics/${id}/lots`, { ...v, key }), () => { setKey(`${Date.now()}`); form.resetFields(["found", "lot", "again"]); });
  const needed = [{ required: true, message: t("needed") }];
  const severity = (l: Lot, s: string) => (l.discontinued ? t("lots.stopped") : t(`severity.${s}` as "severity.normal"));
  return (
    <>
      {reports && (
        <section className="panel" aria-label={t("lots.judge")}>
          <Form<Typed> form={form} layout="vertical" onFinish={(v) => save.mutate(v)}>
            <div className="row" style={{ alignItems: "flex-start" }}>
              <Form.Item name="size" label={t("lots.size")} rules={needed}><InputNumber min={2} precision={0} /></Form.Item><Form.Item name="found" label={t("lots.found")} rules={needed}><InputNumber min={0} precision={0} /></Form.Item>
              <Form.Item name="lot" label={t("lot")}><Input maxLength={60} /></Form.Item><Form.Item name="supplier" label={t("lots.supplier")}><Input maxLength={60} /></Form.Item>
            </div>
            <div className="row"><Form.Item name="again" valuePropName="checked"><Checkbox>{t("lots.again")}</Checkbox></Form.Item><Form.Item name="steady" valuePropName="checked"><Checkbox>{t("lots.steady")}</Checkbox></Form.Item></div>
            {plan.data && <Alert type="info" title={t("lots.plan", { n: plan.data.inspect, ac: plan.data.ac, re: plan.data.re, severity: t(`severity.${plan.data.severity}` as "severity.normal"), code: plan.data.code })} style={{ marginBottom: 12 }} />}
            <Button type="primary" htmlType="submit" loading={save.isPending}>{t("lots.judge")}</Button>
          </Form>
        </section>)}
      {list.isError && <Problem error={list.error} />}
      <Table<Lot> size="small" rowKey="id" loading={list.isLoading} dataSource={list.data?.pages.flatMap((p) => p.items) ?? []} pagination={false} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t("lots.none")} /> }}
        columns={[
          { title: t("at"), key: "at", width: 160, render: (_, l) => dateTime(l.at) }, { title: t("lot"), dataIndex: "lot" }, { title: t("lots.supplier"), dataIndex: "supplier" }, { title: t("lots.size"), dataIndex: "size", align: "right", width: 90 },
          { title: t("lots.severity"), key: "s", width: 100, render: (_, l) => t(`severity.${l.severity}` as "severity.normal") }, { title: t("lots.sample"), key: "n", align: "right", width: 150, render: (_, l) => <span className="num">{`${l.code} ${l.inspect} / ${l.ac} / ${l.re}`}</span> },
          { title: t("lots.found"), dataIndex: "found", align: "right", width: 90 }, { title: t("result"), key: "r", width: 80, render: (_, l) => <b style={{ color: l.accepted ? "var(--ok)" : "var(--alarm)" }}>{t(l.accepted ? "lots.accepted" : "lots.rejected")}</b> },
          { title: t("lots.score"), dataIndex: "score", align: "right", width: 90 }, { title: t("lots.next"), key: "next", width: 110, render: (_, l) => severity(l, l.next) }, { title: t("by"), dataIndex: "by", width: 100 },
        ]} />
      {list.hasNextPage && <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("common:more")}</Button>}
    </>
  );
}
