import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { putOff } from "../api/patience";
import { health } from "../api/queries";
import { bytes, fixed } from "../lib/format";

/** On every page: the disk fills up, or the node puts questions off. */
export function PressureBanner() {
  return (
    <>
      <DiskBanner />
      <BusyBanner />
    </>
  );
}

function DiskBanner() {
  const { t } = useTranslation();
  const disk = useQuery(health).data?.disk;
  if (!disk || disk.level === "ok") return null;
  const left = disk.days_left === undefined ? "" : t(disk.days_left < 1 ? "disk.left.day" : "disk.left", { days: fixed(disk.days_left, 0) });
  const stops = disk.level === "stop";
  return (
    <div role={stops ? "alert" : "status"} className="hatch" style={{ padding: "6px 16px", borderBottom: `2px solid var(--${disk.level === "warn" ? "line" : "alarm"})`, fontWeight: 600 }}>
      {stops ? "⛔" : "⚠"} {t(`disk.${disk.level}`, { free: bytes(disk.free), total: bytes(disk.total) })}{stops ? "" : left}
    </div>
  );
}

function BusyBanner() {
  const { t } = useTranslation();
  const waiting = useSyncExternalStore(putOff.watch, putOff.now);
  if (waiting === 0) return null;
  return <div role="status" style={{ padding: "4px 16px", borderBottom: "1px solid var(--line)" }}>⏳ {t("busy", { n: waiting })}</div>;
}
