import { useNavigate, useSearch } from "@tanstack/react-router";
import { Tabs, type TabsProps } from "antd";

/** Tabs that stand in the address, so that a link leads to one of them. */
export function PageTabs({ items }: { items: NonNullable<TabsProps["items"]> }) {
  const search: { tab?: string } = useSearch({ strict: false });
  const navigate = useNavigate();
  const key = items.some((i) => i.key === search.tab) ? search.tab : items[0]?.key;
  return <Tabs activeKey={key} items={items} onChange={(tab) => void navigate({ to: ".", search: { tab }, replace: true })} />;
}
