import { useQuery } from "@tanstack/react-query";
import { Empty, Table } from "antd";
import { useTranslation } from "react-i18next";
import { type Field, field } from "../../api/material";
import { RangePicker, useRange } from "../../components/RangePicker";
import { Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { unitText } from "../../lib/format";
import { iso } from "../../lib/time";
import { useMaterialSearch } from "./parts";

/** What counts found beside what was booked, by item. */
export function FieldTab() {
  const { t } = useTranslation("material");
  const { lang, name } = useLang();
  const [search, set] = useMaterialSearch();
  const range = useRange(search, "30d");
  const list = useQuery(field(iso(range.from), iso(range.to)));
  const amount = (key: "expected" | "counted" | "lost" | "off") => ({ title: t(`field.${key}`), key, align: "right" as const, width: 140, render: (_: unknown, f: Field) => <span className="num">{f[key]} {unitText(f.item.unit, lang)}</span> });
  return (
    <div className="stack">
      <div className="row"><RangePicker few search={search} fallback="30d" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} /><span className="dim">{t("field.lead")}</span></div>
      {list.isError && <Problem error={list.error} />}
      <Table<Field> size="small" rowKey={(f) => f.item.code} loading={list.isLoading} dataSource={list.data ?? []} pagination={{ pageSize: 50, hideOnSinglePage: true }} scroll={{ x: 900 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("field.none")} /> }}
        columns={[
          { title: t("item"), key: "item", render: (_, f) => <>{name(f.item.name)} <span className="dim mono">{f.item.code}</span></> },
          { title: t("field.counts"), dataIndex: "counts", align: "right", width: 100 },
          amount("expected"), amount("counted"), amount("lost"), amount("off"),
        ]} />
    </div>
  );
}
