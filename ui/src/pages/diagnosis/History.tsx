import { useQuery } from "@tanstack/react-query";
import { Alert, Table } from "antd";
import { useTranslation } from "react-i18next";
import { diagnosisHistory, type DiagnosisStep } from "../../api/diagnosis";
import { dateTime } from "../../lib/time";
import type { PartProps } from "./Workspace";

/** Everything that was done, the newest first; nothing of it can be changed. */
export function History({ d }: PartProps) {
  const { t } = useTranslation("diagnosis");
  const { data, error, isPending } = useQuery(diagnosisHistory(d.id, d.rev));
  const detail = (s: DiagnosisStep): string => {
    if (s.answer) return `${s.answer.requirement}: ${t(`grade.${s.answer.grade || "open"}` as "grade.full")} ${s.answer.remark ?? ""} ${(s.answer.files ?? []).map((f) => f.name).join(" ")}`;
    if (s.evidence) return t("step.filled", { n: s.evidence.filter((e) => e.grade).length, all: s.evidence.length });
    if (s.entry) return `${s.entry.title} · ${s.entry.remark ?? ""}`;
    if (s.state) return `${t(`state.${s.state as "closed"}`)} ${s.note ?? ""}`;
    return s.measure?.title ?? s.visit?.day ?? s.question?.answer ?? s.question?.text ?? s.reply?.text ?? s.follow_up?.text ?? s.plan?.title ?? (s.team ?? []).map((m) => m.name).join("、");
  };
  if (error) return <Alert type="error" showIcon message={error.message} />;
  return (
    <Table<DiagnosisStep> size="small" rowKey="seq" loading={isPending} dataSource={data ?? []} pagination={{ pageSize: 50, hideOnSinglePage: true }} scroll={{ x: 600 }}
      columns={[
        { title: "#", dataIndex: "seq", align: "right" },
        { title: t("col.at"), key: "at", render: (_, s) => dateTime(s.at) },
        { title: t("col.by"), dataIndex: "by" },
        { title: t("col.what"), key: "what", render: (_, s) => t(`step.${s.what}`) },
        { title: t("common:details"), key: "detail", render: (_, s) => detail(s) },
      ]} />
  );
}
