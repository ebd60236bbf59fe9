import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Empty, Popconfirm, Table } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { sheetImports } from "../../api/queries";
import type { SheetApplied, SheetImport } from "../../api/types";
import { dateTime } from "../../lib/time";

/** The newest imports, each to be taken back while nobody changed what it made. */
export function PastImports() {
  const { t } = useTranslation("bulk");
  const past = useQuery(sheetImports);
  return (
    <section className="stack">
      <h3>{t("past")}</h3>
      <Table<SheetImport> size="small" rowKey="at" loading={past.isLoading} dataSource={past.data ?? []} pagination={false} scroll={{ x: 720 }} locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("past.none")} /> }}
        columns={[
          { title: t("past.time"), dataIndex: "time", width: 170, render: (at: string) => dateTime(at) },
          { title: t("file"), dataIndex: "file" },
          { title: t("past.who"), dataIndex: "who", width: 160 },
          { title: t("past.what"), key: "what", render: (_, r) => t("past.counts", { made: r.made, changed: r.changed, places: r.places }) },
          { title: "", key: "do", render: (_, r) => <End of={r} /> },
        ]} />
    </section>
  );
}

/** How it stands, or the button that takes it back. */
function End({ of }: { of: SheetImport }) {
  const { t } = useTranslation("bulk");
  if (of.undone_at) return <span className="dim">{t("past.undone", { time: dateTime(of.undone_at), who: of.undone_by })}</span>;
  if (of.undoable) return <UndoImport done={of} />;
  return <span className="dim">{of.edited > 0 ? t("past.edited", { n: of.edited }) : t("past.below")}</span>;
}

/** Takes an import back as a whole. */
export function UndoImport({ done, then }: { done: SheetApplied; then?: () => void }) {
  const { t } = useTranslation("bulk");
  const { message } = App.useApp();
  const client = useQueryClient();
  const undo = useMutation({
    mutationFn: () => api.post("/sheets/undo", { at: done.at, nodes: done.nodes }),
    onSuccess: async () => { message.success(t("undone")); await client.invalidateQueries(); then?.(); },
    onError: (err) => { message.error(err.message, 10); },
  });
  return <Popconfirm title={t("undo.confirm")} onConfirm={() => undo.mutate()}><Button size="small" danger loading={undo.isPending}>{t("undo")}</Button></Popconfirm>;
}
