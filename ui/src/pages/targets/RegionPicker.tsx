import { useQuery } from "@tanstack/react-query";
import { TreeSelect } from "antd";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { regions } from "../../api/queries";
import { prefixOf } from "./region";

/** A province, city or county; what is chosen stands in the address as the beginning of its code. */
export function RegionPicker({ value, onChange }: { value?: string; onChange: (region: string | undefined) => void }) {
  const { t } = useTranslation("targets");
  const { data } = useQuery(regions);
  const tree = useMemo(() => (data ?? []).map((r) => ({ id: prefixOf(r.code), pId: r.parent ? prefixOf(r.parent) : 0, value: prefixOf(r.code), title: r.name })), [data]);
  return (
    <TreeSelect aria-label={t("region")} style={{ width: 200 }} treeDataSimpleMode treeData={tree} value={value} placeholder={t("region.all")} allowClear showSearch treeNodeFilterProp="title"
      onChange={(v: string | undefined) => onChange(v)} />
  );
}
