import { useQuery } from "@tanstack/react-query";
import { Drawer, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { profile, profiles } from "../../api/queries";
import type { Profile } from "../../api/types";
import { useLang } from "../../i18n/useLang";

export function Profiles() {
  const { t } = useTranslation("devices");
  const { name } = useLang();
  const { data, isPending } = useQuery(profiles);
  const [open, setOpen] = useState<string>();
  const detail = useQuery({ ...profile(open ?? ""), enabled: !!open });
  return (
    <>
      <Table<Profile> size="small" rowKey="id" loading={isPending} dataSource={data ?? []} pagination={false} scroll={{ x: 800 }}
        columns={[
          { title: t("tab.profiles"), key: "title", render: (_, p) => <button type="button" className="figbtn" onClick={() => setOpen(p.id)}>{name(p.title)} <span className="dim mono">{p.id} v{p.version}</span></button> },
          { title: t("p.vendor"), key: "vendor", render: (_, p) => [p.vendor, ...p.models].join(" · ") },
          { title: t("p.class"), dataIndex: "class" },
          { title: t("p.protocol"), dataIndex: "protocol" },
          { title: t("p.signals"), dataIndex: "signals", align: "right" },
          { title: t("p.verified"), key: "verified", render: (_, p) => <span className="chip">{t(`verified.${p.verified as "read"}`)}</span> },
          { title: t("p.source"), dataIndex: "source" },
        ]} />
      <Drawer open={!!open} onClose={() => setOpen(undefined)} size="large" title={name(detail.data?.title)} destroyOnHidden>
        <h2 style={{ fontSize: 15 }}>{t("p.file")}</h2>
        <pre className="mono" tabIndex={0} style={{ whiteSpace: "pre-wrap" }}>{detail.data?.yaml}</pre>
      </Drawer>
    </>
  );
}
