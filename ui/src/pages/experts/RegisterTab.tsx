import { useInfiniteQuery } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Empty, Select, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Expert, experts } from "../../api/experts";
import { ExpertForm } from "./ExpertForm";
import { fields, More, Narrow, useExpertsSearch, usePlaces } from "./parts";

/** Who can be sent: what they know, where they go, and for how long. */
export function RegisterTab({ sends }: { sends: boolean }) {
  const { t } = useTranslation("experts");
  const [search, set] = useExpertsSearch();
  const place = usePlaces();
  const [adding, setAdding] = useState(false);
  const list = useInfiniteQuery(experts({ q: search.q, region: search.region, field: search.field, void: search.void }));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const open = rows.find((r) => r.id === search.id);
  return (
    <div className="stack">
      <Narrow hint={t("register.search")}>
        <Select allowClear style={{ width: 160 }} aria-label={t("field")} placeholder={t("field.all")} value={search.field} onChange={(field?: string) => set({ field })} options={fields.map((f) => ({ value: f, label: t(`field.${f}`) }))} />
        <Checkbox checked={search.void ?? false} onChange={(e) => set({ void: e.target.checked || undefined })}>{t("void.show")}</Checkbox>
        <span className="fill" />
        {sends && <Button type="primary" onClick={() => setAdding(true)}>{t("register.add")}</Button>}
      </Narrow>
      {list.isError && <Alert type="error" showIcon title={list.error.message} />}
      <Table<Expert> size="small" rowKey="id" loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 1000 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("register.none")} /> }}
        columns={[
          { title: t("name"), key: "name", width: 150, render: (_, e) => <><button type="button" className="figbtn" onClick={() => set({ id: e.id })}>{e.name}</button>{e.void && <span className="chip">{t("void.short")}</span>}<div className="dim">{e.post}</div></> },
          { title: t("organisation"), dataIndex: "organisation", width: 200 },
          { title: t("home"), key: "region", width: 110, render: (_, e) => place(e.region) },
          { title: t("serves"), key: "serves", width: 150, render: (_, e) => (e.serves.length === 0 ? t("serves.all") : e.serves.map(place).join("、")) },
          { title: t("skills"), key: "skills", render: (_, e) => [...e.sectors, ...e.fields.map((f) => t(`field.${f}` as "field.mes"))].join("、") },
          { title: t("capacity"), dataIndex: "capacity", align: "right", width: 90 },
          { title: t("validity"), key: "validity", width: 200, render: (_, e) => `${e.from} – ${e.to ?? ""}` },
          { title: t("interests"), key: "interests", align: "right", width: 90, render: (_, e) => e.interests.length },
        ]} />
      <More list={list} />
      {(adding || open) && <ExpertForm row={open} sends={sends} close={() => { setAdding(false); set({ id: undefined }); }} />}
    </div>
  );
}
