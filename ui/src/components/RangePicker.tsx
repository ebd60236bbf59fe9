import { Button, DatePicker, Segmented, Select } from "antd";
import { LeftOutlined, RightOutlined, ZoomOutOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import dayjs from "dayjs";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { calendars } from "../api/queries";
import { isPreset, type Preset, presets, type Range, type RangeSearch, resolveRange, shiftStart, steady } from "../lib/ranges";
import { iso, ofPicker, pickerDate, zoneLabel } from "../lib/time";

/** The stretch of time that a page's address means; relative ones move on by themselves. */
export function useRange(search: RangeSearch, fallback: Preset): Range & { live: boolean } {
  const live = !search.from;
  const [now, setNow] = useState(() => steady(Date.now()));
  useEffect(() => {
    if (!live) return;
    setNow(steady(Date.now()));
    const timer = setInterval(() => setNow(steady(Date.now())), 10_000);
    return () => clearInterval(timer);
  }, [live]);
  const { data: all } = useQuery(calendars);
  return useMemo(() => {
    const began = shiftStart(all?.flatMap((c) => c.shifts) ?? [], now);
    return { ...resolveRange(search, fallback, now, began), live };
  }, [search.range, search.from, search.to, fallback, now, live, all]);
}

interface Props { search: RangeSearch; fallback: Preset; range: Range; set: (r: RangeSearch) => void; few?: boolean }

export function RangePicker({ search, fallback, range, set, few = false }: Props) {
  const { t } = useTranslation();
  const current = search.from ? "custom" : (search.range ?? fallback);
  const options = [...presets.map((p) => ({ value: p as string, label: t(`range.${p}`) })), { value: "custom", label: t("range.custom") }];
  const custom = (from: number, to: number) => set({ from: iso(from), to: iso(to) });
  const choose = (v: string) => (isPreset(v) ? set({ range: v }) : custom(range.from, range.to));
  const span = range.to - range.from;
  return (
    <div className="row noprint" role="group" aria-label={t("range.label")} style={{ gap: 4 }}>
      {few ? <Select value={current} options={options} onChange={choose} aria-label={t("range.label")} style={{ width: 130 }} />
        : <Segmented value={current} options={options} onChange={choose} aria-label={t("range.label")} />}
      {search.from && (
        <DatePicker.RangePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" allowClear={false} title={zoneLabel}
          value={[dayjs(pickerDate(range.from)), dayjs(pickerDate(range.to))]}
          onChange={(v) => v?.[0] && v[1] && v[0].isBefore(v[1]) && custom(ofPicker(v[0].toDate()), ofPicker(v[1].toDate()))} />)}
      <Button icon={<LeftOutlined />} aria-label={t("range.earlier")} title={t("range.earlier")} onClick={() => custom(range.from - span / 2, range.to - span / 2)} />
      <Button icon={<RightOutlined />} aria-label={t("range.later")} title={t("range.later")} onClick={() => custom(range.from + span / 2, range.to + span / 2)} />
      <Button icon={<ZoomOutOutlined />} aria-label={t("range.out")} title={t("range.out")} onClick={() => custom(range.from - span / 2, range.to + span / 2)} />
    </div>
  );
}
