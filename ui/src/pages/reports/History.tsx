import { Table } from "antd";
import { useTranslation } from "react-i18next";
import type { ReportDone, ReportView } from "../../api/reporting";
import { dateTime } from "../../lib/time";
import { StateTag } from "./words";

/** Every step, the newest first; none of them can be changed. */
export function History({ v }: { v: ReportView }) {
  const { t } = useTranslation("reports");
  return (
    <section className="stack">
      <h2 style={{ fontSize: 16, margin: 0 }}>{t("history")}</h2>
      <Table<ReportDone> size="small" rowKey={(s) => `${s.seq} ${s.node ?? ""}`} dataSource={[...v.steps].reverse()} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: 700 }} locale={{ emptyText: <span style={{ color: "var(--dim)" }}>{t("history.none")}</span> }}
        columns={[
          { title: t("at"), key: "at", width: 170, render: (_, s) => dateTime(s.at) },
          { title: t("who"), key: "who", width: 160, render: (_, s) => <>{s.name}{s.organisation && <div className="dim">{s.organisation}</div>}</> },
          { title: t("what"), key: "what", width: 110, render: (_, s) => t(`step.${s.what}`) },
          { title: t("words"), key: "words", render: (_, s) => <span style={{ whiteSpace: "pre-wrap" }}>{s.words}</span> },
          { title: t("revision"), key: "revision", width: 80, align: "right", render: (_, s) => s.revision || "—" },
          { title: t("after"), key: "after", width: 110, render: (_, s) => <StateTag state={s.state} /> },
        ]} />
    </section>
  );
}
