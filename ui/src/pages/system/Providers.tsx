import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Modal, Popconfirm, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { providers } from "../../api/queries";
import type { Provider } from "../../api/types";
import { Nothing, Problem, useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { ProviderForm } from "./ProviderForm";

/** Where people sign in besides here, and what that gives them. */
export function Providers() {
  const { t } = useTranslation("providers");
  const { name } = useLang();
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  const list = useQuery(providers);
  const [edited, setEdited] = useState<Provider | "new">();
  const renew = () => Promise.all([client.invalidateQueries({ queryKey: ["providers"] }), client.invalidateQueries({ queryKey: ["doors"] })]);
  const remove = useMutation({ mutationFn: (p: Provider) => api.del(`/providers/${p.id}?rev=${p.rev}`), onSuccess: renew, onError: (err) => { message.error(problem(err)); } });
  return (
    <div className="stack">
      <p className="dim" style={{ margin: 0, maxWidth: 900 }}>{t("lead")}</p>
      <div><Button type="primary" onClick={() => setEdited("new")}>{t("add")}</Button></div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<Provider> size="small" rowKey="id" loading={list.isPending} dataSource={list.data ?? []} pagination={false} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t("none")} /> }}
        columns={[
          { title: t("name"), key: "name", render: (_, p) => name(p.name) },
          { title: t("issuer"), key: "issuer", render: (_, p) => <span className="mono" style={{ overflowWrap: "anywhere" }}>{p.issuer}</span> },
          { title: t("return"), key: "return", render: (_, p) => <span className="mono" style={{ overflowWrap: "anywhere" }}>{wayBack(p)}</span> },
          { title: t("rules"), key: "rules", width: 130, render: (_, p) => t("rules.n", { n: p.rules.length }) },
          { title: t("state"), key: "state", width: 90, render: (_, p) => (p.off ? <Tag>{t("state.off")}</Tag> : <Tag color="success">{t("state.on")}</Tag>) },
          { title: "", key: "do", width: 170, render: (_, p) => (
            <div className="row">
              <Button size="small" onClick={() => setEdited(p)}>{t("edit")}</Button>
              <Popconfirm title={t("sure")} onConfirm={() => remove.mutate(p)}><Button size="small" danger>{t("remove")}</Button></Popconfirm>
            </div>) },
        ]} />
      <Modal open={!!edited} width={760} title={edited === "new" ? t("add") : t("edit")} onCancel={() => setEdited(undefined)} footer={null} destroyOnHidden>
        {edited && <ProviderForm old={edited === "new" ? undefined : edited} done={() => { setEdited(undefined); message.success(t("common:saved")); void renew(); }} />}
      </Modal>
    </div>
  );
}

/** The address that is registered at the provider. */
export const wayBack = (p: Provider): string => `${p.address}/oidc/${p.id}/return`;
