import { useNavigate, useSearch } from "@tanstack/react-router";
import type { PlanningSearch } from "../../routes";

/** What stands in the address: the place, the tab, the plan that is looked at. */
export function usePlanningSearch(): [PlanningSearch, (more: PlanningSearch) => void] {
  const search: PlanningSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  return [search, (more) => void navigate({ to: "/planning", search: { ...search, ...more }, replace: true })];
}
