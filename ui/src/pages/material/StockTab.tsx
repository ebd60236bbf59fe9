import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Empty, Input, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { locations, type Stock, stock } from "../../api/material";
import { ScopePicker } from "../../components/ScopePicker";
import { Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { unitText } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { EntryForm } from "./EntryForm";
import { ItemPicker, LocationPicker, More, useMaterialSearch, useMay } from "./parts";
import { useSay } from "../../i18n/useSay";

/** What lies where, by lot and location. */
export function StockTab() {
  const { t } = useTranslation("material");
  const say = useSay();
  const { lang, name } = useLang();
  const [search, set] = useMaterialSearch();
  const { keeps, reports } = useMay();
  const [booking, setBooking] = useState<Stock | "new">();
  const list = useInfiniteQuery(stock({ q: search.q, item: search.item, location: search.location, scope: search.scope, doubt: search.doubt }));
  const places = useQuery(locations).data ?? [];
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <div className="stack">
      <div className="row">
        <Input.Search style={{ width: 220 }} key={search.q ?? ""} defaultValue={search.q} allowClear aria-label={t("search")} placeholder={t("search")} onSearch={(q) => set({ q: q || undefined })} />
        <ItemPicker label={t("item")} value={search.item} width={200} onChange={(item) => set({ item })} />
        <LocationPicker label={t("location")} value={search.location} width={200} onChange={(location) => set({ location })} />
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
        <Checkbox checked={search.doubt ?? false} onChange={(e) => set({ doubt: e.target.checked || undefined })}>{t("doubt.only")}</Checkbox>
        <span className="fill" />
        {(keeps || reports) && <Button type="primary" onClick={() => setBooking("new")}>{t("book")}</Button>}
      </div>
      {list.isError && <Problem error={list.error} />}
      <Table<Stock> size="small" rowKey={(s) => `${s.lot} ${s.location}`} loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 1000 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("stock.none")} /> }}
        columns={[
          { title: t("item"), key: "item", width: 220, render: (_, s) => <>{name(s.item.name)}<div className="dim mono">{s.item.code}</div></> },
          { title: t("lot"), key: "lot", width: 170, render: (_, s) => <>{s.number ? <button type="button" className="figbtn" onClick={() => set({ lot: s.lot })}>{s.number}</button> : "—"} {s.blocked && <span className="chip" title={s.reason}>{t("blocked")}</span>}</> },
          { title: t("location"), key: "location", width: 170, render: (_, s) => <>{name(places.find((l) => l.code === s.location)?.name) || s.location} <span className="dim mono">{s.location}</span><div className="dim">{t(`kind.${s.kind}`)}</div></> },
          { title: t("quantity"), key: "quantity", align: "right", width: 130, render: (_, s) => <span className="num">{s.quantity} {unitText(s.item.unit, lang)}</span> },
          { title: t("doubts"), key: "doubts", width: 240, render: (_, s) => s.doubts.map((d) => <div key={d.entry} className="dim">{t("doubt.at", { at: dateTime(d.at), why: say(d.why) })}</div>) },
          { title: t("expires"), key: "expires", width: 110, render: (_, s) => s.expires ?? "—" },
          { title: t("count.last"), key: "count", width: 170, render: (_, s) => (s.count ? dateTime(s.count.at) : "—") },
          { title: t("actions"), key: "do", width: 90, render: (_, s) => (keeps || reports) && <Button size="small" aria-label={`${t("book")} ${s.lot} ${s.location}`} onClick={() => setBooking(s)}>{t("book")}</Button> },
        ]} />
      <More list={list} />
      {booking && <EntryForm of={booking === "new" ? undefined : booking} keeps={keeps} close={() => setBooking(undefined)} />}
    </div>
  );
}
