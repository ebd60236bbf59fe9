import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Checkbox, DatePicker, Drawer, Form, Input, Select, Table } from "antd";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Case, type CaseState, cases, causes } from "../../api/quality";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { fixed } from "../../lib/format";
import { dateTime, iso, ofPicker } from "../../lib/time";
import { CaseForm } from "./CaseForm";
import { useMay, useQualitySearch, useStep } from "./parts";

const ways: Partial<Record<CaseState, CaseState[]>> = {
  open: ["contained", "cancelled"], contained: ["analysed", "cancelled"], analysed: ["acted", "contained"], acted: ["verified", "contained"], verified: ["closed", "contained"],
};

/** What does not conform, from how it was found to the proof that its cause is gone. */
export function CasesTab() {
  const { t } = useTranslation("quality");
  const { name } = useLang();
  const [search, set] = useQualitySearch();
  const { reports } = useMay();
  const [adding, setAdding] = useState(false);
  const list = useInfiniteQuery(cases({ open: search.ended ? undefined : true }));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const chosen = rows.find((c) => c.id === search.case);
  return (
    <div className="stack">
      <div className="row">
        <Checkbox checked={search.ended ?? false} onChange={(e) => set({ ended: e.target.checked || undefined })}>{t("cases.all")}</Checkbox><span className="fill" />
        {reports && <Button type="primary" onClick={() => setAdding(true)}>{t("cases.add")}</Button>}
      </div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<Case> size="small" rowKey="id" loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t("cases.none")} /> }}
        columns={[
          { title: t("at"), key: "at", width: 160, sorter: (a, b) => (a.id ?? "").localeCompare(b.id ?? ""), render: (_, c) => <Button type="link" size="small" style={{ padding: 0 }} onClick={() => set({ case: c.id })}>{dateTime(c.steps?.[0]?.at ?? 0)}</Button> },
          { title: t("case.text"), dataIndex: "text", ellipsis: true }, { title: t("code"), dataIndex: "code", width: 90 }, { title: t("place"), key: "place", width: 140, render: (_, c) => c.place_name && name(c.place_name) },
          { title: t("case.severity"), key: "severity", width: 80, render: (_, c) => t(`severity.${c.severity}`) }, { title: t("quantity"), dataIndex: "quantity", width: 70, align: "right" },
          { title: t("state"), key: "state", width: 170, render: (_, c) => <span className="chip">{t(`case.state.${c.state ?? "open"}`)}</span> },
        ]} />
      {list.hasNextPage && <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("common:more")}</Button>}
      {adding && <CaseForm close={() => setAdding(false)} />}
      {chosen && <CaseDrawer key={chosen.rev} of={chosen} close={() => set({ case: undefined })} />}
    </div>
  );
}

interface Step { text: string; disposition?: string; cause?: string; at?: Dayjs }

function CaseDrawer({ of, close }: { of: Case; close: () => void }) {
  const { t } = useTranslation("quality");
  const { reports } = useMay();
  const [, set] = useQualitySearch();
  const [form] = Form.useForm<Step>();
  const state = of.state ?? "open";
  const next = ways[state] ?? [];
  const move = useStep((v: Omit<Step, "at"> & { state: CaseState; at?: string }) => api.post<Case>(`/nonconformances/${of.id}/state`, { ...v, rev: of.rev }), (c) => (c.state === "closed" || c.state === "cancelled" ? close() : undefined));
  const go = (to: CaseState) => void form.validateFields().then(({ at, ...v }) => move.mutate({ ...v, ...(at ? { at: iso(ofPicker(at.toDate())) } : {}), state: to }), () => undefined);
  return (
    <Drawer open onClose={close} size={560} title={<>{t("tab.cases")} <span className="chip">{t(`case.state.${state}`)}</span></>} extra={of.gauge ? <Button onClick={() => set({ tab: "gauges", gauge: of.gauge, case: undefined })}>{t("gauges:open")}</Button> : of.characteristic && <Button onClick={() => set({ tab: "chart", characteristic: of.characteristic, case: undefined })}>{t("case.chart")}</Button>}>
      <div className="stack">
        <p>{of.text}</p>
        <h3>{t("steps")}</h3>
        <ol>{(of.steps ?? []).map((s) => (
          <li key={s.at}><span className="chip">{t(`case.state.${s.state}`)}</span> {s.text} {s.disposition && `（${t(`disposition.${s.disposition}` as "disposition.scrap")}）`} {s.cause && t(`cause.${s.cause}` as "cause.tool")} <span className="dim">{s.by} {dateTime(s.at)}</span>
            {s.proof && of.gauge && <div><b>{t(s.proof.effective ? "gauges:proof.yes" : "gauges:proof.no", { n: s.proof.subgroups, bad: s.proof.flagged, bias: s.proof.bias?.toPrecision(2) ?? "—", se: s.proof.std_error?.toPrecision(2) ?? "—" })}</b></div>}
            {s.proof && !of.gauge && <div><b>{t(s.proof.effective ? "proof.yes" : "proof.no", { n: s.proof.subgroups, signals: s.proof.signals, chance: fixed(s.proof.by_chance, 1), p: s.proof.probability === undefined ? "—" : fixed(s.proof.probability, 2), out: s.proof.outside })}</b></div>}</li>))}</ol>
        {reports && next.length > 0 && (
          <Form form={form} layout="vertical">
            <Form.Item name="text" label={t("case.step")} rules={[{ required: true, message: t("needed") }]}><Input.TextArea maxLength={4000} autoSize={{ minRows: 2 }} /></Form.Item>
            {state === "open" && <Form.Item name="disposition" label={t("disposition")}><Select allowClear aria-label={t("disposition")} options={(["rework", "scrap", "sort", "return", "concession"] as const).map((d) => ({ value: d, label: t(`disposition.${d}`) }))} /></Form.Item>}
            {state === "contained" && <Form.Item name="cause" label={t("note.cause")}><Select allowClear aria-label={t("note.cause")} options={causes.map((k) => ({ value: k, label: t(`cause.${k}`) }))} /></Form.Item>}
            {state === "analysed" && <Form.Item name="at" label={t("case.acted.at")}><DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" placeholder={t("case.now")} /></Form.Item>}
            {state === "acted" && <p className="dim">{t(of.gauge ? "gauges:proof.hint" : "proof.hint")}</p>}
            <div className="row">{next.map((to, i) => <Button key={to} {...(i === 0 ? { type: "primary" as const } : {})} loading={move.isPending} onClick={() => go(to)}>{to === "contained" && state !== "open" ? t("case.back") : t(`case.to.${to as "contained"}`)}</Button>)}</div>
          </Form>)}
      </div>
    </Drawer>
  );
}
