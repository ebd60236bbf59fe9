import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Button, Empty, Input, Select, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { List, Tenant } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { nameOf } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { AddTenant } from "./AddTenant";
import { TenantDetail } from "./TenantDetail";
import { states, type TenantsSearch } from "./tenants";

const colours = { active: "success", suspended: "warning", leaving: "error", deleted: "default" } as const;

/** The firms that share this node, for its operator. */
export default function TenantsPage() {
  const { t } = useTranslation("tenants");
  const { lang } = useLang();
  const search: TenantsSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const client = useQueryClient();
  const [adding, setAdding] = useState(false);
  const go = (change: TenantsSearch): void => void navigate({ to: "/tenants", search: { ...search, ...change }, replace: true });
  const list = useInfiniteQuery({
    queryKey: ["tenants", search.q, search.state],
    queryFn: ({ pageParam, signal }) => api.get<List<Tenant>>("/tenants", { q: search.q, state: search.state, cursor: pageParam, limit: 50 }, signal),
    initialPageParam: "", getNextPageParam: (last) => last.next,
  });
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const changed = (): Promise<void> => client.invalidateQueries({ queryKey: ["tenants"] });
  const filtered = Boolean(search.q || search.state);
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1></div>
      <div className="stack">
        <div className="row">
          <Input.Search allowClear defaultValue={search.q} aria-label={t("search")} placeholder={t("search")} style={{ width: 280 }} onSearch={(q) => go({ q: q || undefined })} />
          <Select value={search.state ?? ""} aria-label={t("state")} style={{ width: 140 }} onChange={(state) => go({ state: state || undefined })}
            options={[{ value: "", label: t("state.all") }, ...states.map((s) => ({ value: s, label: t(`state.${s}`) }))]} />
          <Button type="primary" onClick={() => setAdding(true)}>{t("add")}</Button>
        </div>
        {list.error && <Alert type="error" showIcon message={t("failed")} description={list.error.message} />}
        <Table<Tenant> size="small" rowKey="id" loading={list.isPending} dataSource={rows} pagination={false} scroll={{ x: 760 }}
          locale={{ emptyText: <Empty description={t(filtered ? "none.found" : "none")} /> }}
          columns={[
            { title: t("id"), key: "id", render: (_, r) => <button type="button" className="figbtn mono" onClick={() => go({ tenant: r.id })}>{r.id}</button> },
            { title: t("name"), key: "name", render: (_, r) => nameOf(r.name, lang) },
            { title: t("code"), dataIndex: "code", className: "mono" },
            { title: t("state"), key: "state", render: (_, r) => (
              <><Tag color={colours[r.state]}>{t(`state.${r.state}`)}</Tag>{r.state === "leaving" && r.ends && <span className="dim">{t("ends", { at: dateTime(r.ends) })}</span>}</>) },
            { title: t("created"), key: "created", render: (_, r) => dateTime(r.created) },
          ]} />
        {list.hasNextPage && <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("more")}</Button>}
      </div>
      {adding && <AddTenant close={() => setAdding(false)} made={() => void changed()} />}
      {search.tenant && <TenantDetail key={search.tenant} id={search.tenant} close={() => go({ tenant: undefined })} changed={() => void changed()} />}
    </>
  );
}
