import { useQuery } from "@tanstack/react-query";
import { Table } from "antd";
import { useTranslation } from "react-i18next";
import { myGrants } from "../../api/queries";
import type { Held } from "../../api/types";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { dateTime } from "../../lib/time";

/** What I was given: by whom, for what and until when. */
export function MyGrants() {
  const { t } = useTranslation("account");
  const { t: a } = useTranslation("access");
  const { name } = useLang();
  const list = useQuery(myGrants);
  const where = (g: Held) => g.path || [g.region && a("in.region", { code: g.region }), g.sector && a("in.sector", { code: g.sector }), g.enterprise && a("in.firm", { id: g.enterprise })].filter(Boolean).join(" · ") || a("whole");
  if (list.isError) return <Problem error={list.error} retry={() => void list.refetch()} />;
  return (
    <Table<Held> size="small" rowKey={(g) => JSON.stringify(g)} loading={list.isPending} dataSource={list.data ?? []} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: 800 }}
      locale={{ emptyText: <Nothing text={t("held.none")} /> }}
      columns={[
        { title: t("held.role"), key: "role", render: (_, g) => name(g.name) || g.role },
        { title: t("held.where"), key: "where", render: (_, g) => <span className={g.path ? "mono" : undefined}>{where(g)}</span> },
        { title: t("held.may"), key: "may", render: (_, g) => g.permissions.map((p) => a(`may.${p}`)).join("、") },
        { title: t("held.until"), key: "until", render: (_, g) => (!g.until ? t("held.until.never") : g.ended ? <span className="dim">{t("held.over", { at: dateTime(g.until) })}</span> : dateTime(g.until)) },
        { title: t("held.by"), key: "by", render: (_, g) => (g.by ? <>{g.by}{g.given && <div className="dim">{dateTime(g.given)}</div>}</> : "—") },
        { title: t("held.purpose"), key: "purpose", render: (_, g) => g.purpose || "—" },
      ]} />
  );
}
