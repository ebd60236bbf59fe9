import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Breadcrumb } from "antd";
import { useTranslation } from "react-i18next";
import { policies, regions } from "../../api/queries";
import { useLang } from "../../i18n/useLang";
import { wayTo } from "../../lib/divisions";

interface Props {
  indicator: string;
  year: number;
  region?: string | undefined;
  firm?: { id: string; name: string } | undefined;
  machine?: { id: string; name: string; month?: string } | undefined;
  here?: string;
}

/** The way down so far; each step is an address of its own. */
export function Crumbs({ indicator, year, region, firm, machine, here }: Props) {
  const { t } = useTranslation("cockpit");
  const { name } = useLang();
  const names = new Map((useQuery(regions).data ?? []).map((r) => [r.code, r.name]));
  const definition = useQuery(policies).data?.indicators.find((i) => i.id === indicator);
  const search = { year };
  return (
    <nav aria-label={t("crumbs")} style={{ marginBottom: 8 }}>
      <Breadcrumb items={[
        { key: "cockpit", title: <Link to="/cockpit" search={{ ...search, region }}>{t("title")}</Link> },
        { key: "indicator", title: <Link to="/cockpit/$indicator" params={{ indicator }} search={search}>{definition ? name(definition.name) : indicator}</Link> },
        ...(region ? wayTo(region).map((code) => ({ key: code, title: <Link to="/cockpit/$indicator" params={{ indicator }} search={{ ...search, region: code }}>{names.get(code) ?? code}</Link> })) : []),
        ...(firm ? [{ key: firm.id, title: <Link to="/cockpit/$indicator/firms/$firm" params={{ indicator, firm: firm.id }} search={search}>{firm.name}</Link> }] : []),
        ...(machine ? [{ key: machine.id, title: <Link to="/cockpit/$indicator/machines/$machine" params={{ indicator, machine: machine.id }} search={{ ...search, month: machine.month }}>{machine.name}</Link> }] : []),
        ...(here ? [{ key: "here", title: here }] : []),
      ]} />
    </nav>
  );
}
