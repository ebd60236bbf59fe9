import { useQuery } from "@tanstack/react-query";
import { TreeSelect } from "antd";
import { type CSSProperties, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { regions } from "../api/queries";
import { codeOf, treeOf } from "../lib/divisions";

interface Props {
  value?: string | undefined;
  onChange?: (region: string | undefined) => void;
  /** Given by a form. */
  id?: string;
  label?: string;
  allowClear?: boolean;
  style?: CSSProperties;
}

/** A province, city or county by its whole code; the beginning of one is understood, too. */
export function RegionPicker({ value, onChange, id, label, allowClear = true, style = { width: 220 } }: Props) {
  const { t } = useTranslation("targets");
  const { data, isLoading } = useQuery(regions);
  const tree = useMemo(() => treeOf(data ?? []), [data]);
  return (
    <TreeSelect {...(id === undefined ? { "aria-label": label ?? t("region") } : { id })} style={style} placeholder={label ?? t("region.all")} allowClear={allowClear} showSearch={{ treeNodeFilterProp: "title" }}
      treeDefaultExpandedKeys={["330000"]} loading={isLoading} treeData={tree} value={value ? codeOf(value) : undefined} onChange={(v?: string) => onChange?.(v || undefined)} />
  );
}
