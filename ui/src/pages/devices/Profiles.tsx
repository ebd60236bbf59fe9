import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Input, Select, Table } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { profiles } from "../../api/queries";
import type { Profile } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { ProfileDetail } from "./ProfileDetail";
import { VerifiedBadge } from "./VerifiedBadge";
import { choices, fits, type Filter } from "./profileFilter";

const filters = ["class", "protocol", "vendor", "verified"] as const;

/** The library of kinds of machines. */
export function Profiles() {
  const { t } = useTranslation("devices");
  const { name } = useLang();
  const { data, error, isPending } = useQuery(profiles);
  const search: { profile?: string } = useSearch({ strict: false });
  const navigate = useNavigate();
  const [filter, setFilter] = useState<Filter>({ text: "" });
  const rows = useMemo(() => (data ?? []).filter((p) => fits(p, filter)), [data, filter]);
  const show = (profile?: string) => void navigate({ to: ".", search: { tab: "profiles", profile } });
  if (error) return <Alert type="error" showIcon message={error.message} />;
  if (search.profile) return <ProfileDetail id={search.profile} onClose={() => show(undefined)} />;
  return (
    <div className="stack">
      <div className="row">
        <Input.Search allowClear style={{ width: 240 }} placeholder={t("common:search")} aria-label={t("common:search")} onChange={(e) => setFilter((f) => ({ ...f, text: e.target.value }))} />
        {filters.map((key) => (
          <Select key={key} allowClear showSearch style={{ minWidth: 150 }} aria-label={t(`p.${key}`)} placeholder={t(`p.${key}`)}
            options={choices(data ?? [], key).map((value) => ({ value, label: key === "verified" ? t(`verified.${value as "read"}`) : value }))}
            onChange={(value?: string) => setFilter((f) => ({ ...f, [key]: value }))} />
        ))}
        <span className="dim" role="status">{t("p.count", { n: rows.length, all: data?.length ?? 0 })}</span>
      </div>
      <Table<Profile> size="small" rowKey="id" loading={isPending} dataSource={rows} pagination={{ pageSize: 25, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 800 }}
        columns={[
          { title: t("tab.profiles"), key: "title", sorter: (a, b) => a.id.localeCompare(b.id), render: (_, p) => <button type="button" className="figbtn" onClick={() => show(p.id)}>{name(p.title)} <span className="dim mono">{p.id} v{p.version}</span></button> },
          { title: t("p.vendor"), key: "vendor", sorter: (a, b) => a.vendor.localeCompare(b.vendor), render: (_, p) => [p.vendor, ...p.models].join(" · ") },
          { title: t("p.class"), dataIndex: "class", sorter: (a, b) => a.class.localeCompare(b.class) },
          { title: t("p.protocol"), dataIndex: "protocol" },
          { title: t("p.signals"), dataIndex: "signals", align: "right", sorter: (a, b) => a.signals - b.signals },
          { title: t("p.verified"), key: "verified", render: (_, p) => <VerifiedBadge verified={p.verified} /> },
          { title: t("p.source"), dataIndex: "source", ellipsis: true },
        ]} />
    </div>
  );
}
