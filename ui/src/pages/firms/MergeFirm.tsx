import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Modal, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { Firm, List } from "../../api/types";

/** Says that a firm is another one that was entered twice. */
export function MergeFirm({ firm, close, merged }: { firm: Firm; close: () => void; merged: () => void }) {
  const { t } = useTranslation("firms");
  const { message } = App.useApp();
  const client = useQueryClient();
  const [q, setQ] = useState(firm.name.slice(0, 4));
  const [into, setInto] = useState<Firm>();
  const found = useQuery({ queryKey: ["firms", "merge", q], queryFn: ({ signal }) => api.get<List<Firm>>("/firms", { q, limit: 20 }, signal), enabled: q !== "" });
  const others = (found.data?.items ?? []).filter((f) => f.id !== firm.id);
  const merge = useMutation({
    mutationFn: (to: Firm) => api.post(`/firms/${firm.id}/merge`, { into: to.id, rev: to.rev }, {}, { "If-Match": `"${firm.rev}"` }),
    onSuccess: async () => { message.success(t("merge.done")); await client.invalidateQueries(); merged(); },
    onError: (err) => { message.error(err.message, 10); },
  });
  return (
    <Modal open title={t("merge")} onCancel={close} okText={t("merge.do")} okButtonProps={{ disabled: !into, danger: true }} confirmLoading={merge.isPending} onOk={() => into && merge.mutate(into)}>
      <div className="stack">
        <p>{t("merge.hint")}</p>
        <Select style={{ width: "100%" }} aria-label={t("merge.into")} placeholder={t("merge.into")} value={into?.id} loading={found.isFetching} showSearch={{ filterOption: false, onSearch: setQ }}
          options={others.map((f) => ({ value: f.id, label: `${f.name} ${f.code}` }))} onChange={(id) => setInto(others.find((f) => f.id === id))} />
      </div>
    </Modal>
  );
}
