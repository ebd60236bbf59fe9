import { useQuery } from "@tanstack/react-query";
import { App, Input } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { Scanned } from "../../api/material";
import { session } from "../../api/queries";
import { PageTabs } from "../../components/PageTabs";
import { useProblem } from "../../components/Status";
import { ArrivalsTab } from "./ArrivalsTab";
import { CallsTab } from "./CallsTab";
import { EntriesTab } from "./EntriesTab";
import { FieldTab } from "./FieldTab";
import { FiguresTab } from "./FiguresTab";
import { LoopsTab } from "./LoopsTab";
import { LotDrawer } from "./LotDrawer";
import { MastersTab } from "./MastersTab";
import { OrdersTab } from "./OrdersTab";
import { useMaterialSearch } from "./parts";
import { StockTab } from "./StockTab";

/** What lies where, what happened to it, and where it came from. */
export default function MaterialPage() {
  const { t } = useTranslation("material");
  const [search, set] = useMaterialSearch();
  // Reservations concern the whole plant: who sees a part of it is not asked for them.
  const whole = useQuery(session).data?.whole.includes("read") ?? false;
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1><span className="dim">{t("lead")}</span><span className="fill" /><ScanBar /></div>
      <PageTabs items={[
        { key: "stock", label: t("tab.stock"), children: <StockTab /> },
        { key: "entries", label: t("tab.entries"), children: <EntriesTab /> },
        ...(whole ? [{ key: "orders", label: t("tab.orders"), children: <OrdersTab /> }] : []),
        { key: "arrivals", label: t("tab.arrivals"), children: <ArrivalsTab /> },
        { key: "calls", label: t("tab.calls"), children: <CallsTab /> },
        { key: "loops", label: t("tab.loops"), children: <LoopsTab /> },
        { key: "field", label: t("tab.field"), children: <FieldTab /> },
        { key: "figures", label: t("tab.figures"), children: <FiguresTab /> },
        { key: "masters", label: t("tab.masters"), children: <MastersTab /> },
      ]} />
      {search.lot && <LotDrawer key={search.lot} id={search.lot} close={() => set({ lot: undefined })} />}
    </>
  );
}

/** A scanner types the code and presses Enter. */
function ScanBar() {
  const { t } = useTranslation("material");
  const { message } = App.useApp();
  const problem = useProblem();
  const [, set] = useMaterialSearch();
  const scan = async (text: string) => {
    if (!text.trim()) return;
    try {
      const s = await api.get<Scanned>("/material/scan", { text });
      if (s.lot) set({ lot: s.lot.id });
      else if (s.item) set({ tab: "stock", item: s.item.code });
      else if (s.location) set({ tab: "stock", location: s.location.code });
      else if (s.loop) set({ tab: "loops" });
      else message.warning(t("scan.foreign", { looks: t(`looks.${s.looks ?? "text"}`), why: s.why ?? "" }), 10);
    } catch (err) {
      message.error(problem(err), 10);
    }
  };
  return <Input.Search style={{ width: 260 }} aria-label={t("scan")} placeholder={t("scan")} enterButton={t("scan.do")} allowClear onSearch={(v) => void scan(v)} />;
}
