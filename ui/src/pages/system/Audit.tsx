import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Button, Table } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { audit } from "../../api/queries";
import type { AuditEntry, Verified } from "../../api/types";
import { dateTime } from "../../lib/time";

/** Who changed what, and the proof that nobody rewrote it. */
export function Audit() {
  const { t } = useTranslation("system");
  const { data, error, isPending } = useQuery(audit(0));
  const verify = useMutation({ mutationFn: () => api.get<Verified>("/audit/verify") });
  const v = verify.data;
  const rows = [...(data ?? [])].reverse();
  return (
    <div className="stack">
      <div className="row">
        <Button loading={verify.isPending} onClick={() => verify.mutate()}>{t("a.verify")}</Button>
        {v && <span role="status">{v.ok ? t("a.ok", { n: v.entries }) : t("a.broken", { detail: v.broken })}</span>}
      </div>
      {error && <Alert type="error" showIcon message={error.message} />}
      <Table<AuditEntry> size="small" rowKey="seq" loading={isPending} dataSource={rows} pagination={{ pageSize: 20 }} scroll={{ x: 800 }}
        columns={[
          { title: "#", dataIndex: "seq", align: "right" },
          { title: t("a.at"), key: "at", render: (_, e) => dateTime(e.at) },
          { title: t("a.who"), dataIndex: "who" },
          { title: t("a.action"), dataIndex: "action", render: (x: string) => <span className="mono">{x}</span> },
          { title: t("a.object"), dataIndex: "object", render: (x: string) => <span className="mono">{x}</span> },
          { title: t("a.change"), key: "after", render: (_, e) => <span className="mono dim">{(e.after ?? "").slice(0, 160)}</span> },
        ]} />
    </div>
  );
}
