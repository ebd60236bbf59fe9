import type { TFunction } from "i18next";
import type { Role } from "../../api/types";

const all: Role[] = ["admin", "engineer", "operator", "viewer"];

/** The roles as choices of a form. */
export function roles(t: TFunction<"system">): { value: Role; label: string }[] {
  return all.map((value) => ({ value, label: t(`common:role.${value}`) }));
}
