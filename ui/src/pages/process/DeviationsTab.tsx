import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Checkbox, Table, Tag } from "antd";
import { useTranslation } from "react-i18next";
import { type Deviation, deviations } from "../../api/process";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, duration } from "../../lib/format";
import { dateTime, ms } from "../../lib/time";
import { More, useNames } from "../production/parts";
import { Samples, Signal, useProcessSearch, value, windowOf } from "./parts";

/** Times in which a job was not made as its recipe says. */
export function DeviationsTab() {
  const { t } = useTranslation("process");
  const { name, lang } = useLang();
  const { product } = useNames();
  const [search, set] = useProcessSearch();
  const list = useInfiniteQuery(deviations({ scope: search.scope, open: search.open }));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const save = () => download("deviations.csv", csv([["order", "job", "item", "machine", "signal", "unit", "target", "low", "high", "worst", "from", "to", "revision"],
    ...rows.map((v) => [v.number, v.job, v.item, v.path, v.signal, v.unit, v.target, v.low, v.high, v.worst, v.from, v.to, v.revision])]), "text/csv");
  return (
    <div className="stack">
      <div className="row">
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
        <Checkbox checked={search.open ?? false} onChange={(e) => set({ open: e.target.checked || undefined })}>{t("deviations.open")}</Checkbox><span className="fill" />
        <Button disabled={rows.length === 0} onClick={save}>{t("common:export.csv")}</Button>
      </div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<Deviation> size="small" rowKey="id" loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 1100 }} locale={{ emptyText: <Nothing text={t("deviations.none")} /> }} rowClassName={(v) => (v.id === search.deviation ? "ant-table-row-selected" : "")}
        columns={[
          { title: t("began"), key: "from", width: 160, sorter: (a, b) => ms(a.from) - ms(b.from), render: (_, v) => <span className="num">{dateTime(v.from)}</span> },
          { title: t("lasted"), key: "lasted", width: 110, render: (_, v) => (v.to ? duration(ms(v.to) - ms(v.from), lang) : <Tag color="error">{t("stands")}</Tag>) },
          { title: t("signal"), key: "signal", width: 190, render: (_, v) => <Signal of={v} /> }, { title: t("window"), key: "window", width: 130, align: "right", render: (_, v) => <span className="num">{windowOf(v)}</span> }, { title: t("worst"), key: "worst", width: 90, align: "right", render: (_, v) => <b className="num">{value(v.worst)}</b> },
          { title: t("machine"), key: "machine", width: 110, render: (_, v) => name(v.name) }, { title: t("item"), key: "item", render: (_, v) => `${product(v.item)} · ${t("revision.n", { n: v.revision })}` },
          { title: t("order"), key: "order", width: 180, render: (_, v) => <button type="button" className="figbtn" onClick={() => set({ tab: "runs", order: v.order, job: v.job, equipment: v.equipment, near: v.from })}>{v.number} / {v.job}</button> },
          { title: "", key: "do", width: 80, render: (_, v) => <Samples tag={v.tag} from={v.from} to={v.to} /> },
        ]} />
      <More list={list} />
    </div>
  );
}
