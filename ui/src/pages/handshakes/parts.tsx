import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Tag } from "antd";
import { useTranslation } from "react-i18next";
import type { Handover, Handshake, HandshakeView, RunMode, StepName } from "../../api/handshake";
import { session } from "../../api/queries";
import { useLang } from "../../i18n/useLang";
import { measured, span } from "../../lib/format";
import type { HandshakesSearch } from "../../routes";

/** What the page shows stands in the address. */
export function useHandshakesSearch(): [HandshakesSearch, (more: HandshakesSearch) => void] {
  const search: HandshakesSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  return [search, (more) => void navigate({ to: "/control/handshakes", search: { ...search, ...more }, replace: true })];
}

/** What the person may do here, and who it is. */
export function useMay(): { writes: boolean; controls: boolean; name: string } {
  const me = useQuery(session).data;
  const may = me?.permissions ?? [];
  return { writes: may.includes("engineer"), controls: may.includes("control"), name: me?.name ?? "" };
}

const colors: Record<RunMode, string> = { off: "default", on: "success", suspended: "error" };

export function ModeTag({ mode }: { mode: RunMode }) {
  const { t } = useTranslation("handshake");
  return <Tag color={colors[mode]}>{t(`mode.${mode}`)}</Tag>;
}

const endColors = { done: "success", aborted: "error", timed_out: "warning", open: "processing" } as const;

export function EndTag({ of }: { of: Handover }) {
  const { t } = useTranslation("handshake");
  const end = of.end ?? "open";
  return <Tag color={endColors[end]}>{t(`end.${end}`)}</Tag>;
}

/** A short time: 12.4 ms, 3.2 s, or as people say it. */
export function useTook(): (ms: number | undefined) => string {
  const { lang } = useLang();
  return (n) => (n === undefined ? "—" : n < 1000 ? `${measured(n)} ms` : n < 60_000 ? `${measured(n / 1000)} s` : span(n, lang));
}

/** Who somebody is in a handshake: the machine by its name. */
export function useWho(h: Handshake): (party: string | undefined) => string {
  const { t } = useTranslation("handshake");
  const { name } = useLang();
  return (party) => (party === "giver" ? name(h.giver.name) || t("giver") : party === "taker" ? name(h.taker.name) || t("taker") : party === "node" ? t("node") : "");
}

/** What a party is called by the kind of the handshake. */
export function useRole(): (h: Pick<Handshake, "kind">, party: "giver" | "taker") => string {
  const { t } = useTranslation("handshake");
  return (h, party) => t(h.kind === "call-off" ? (party === "giver" ? "caller" : "carrier") : party);
}

/** Why a hand-over ended as it did; empty for one that is done. */
export function useWhy(h: Handshake): (one: Handover) => string {
  const { t } = useTranslation("handshake");
  const who = useWho(h);
  return (o) => (o.why ? t(`why.${o.why}`, { who: who(o.end_by), step: o.at ? t(`step.${o.at as StepName}`) : "", loss: o.loss ? t(`loss.${o.loss}`) : "", by: o.by ?? "" }) : "");
}

/** Where a running handshake stands, in words. */
export function useStands(): (v: HandshakeView) => string {
  const { t } = useTranslation("handshake");
  const { name } = useLang();
  return (v) => {
    const n = v.now;
    if (!n) return "—";
    if (n.phase === "idle" && n.blocked) return t("wait.blocked", { signal: n.blocked });
    const who = name(n.party === "taker" ? v.handshake.taker.name : v.handshake.giver.name);
    return t(`wait.${n.phase}`, { who, step: n.step ? t(`step.${n.step as StepName}`) : "" });
  };
}
