import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Segmented } from "antd";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { deviceFrames } from "../../api/queries";
import type { DeviceStatus, Frame, Frames as Recorded } from "../../api/types";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { download } from "../../lib/download";
import { clock, dateTime } from "../../lib/time";
import { asText, dump, matches } from "./frames";

/** What passes between the node and a device. To look is to begin recording. */
export function Frames({ device }: { device: DeviceStatus }) {
  const { t } = useTranslation("devices");
  const queries = useQueryClient();
  const query = useQuery(deviceFrames(device.id));
  const watch = useMutation({
    mutationFn: () => api.post<Recorded>(`/devices/${device.id}/watch`),
    onSuccess: (got) => queries.setQueryData(deviceFrames(device.id).queryKey, got),
  });
  const { mutate } = watch;
  useEffect(() => mutate(), [mutate, device.id]);
  const [text, setText] = useState("");
  const [way, setWay] = useState<"all" | Frame["direction"]>("all");
  const [held, setHeld] = useState<Frame[]>();
  const [copied, setCopied] = useState(false);
  const all = held ?? query.data?.items;
  const shown = useMemo(() => (all ?? []).filter((f) => (way === "all" || f.direction === way) && matches(f, text)).reverse(), [all, way, text]);
  const file = () => asText(device, [...shown].reverse());
  const copy = () => void navigator.clipboard?.writeText(file()).then(() => setCopied(true));
  const until = query.data?.watched_until;
  return (
    <section className="panel" aria-label={t("f.title")}>
      <h2>{t("f.title")}</h2>
      <div className="row">
        <Input allowClear style={{ width: 200 }} placeholder={t("f.filter")} aria-label={t("f.filter")} onChange={(e) => setText(e.target.value)} />
        <Segmented value={way} onChange={setWay} aria-label={t("f.way")} options={[{ value: "all", label: t("f.all") }, { value: "sent", label: `→ ${t("f.sent")}` }, { value: "received", label: `← ${t("f.received")}` }]} />
        <Button onClick={() => setHeld(held ? undefined : query.data?.items)} disabled={!all}>{held ? t("f.goon") : t("f.hold")}</Button>
        {window.isSecureContext && <Button onClick={copy} disabled={shown.length === 0}>{copied ? t("f.copied") : t("f.copy")}</Button>}
        <Button onClick={() => download(`${device.path.replaceAll("/", "_")}-frames.txt`, file(), "text/plain")} disabled={shown.length === 0}>{t("f.download")}</Button>
        {!until && <Button type="primary" loading={watch.isPending} onClick={() => watch.mutate()}>{t("f.watch")}</Button>}
      </div>
      <p className="dim" role="status">{until ? t("f.until", { at: clock(until, true) }) : t("f.off")} {t("f.secrets")}</p>
      {watch.error && <Problem error={watch.error} />}
      {!all ? <Waiting query={query} /> : shown.length === 0 ? <Nothing text={all.length > 0 ? t("f.nomatch") : t("f.none")} /> : (
        <div className="scroll" style={{ maxHeight: 420 }} tabIndex={0} aria-label={t("f.title")}>
          <table className="plain">
            <thead><tr><th>{t("v.time")}</th><th>{t("f.way")}</th><th className="r">{t("f.length")}</th><th>{t("f.hex")}</th><th>ASCII</th></tr></thead>
            <tbody>{shown.map((f) => <Row key={f.no} of={f} />)}</tbody>
          </table>
        </div>)}
    </section>
  );
}

function Row({ of: f }: { of: Frame }) {
  const { t } = useTranslation("devices");
  const lines = dump(f.hex);
  const cut = f.hex.length / 2 < f.length;
  return (
    <tr style={{ verticalAlign: "top" }}>
      <td className="num" title={dateTime(f.time, true)}>{dateTime(f.time, true).slice(-12)}</td>
      <td style={{ whiteSpace: "nowrap" }}>{f.direction === "sent" ? `→ ${t("f.sent")}` : `← ${t("f.received")}`}</td>
      <td className="r num">{f.length}</td>
      <td className="mono" style={{ whiteSpace: "pre" }}>{f.about && <div className="dim" style={{ whiteSpace: "normal" }}>{f.about}</div>}{lines.map((l) => l.hex).join("\n")}{cut && <div className="dim">{t("f.cut", { n: f.hex.length / 2 })}</div>}</td>
      <td className="mono" style={{ whiteSpace: "pre" }}>{f.about && <div>{" "}</div>}{lines.map((l) => l.text).join("\n")}</td>
    </tr>
  );
}
