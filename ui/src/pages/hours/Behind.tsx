import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Table } from "antd";
import { useTranslation } from "react-i18next";
import type { Worked } from "../../api/hours";
import { type Order, order, orderHistory, type Step } from "../../api/production";
import { Waiting } from "../../components/Status";
import { dateTime } from "../../lib/time";
import { useWords } from "../production/History";
import { useNames } from "../production/parts";
import { behind } from "./hours";

/** What a stretch is made of: sign-ins, entries of people, and where machines counted. */
export function Behind({ of }: { of: Worked }) {
  const query = useQuery({ ...order(of.order_id), refetchInterval: false });
  return query.data ? <Steps of={of} o={query.data} /> : <Waiting query={query} />;
}

function Steps({ of, o }: { of: Worked; o: Order }) {
  const { t } = useTranslation("hours");
  const { place } = useNames();
  const words = useWords(o);
  const { data, isLoading } = useQuery(orderHistory(o.id, o.rev));
  return (
    <div className="stack" role="group" aria-label={t("behind")}>
      <div className="row" style={{ gap: 16 }}><b>{t("behind")}</b>
        {of.counted !== 0 && of.equipment.map((id) => <Link key={id} to="/machines/$id" params={{ id }} search={{ from: of.from, to: of.to }}>{t("machine", { name: place(id) })}</Link>)}</div>
      <Table<Step> size="small" rowKey="seq" loading={isLoading} dataSource={behind(data ?? [], of)} pagination={{ pageSize: 20, hideOnSinglePage: true }} locale={{ emptyText: t("behind.none") }}
        columns={[
          { title: t("at"), key: "at", width: 180, render: (_, s) => dateTime(s.at) }, { title: t("by"), dataIndex: "by", width: 140 }, { title: t("what"), key: "what", render: (_, s) => words(s) },
        ]} />
    </div>
  );
}
