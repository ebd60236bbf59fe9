import { useQuery } from "@tanstack/react-query";
import { TreeSelect } from "antd";
import { useTranslation } from "react-i18next";
import { nodes } from "../api/queries";
import type { PlantNode } from "../api/types";
import { useLang } from "../i18n/useLang";

interface Branch { value: string; title: string; children: Branch[] }

/** The hierarchy as a tree, whatever levels are left out. */
export function treeOf(all: PlantNode[], name: (n: PlantNode["name"]) => string): Branch[] {
  const byId = new Map(all.map((n) => [n.id, { value: n.path, title: name(n.name), children: [] as Branch[] }]));
  const roots: Branch[] = [];
  for (const n of all) {
    const own = byId.get(n.id);
    if (own) (byId.get(n.parent ?? "")?.children ?? roots).push(own);
  }
  return roots;
}

export function ScopePicker({ value, set }: { value: string | undefined; set: (path: string | undefined) => void }) {
  const { t } = useTranslation("stops");
  const { name } = useLang();
  const { data } = useQuery(nodes);
  return (
    <TreeSelect allowClear showSearch value={value} onChange={(v?: string) => set(v)} treeData={treeOf(data ?? [], name)} treeNodeFilterProp="title" treeLine
      placeholder={t("scope.all")} aria-label={t("scope")} style={{ width: 240 }} styles={{ popup: { root: { minWidth: 320 } } }} />
  );
}
