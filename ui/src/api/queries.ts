// What pages ask, one function per resource; keys live next to their question.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type * as T from "./types";

const items = async <X>(path: string, query = {}, signal?: AbortSignal): Promise<X[]> => (await api.get<T.List<X>>(path, query, signal)).items;

/** All pages of a listing; bounded, so that a mistake cannot ask for ever. */
async function everything<X>(path: string, query: Record<string, string | number | boolean | undefined>, signal?: AbortSignal): Promise<X[]> {
  const out: X[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 50; page++) {
    const got = await api.get<T.List<X>>(path, { limit: 1000, ...query, cursor }, signal);
    out.push(...got.items);
    if (!got.next) break;
    cursor = got.next;
  }
  return out;
}

export const session = queryOptions({ queryKey: ["session"], queryFn: () => api.get<T.Me>("/session"), staleTime: 60_000, retry: false });
export const health = queryOptions({ queryKey: ["health"], queryFn: () => api.get<T.Health>("/health"), refetchInterval: 15_000 });

export const suspicions = (state: readonly string[]) =>
  queryOptions({ queryKey: ["suspicions", state], queryFn: ({ signal }) => items<T.Suspicion>("/suspicions", { state: state.join(",") || undefined }, signal) });
export const sheetImports = queryOptions({ queryKey: ["sheet-imports"], queryFn: ({ signal }) => items<T.SheetImport>("/sheets/imports", {}, signal) });
export const links = queryOptions({ queryKey: ["links"], queryFn: () => api.get<T.NodeLinks>("/links"), refetchInterval: 5_000 });
export const nodePlant = (id: string) => queryOptions({ queryKey: ["node-plant", id], queryFn: () => api.text(`/links/nodes/${id}/plant`), retry: false, refetchOnWindowFocus: false });
export const nodeSettings = (id: string) =>
  queryOptions({ queryKey: ["node-settings", id], refetchInterval: 3_000, queryFn: () => items<T.NodeSetting>(`/links/nodes/${id}/settings`) });

export const machines = (scope = "") =>
  queryOptions({ queryKey: ["machines", scope], queryFn: ({ signal }) => everything<T.Machine>("/equipment", { scope }, signal) });
export const machine = (id: string) =>
  queryOptions({ queryKey: ["machine", id], queryFn: ({ signal }) => api.get<T.MachineDetail>(`/equipment/${id}`, {}, signal) });
export const intervals = (id: string, from: string, to: string) =>
  queryOptions({ queryKey: ["intervals", id, from, to], placeholderData: keepPreviousData,
    queryFn: ({ signal }) => items<T.Interval>(`/equipment/${id}/intervals`, { from, to }, signal) });
export const thresholds = (id: string, signal: string | undefined, from: string, to: string) =>
  queryOptions({ queryKey: ["thresholds", id, signal, from, to], placeholderData: keepPreviousData, refetchOnWindowFocus: false,
    queryFn: ({ signal: stop }) => api.get<T.Thresholds>(`/equipment/${id}/thresholds`, { signal, from, to }, stop) });
export const preview = (id: string, param: string[], from: string, to: string) =>
  queryOptions({ queryKey: ["preview", id, param, from, to], placeholderData: keepPreviousData, refetchOnWindowFocus: false,
    queryFn: ({ signal }) => items<T.Interval>(`/equipment/${id}/preview`, { param, from, to }, signal) });
export const waveforms = (tag: string, from: string, to: string) =>
  queryOptions({ queryKey: ["waveforms", tag, from, to], placeholderData: keepPreviousData,
    queryFn: ({ signal }) => api.get<T.WaveformPage>("/waveforms", { tag, from, to, limit: 20, points: 80 }, signal) });
export const waveform = (tag: string, start: string) =>
  queryOptions({ queryKey: ["waveform", tag, start], staleTime: Number.POSITIVE_INFINITY, queryFn: ({ signal }) => api.get<T.Waveform>("/waveforms/values", { tag, start }, signal) });
export const events = (equipment: string, from: string, to: string) =>
  queryOptions({ queryKey: ["events", equipment, from, to], queryFn: ({ signal }) => items<T.FactEvent>("/events", { equipment, from, to }, signal) });

export interface StopQuery { scope?: string; equipment?: string; unassigned?: boolean; micro?: boolean; from: string; to: string }
export const stops = (q: StopQuery) =>
  queryOptions({ queryKey: ["stops", q], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<T.List<T.Stop>>("/stops", { limit: 500, ...q }, signal) });
export const stopReasons = queryOptions({ queryKey: ["stop-reasons"], queryFn: () => items<T.StopReason>("/stop-reasons"), staleTime: 600_000 });
export const losses = (scope: string, from: string, to: string) =>
  queryOptions({ queryKey: ["losses", scope, from, to], placeholderData: keepPreviousData, queryFn: ({ signal }) => items<T.Loss>("/losses", { scope, from, to }, signal) });
export const lossParts = (link: string) =>
  queryOptions({ queryKey: ["loss-parts", link], queryFn: ({ signal }) => everything<T.LossPart>(link, {}, signal) });

export interface AlarmQuery { scope?: string | undefined; equipment?: string | undefined; now?: boolean; aside?: boolean | undefined; alarm?: string | undefined; source?: string | undefined; open?: boolean; unacked?: boolean; priority?: number; q?: string; from?: string; to?: string }
export const alarms = (q: AlarmQuery) =>
  queryOptions({ queryKey: ["alarms", q], placeholderData: keepPreviousData, refetchInterval: q.now || q.open ? 10_000 : false, queryFn: ({ signal }) => api.get<T.List<T.Alarm>>("/alarms", { limit: 500, ...q }, signal) });

export const setPoints = (id: string) =>
  queryOptions({ queryKey: ["set-points", id], queryFn: ({ signal }) => items<T.SetPoint>(`/equipment/${id}/set-points`, {}, signal), refetchInterval: 5_000 });
export const commands = (q: { equipment?: string; state?: string; limit?: number }) =>
  queryOptions({ queryKey: ["commands", q], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<T.List<T.Command>>("/commands", q, signal) });
/** Commands a page at a time, newest first; asked again while people wait for one another. */
export const commandList = (q: { state?: string | undefined }) => infiniteQueryOptions({
  queryKey: ["commands", "list", q], placeholderData: keepPreviousData, initialPageParam: "", getNextPageParam: (last: T.List<T.Command>) => last.next, refetchInterval: 3_000,
  queryFn: ({ pageParam, signal }) => api.get<T.List<T.Command>>("/commands", { ...q, limit: 50, cursor: pageParam || undefined }, signal),
});
/** One command, asked again until nothing more becomes of it. */
export const command = (id: string) =>
  queryOptions({ queryKey: ["command", id], queryFn: ({ signal }) => api.get<T.Command>(`/commands/${id}`, { wait_ms: 300 }, signal), refetchInterval: (q) => (q.state.data?.final ? false : 200) });

export const definitions = queryOptions({ queryKey: ["definitions"], queryFn: () => items<T.Definition>("/definitions"), staleTime: 600_000 });
export interface FigureQuery { scope: string; window: string; from: string; to: string; by?: string }
export const figures = (id: string, q: FigureQuery) =>
  queryOptions({ queryKey: ["figures", id, q], placeholderData: keepPreviousData, queryFn: ({ signal }) => items<T.Figure>(`/figures/${id}`, { ...q }, signal) });
export const evidence = (link: string) =>
  queryOptions({ queryKey: ["evidence", link], queryFn: ({ signal }) => api.get<T.Evidence>(link, {}, signal) });

export const tags = (scope: string, q = "") =>
  queryOptions({ queryKey: ["tags", scope, q], queryFn: ({ signal }) => everything<T.Tag>("/tags", { scope, q }, signal), staleTime: 60_000 });
export const samples = (link: string, limit: number) =>
  queryOptions({ queryKey: ["samples", link, limit], queryFn: ({ signal }) => api.get<T.SamplePage>(link, { limit }, signal) });
export const series = (tag: number[], from: string, to: string, points: number) =>
  queryOptions({ queryKey: ["series", tag, from, to, points], placeholderData: keepPreviousData,
    queryFn: ({ signal }) => api.get<{ series: T.Series[] }>("/series", { tag, from, to, points }, signal) });

export const nodes = queryOptions({ queryKey: ["nodes"], queryFn: ({ signal }) => items<T.PlantNode>("/nodes", {}, signal) });
export const calendars = queryOptions({ queryKey: ["calendars"], queryFn: () => items<T.Calendar>("/calendars"), staleTime: 60_000 });
export const products = queryOptions({ queryKey: ["products"], queryFn: () => items<T.Product>("/products"), staleTime: 60_000 });

export const devices = queryOptions({ queryKey: ["devices"], queryFn: ({ signal }) => items<T.DeviceStatus>("/devices", {}, signal), refetchInterval: 2_000 });
export const deviceValues = (id: string) =>
  queryOptions({ queryKey: ["device-values", id], queryFn: ({ signal }) => items<T.DeviceValue>(`/devices/${id}/values`, {}, signal), refetchInterval: 1_000 });
export const deviceHealth = (id: string) =>
  queryOptions({ queryKey: ["device-health", id], queryFn: ({ signal }) => api.get<T.DeviceHealth>(`/devices/${id}/health`, {}, signal), refetchInterval: 2_000 });
export const deviceFrames = (id: string) =>
  queryOptions({ queryKey: ["device-frames", id], queryFn: ({ signal }) => api.get<T.Frames>(`/devices/${id}/frames`, {}, signal), refetchInterval: 2_000 });
export const certificates = queryOptions({ queryKey: ["certificates"], queryFn: () => items<T.Certificate>("/certificates"), refetchInterval: 5_000 });
export const profiles = queryOptions({ queryKey: ["profiles"], queryFn: () => items<T.Profile>("/profiles"), staleTime: 600_000 });
export const profile = (id: string) => queryOptions({ queryKey: ["profile", id], queryFn: () => api.get<T.ProfileDetail>(`/profiles/${id}`) });
export const drivers = queryOptions({ queryKey: ["drivers"], queryFn: () => items<T.DriverInfo>("/drivers"), staleTime: 600_000 });

export const searches = queryOptions({ queryKey: ["searches"], queryFn: () => items<T.Search>("/searches"), refetchInterval: 1_000 });
export const candidates = queryOptions({ queryKey: ["candidates"], queryFn: () => items<T.Candidate>("/candidates"), refetchInterval: 2_000 });
export const discoveryRules = queryOptions({ queryKey: ["discovery-rules"], queryFn: () => items<T.DiscoveryRule>("/discovery-rules") });

export const northTargets = queryOptions({ queryKey: ["north-targets"], queryFn: () => items<T.NorthRow>("/north-targets"), refetchInterval: 2_000 });

export const acceptanceDefaults = queryOptions({ queryKey: ["acceptance-defaults"], queryFn: () => api.get<T.AcceptanceCriteria>("/acceptance-defaults"), staleTime: 600_000 });
export const acceptanceJobs = queryOptions({ queryKey: ["acceptance-jobs"], queryFn: () => items<T.AcceptanceJob>("/acceptance-jobs"), refetchInterval: (q) => (q.state.data?.some((j) => j.state === "running") ? 500 : 5_000) });
export const acceptanceReports = queryOptions({ queryKey: ["acceptance-reports"], queryFn: () => items<T.AcceptanceHead>("/acceptance-reports"), refetchInterval: 5_000 });
export const acceptanceReport = (id: string) =>
  queryOptions({ queryKey: ["acceptance-report", id], queryFn: ({ signal }) => api.get<T.AcceptanceReport>(`/acceptance-reports/${id}`, {}, signal) });

export const users = queryOptions({ queryKey: ["users"], queryFn: () => items<T.User>("/users") });
export const guests = queryOptions({ queryKey: ["guests"], queryFn: ({ signal }) => items<T.Guest>("/guests", {}, signal) });
export const myGrants = queryOptions({ queryKey: ["my-grants"], queryFn: ({ signal }) => items<T.Held>("/session/grants", {}, signal) });
export const providers = queryOptions({ queryKey: ["providers"], queryFn: () => items<T.Provider>("/providers") });
export const doors = queryOptions({ queryKey: ["doors"], queryFn: () => items<T.Door>("/session/providers"), staleTime: 60_000 });
export const roles = queryOptions({ queryKey: ["roles"], queryFn: () => items<T.RoleDef>("/roles") });
export const whoMay = (q: { permission: T.Permission; scope?: string; firm?: string; region?: string; sector?: string }) =>
  queryOptions({ queryKey: ["who-may", q], queryFn: () => items<T.Holder>("/access", q) });
export const secondFactor = queryOptions({ queryKey: ["second-factor"], queryFn: () => api.get<T.FactorState>("/second-factor") });
export const sessions = queryOptions({ queryKey: ["sessions"], queryFn: ({ signal }) => items<T.OpenSession>("/sessions", {}, signal) });
export const userSessions = (id: string) => queryOptions({ queryKey: ["sessions", id], queryFn: ({ signal }) => items<T.OpenSession>(`/users/${id}/sessions`, {}, signal) });
export const tokens = queryOptions({ queryKey: ["tokens"], queryFn: () => items<T.Token>("/tokens") });
export interface AuditSearch {
  tab?: string | undefined; kind?: string | undefined; who?: string | undefined; action?: string | undefined; object?: string | undefined; from?: string | undefined; to?: string | undefined;
}
export const auditQuery = ({ tab: _, ...filter }: AuditSearch) => filter;
export const auditList = (s: AuditSearch) => infiniteQueryOptions({
  queryKey: ["audit", auditQuery(s)],
  queryFn: ({ pageParam, signal }) => api.get<T.List<T.AuditEntry>>("/audit", { ...auditQuery(s), limit: 50, cursor: pageParam || undefined }, signal),
  initialPageParam: "",
  getNextPageParam: (last) => last.next,
});

export const regions = queryOptions({ queryKey: ["regions"], staleTime: 600_000, queryFn: ({ signal }) => items<T.Region>("/regions", { within: "33" }, signal) });
export const policies = queryOptions({ queryKey: ["policies"], staleTime: 600_000, queryFn: ({ signal }) => api.get<T.Policies>("/policies", {}, signal) });
export const targets = (region: string | undefined, year: number) =>
  queryOptions({ queryKey: ["targets", region, year], placeholderData: keepPreviousData, queryFn: ({ signal }) => items<T.TargetRow>("/targets", { region, year }, signal) });
export const indicator = (id: string, region: string | undefined, year: number) =>
  queryOptions({ queryKey: ["indicator", id, region, year], queryFn: ({ signal }) => api.get<T.TargetResult>(`/indicators/${id}`, { region, year }, signal) });
