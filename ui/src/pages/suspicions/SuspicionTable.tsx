import { useQuery } from "@tanstack/react-query";
import { Button, Empty, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { regions, session } from "../../api/queries";
import type { FirmSuspicion } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { codeOf } from "../../lib/divisions";
import { SaidList, Why } from "../devices/Authenticity";
import { Decide } from "./Decide";
import { whoOf } from "./suspicions";

/** Suspicions with whose machine it is, what it is like and what was said. */
export function SuspicionTable({ rows, loading, none }: { rows: FirmSuspicion[]; loading: boolean; none: string }) {
  const { t } = useTranslation("suspicions");
  const { name } = useLang();
  const keeps = useQuery(session).data?.permissions.includes("firms.keep");
  const names = new Map((useQuery(regions).data ?? []).map((r) => [r.code, r.name]));
  const [deciding, setDeciding] = useState<{ of: FirmSuspicion; upheld: boolean } | null>(null);
  return (
    <>
      <Table<FirmSuspicion> size="small" rowKey="id" loading={loading} dataSource={rows} pagination={false} scroll={{ x: 1050 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={none} /> }}
        expandable={{ expandedRowRender: (s) => <SaidList of={s} />, rowExpandable: (s) => s.said.length > 0 }}
        columns={[
          { title: t("date"), dataIndex: "date", width: 110, className: "num" },
          { title: t("firm"), key: "firm", width: 220, render: (_, s) => <>{s.party.company}<div className="dim">{s.party.region ? (names.get(codeOf(s.party.region)) ?? s.party.region) : t("unbound")}</div></> },
          { title: t("machine"), key: "machine", width: 200, render: (_, s) => <>{s.party.path ? name(s.party.name) : s.machine}<div className="dim">{s.party.path}</div></> },
          { title: t("reason"), key: "kind", render: (_, s) => <Reason of={s} /> },
          { title: t("state"), key: "state", width: 90, render: (_, s) => <span className="chip">{t(`authenticity:state.${s.state}` as "state")}</span> },
          { title: <span className="vh">{t("said")}</span>, key: "do", width: 150, render: (_, s) => keeps && (
            <span className="row" style={{ gap: 4 }}>
              {s.state !== "dismissed" && <Button size="small" onClick={() => setDeciding({ of: s, upheld: false })}>{t("dismiss")}</Button>}
              {s.state !== "upheld" && <Button size="small" danger onClick={() => setDeciding({ of: s, upheld: true })}>{t("uphold")}</Button>}
            </span>
          ) },
        ]} />
      {deciding && <Decide {...deciding} close={() => setDeciding(null)} />}
    </>
  );
}

function Reason({ of: s }: { of: FirmSuspicion }) {
  const { t } = useTranslation("suspicions");
  const { name } = useLang();
  const copied = s.kind === "copied_firm" || s.kind === "copied_machine" || s.kind === "cloned_clock";
  return (
    <>
      <b>{t(`authenticity:kind.${s.kind}` as "kind")}</b>
      <div className="dim"><Why of={s} /></div>
      {copied && <div>{s.like ? t("like", { who: whoOf(s.like, name) }) : t("like.hidden")}</div>}
    </>
  );
}
