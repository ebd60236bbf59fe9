import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Select, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address } from "../../api/client";
import { type Line, partners, reconciliation } from "../../api/exchange";
import { Nothing, Problem } from "../../components/Status";
import { dateTime } from "../../lib/time";
import { resultOf } from "./exchange";

const colours = { equal: "success", explained: "warning", differs: "error" } as const;

/** Both books side by side, with what explains where they differ. */
export function Books() {
  const { t } = useTranslation("exchange");
  const systems = useQuery(partners);
  const [chosen, setChosen] = useState<string>();
  const [only, setOnly] = useState(false);
  const partner = chosen ?? systems.data?.[0]?.id ?? "";
  const books = useQuery(reconciliation(partner));
  const r = books.data;
  const pair = (theirs?: number, ours?: number) => `${theirs ?? "–"} / ${ours ?? "–"}`;
  return (
    <div className="stack">
      <div className="row">
        <Select aria-label={t("partner")} placeholder={t("books.choose")} style={{ width: 220 }} value={partner || undefined} onChange={setChosen} options={(systems.data ?? []).map((p) => ({ value: p.id, label: p.name }))} />
        <Button disabled={!partner} loading={books.isFetching} onClick={() => void books.refetch()}>{t("books.run")}</Button>
        <Button disabled={!partner} href={partner ? address(`/exchange/partners/${partner}/reconciliation/export`) : undefined}>{t("books.export")}</Button>
        <Checkbox checked={only} onChange={(e) => setOnly(e.target.checked)}>{t("books.only")}</Checkbox>
        {r && <span className="dim" role="status">{t("books.sum", { equal: r.equal, explained: r.explained, open: r.open })} · {dateTime(r.at)}</span>}
      </div>
      {books.error && <Problem error={books.error} retry={() => void books.refetch()} />}
      {r && !r.known && <Alert type="warning" showIcon title={t("books.unknown")} />}
      {r?.problem && <Alert type="warning" showIcon title={t("books.problem", { reason: r.problem })} />}
      <Table<Line> size="small" rowKey="number" loading={books.isFetching} dataSource={(r?.lines ?? []).filter((l) => !only || !l.equal)} pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t("books.none")} /> }}
        columns={[
          { title: t("kind.order"), dataIndex: "number", render: (n: string) => <span className="mono">{n}</span> },
          { title: t("ordered"), key: "ordered", align: "right", render: (_, l) => pair(l.theirs?.ordered, l.ours?.ordered) },
          { title: t("good"), key: "good", align: "right", render: (_, l) => pair(l.theirs?.good, l.ours?.good) },
          { title: t("scrap"), key: "scrap", align: "right", render: (_, l) => pair(l.theirs?.scrap, l.ours?.scrap) },
          { title: t("told"), key: "told", align: "right", render: (_, l) => l.told?.good ?? "–" },
          { title: t("result"), key: "result", render: (_, l) => <Tag color={colours[resultOf(l)]}>{t(resultOf(l))}</Tag> },
          { title: t("reason"), key: "why", render: (_, l) => l.causes.map((c) => <div key={c.cause}>{t(`c.${c.cause}`)}{c.message && <span className="dim mono"> {c.message}</span>}{c.reason && <div className="dim" style={{ overflowWrap: "anywhere" }}>{c.reason}</div>}</div>) },
        ]} />
    </div>
  );
}
