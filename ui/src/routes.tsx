import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import type { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./api/client";
import { type AuditSearch, session } from "./api/queries";
import { Layout } from "./components/Layout";
import { Missing, PageError } from "./components/PageError";
import type { FirmsSearch } from "./pages/firms/firms";
import type { TenantsSearch } from "./pages/tenants/tenants";
import { parseRange, type RangeSearch } from "./lib/ranges";

const root = createRootRouteWithContext<{ client: QueryClient }>()({ errorComponent: PageError, notFoundComponent: Missing });

const text = (v: unknown): string | undefined => (typeof v === "string" && v !== "" ? v : typeof v === "number" ? String(v) : undefined);

const signin = createRoute({
  getParentRoute: () => root, path: "/signin", component: lazyRouteComponent(() => import("./pages/signin/SignIn")),
  validateSearch: (s: Record<string, unknown>): { link?: string; to?: string; refused?: string } => ({ link: text(s.link), to: text(s.to), refused: text(s.refused) }),
});

/** Who is not signed in signs in first and comes back. */
async function signedIn({ context, location }: { context: { client: QueryClient }; location: { href: string } }): Promise<void> {
  try {
    await context.client.ensureQueryData(session);
  } catch (err) {
    if (err instanceof ApiError && err.status === 401) throw redirect({ to: "/signin", search: { to: location.href } });
    throw err;
  }
}

const app = createRoute({ getParentRoute: () => root, id: "app", component: Layout, beforeLoad: signedIn });

export interface BoardSearch { state?: string; line?: string; q?: string; look?: "andon" }
const overview = createRoute({
  getParentRoute: () => app, path: "/", component: lazyRouteComponent(() => import("./pages/overview/Overview")),
  validateSearch: (s: Record<string, unknown>): BoardSearch => ({ state: text(s.state), line: text(s.line), q: text(s.q), look: s.look === "andon" ? "andon" : undefined }),
});

export interface MachineSearch extends RangeSearch { tags?: string }
const machine = createRoute({
  getParentRoute: () => app, path: "/machines/$id", component: lazyRouteComponent(() => import("./pages/machine/MachinePage")),
  validateSearch: (s: Record<string, unknown>): MachineSearch => ({ ...parseRange(s), tags: text(s.tags) }),
});

export interface StopsSearch extends RangeSearch { scope?: string; show?: "all" }
const stops = createRoute({
  getParentRoute: () => app, path: "/stops", component: lazyRouteComponent(() => import("./pages/stops/StopsPage")),
  validateSearch: (s: Record<string, unknown>): StopsSearch => ({ ...parseRange(s), scope: text(s.scope), show: s.show === "all" ? "all" : undefined }),
});

export interface AlarmsSearch extends RangeSearch { tab?: string; scope?: string; show?: "past"; priority?: number; source?: string; q?: string; alarm?: string; equipment?: string; operators?: number }
const alarms = createRoute({
  getParentRoute: () => app, path: "/alarms", component: lazyRouteComponent(() => import("./pages/alarms/AlarmsPage")),
  validateSearch: (s: Record<string, unknown>): AlarmsSearch => ({ ...parseRange(s), tab: text(s.tab), scope: text(s.scope), show: s.show === "past" ? "past" : undefined, priority: Number(s.priority) || undefined, source: text(s.source), q: text(s.q), alarm: text(s.alarm), equipment: text(s.equipment), operators: Number(s.operators) || undefined }),
});

export interface MaintenanceSearch extends RangeSearch { tab?: string; scope?: string; q?: string; all?: boolean; order?: string }
const maintenance = createRoute({
  getParentRoute: () => app, path: "/maintenance", component: lazyRouteComponent(() => import("./pages/maintenance/MaintenancePage")),
  validateSearch: (s: Record<string, unknown>): MaintenanceSearch => ({ ...parseRange(s), tab: text(s.tab), scope: text(s.scope), q: text(s.q), all: s.all === true || undefined, order: text(s.order) }),
});

export interface OeeSearch extends RangeSearch { scope?: string; window?: string; by?: string; figure?: string }
const oee = createRoute({
  getParentRoute: () => app, path: "/oee", component: lazyRouteComponent(() => import("./pages/oee/OeePage")),
  validateSearch: (s: Record<string, unknown>): OeeSearch => ({ ...parseRange(s), scope: text(s.scope), window: text(s.window), by: text(s.by), figure: text(s.figure) }),
});

const trend = createRoute({
  getParentRoute: () => app, path: "/trend", component: lazyRouteComponent(() => import("./pages/trend/TrendPage")),
  validateSearch: (s: Record<string, unknown>): MachineSearch => ({ ...parseRange(s), tags: text(s.tags) }),
});

const plant = createRoute({
  getParentRoute: () => app, path: "/plant", component: lazyRouteComponent(() => import("./pages/plant/PlantPage")),
  validateSearch: (s: Record<string, unknown>): { tab?: string; node?: string } => ({ tab: text(s.tab), node: text(s.node) }),
});

const devices = createRoute({
  getParentRoute: () => app, path: "/devices", component: lazyRouteComponent(() => import("./pages/devices/DevicesPage")),
  validateSearch: (s: Record<string, unknown>): { tab?: string; device?: string; profile?: string; report?: string; show?: string } => ({ tab: text(s.tab), device: text(s.device), profile: text(s.profile), report: text(s.report), show: text(s.show) }),
});

export interface TargetsSearch { region?: string; year?: number; target?: string }
const targets = createRoute({
  getParentRoute: () => app, path: "/targets", component: lazyRouteComponent(() => import("./pages/targets/TargetsPage")),
  validateSearch: (s: Record<string, unknown>): TargetsSearch => ({ region: text(s.region), year: Number(s.year) || undefined, target: text(s.target) }),
});

export interface CockpitSearch { region?: string | undefined; year?: number | undefined; view?: "tiles" | "map" | "trend" | undefined; pick?: string | undefined }
const walkSearch = (s: Record<string, unknown>): CockpitSearch => ({ region: text(s.region), year: Number(s.year) || undefined, view: s.view === "tiles" || s.view === "map" || s.view === "trend" ? s.view : undefined, pick: text(s.pick) });
export interface LedgersSearch {
  tab?: string | undefined; q?: string | undefined; region?: string | undefined; year?: number | undefined; basis?: string | undefined; kind?: string | undefined; ending?: number | undefined; id?: string | undefined; void?: boolean | undefined;
}
const ledgers = createRoute({
  getParentRoute: () => app, path: "/ledgers", component: lazyRouteComponent(() => import("./pages/ledgers/LedgersPage")),
  validateSearch: (s: Record<string, unknown>): LedgersSearch => ({ tab: text(s.tab), q: text(s.q), region: text(s.region), year: Number(s.year) || undefined, basis: text(s.basis), kind: text(s.kind), ending: Number(s.ending) || undefined, id: text(s.id), void: s.void === true || undefined }),
});

export interface TasksSearch {
  tab?: string | undefined; year?: number | undefined; region?: string | undefined; target?: string | undefined; unit?: string | undefined; id?: string | undefined; q?: string | undefined; ended?: boolean | undefined;
}
const tasks = createRoute({
  getParentRoute: () => app, path: "/tasks", component: lazyRouteComponent(() => import("./pages/tasks/TasksPage")),
  validateSearch: (s: Record<string, unknown>): TasksSearch => ({ tab: text(s.tab), year: Number(s.year) || undefined, region: text(s.region), target: text(s.target), unit: text(s.unit), id: text(s.id), q: text(s.q), ended: s.ended === true || undefined }),
});

const cockpit = createRoute({ getParentRoute: () => app, path: "/cockpit", validateSearch: walkSearch, component: lazyRouteComponent(() => import("./pages/cockpit/CockpitPage")) });
const cockpitIndicator = createRoute({ getParentRoute: () => app, path: "/cockpit/$indicator", validateSearch: walkSearch, component: lazyRouteComponent(() => import("./pages/cockpit/IndicatorPage")) });
const cockpitFirm = createRoute({ getParentRoute: () => app, path: "/cockpit/$indicator/firms/$firm", validateSearch: walkSearch, component: lazyRouteComponent(() => import("./pages/cockpit/FirmPage")) });
export interface MachineWalk extends CockpitSearch { month?: string | undefined }
const cockpitMachine = createRoute({
  getParentRoute: () => app, path: "/cockpit/$indicator/machines/$machine", component: lazyRouteComponent(() => import("./pages/cockpit/MachineDaysPage")),
  validateSearch: (s: Record<string, unknown>): MachineWalk => ({ ...walkSearch(s), month: text(s.month) }),
});
export interface DayWalk extends CockpitSearch { request?: string | undefined; office?: string | undefined; tag?: string | undefined; hour?: number | undefined }
const cockpitDay = createRoute({
  getParentRoute: () => app, path: "/cockpit/$indicator/machines/$machine/$day", component: lazyRouteComponent(() => import("./pages/cockpit/DayPage")),
  validateSearch: (s: Record<string, unknown>): DayWalk => ({ ...walkSearch(s), request: text(s.request), office: text(s.office), tag: text(s.tag), hour: typeof s.hour === "number" && s.hour >= 0 && s.hour < 24 ? s.hour : undefined }),
});
export interface ScreenSearch extends CockpitSearch { indicator?: string | undefined; still?: boolean | undefined }
const screen = createRoute({
  getParentRoute: () => root, path: "/screen", component: lazyRouteComponent(() => import("./pages/cockpit/Screen")),
  validateSearch: (s: Record<string, unknown>): ScreenSearch => ({ ...walkSearch(s), indicator: text(s.indicator), still: s.still === true || undefined }),
  beforeLoad: signedIn,
});
const requests = createRoute({
  getParentRoute: () => app, path: "/requests", component: lazyRouteComponent(() => import("./pages/requests/RequestsPage")),
  validateSearch: (s: Record<string, unknown>): { tab?: string; id?: string } => ({ tab: text(s.tab), id: text(s.id) }),
});

const exchange = createRoute({
  getParentRoute: () => app, path: "/exchange", component: lazyRouteComponent(() => import("./pages/exchange/ExchangePage")),
  validateSearch: (s: Record<string, unknown>): { tab?: string } => ({ tab: text(s.tab) }),
});

const tenants = createRoute({
  getParentRoute: () => app, path: "/tenants", component: lazyRouteComponent(() => import("./pages/tenants/TenantsPage")),
  validateSearch: (s: Record<string, unknown>): TenantsSearch => ({ q: text(s.q), state: text(s.state), tenant: text(s.tenant) }),
});

const firms = createRoute({
  getParentRoute: () => app, path: "/firms", component: lazyRouteComponent(() => import("./pages/firms/FirmsPage")),
  validateSearch: (s: Record<string, unknown>): FirmsSearch => ({ tab: text(s.tab), q: text(s.q), region: text(s.region), industry: text(s.industry), size: text(s.size), mark: text(s.mark), sort: text(s.sort), firm: text(s.firm) }),
});

export interface MaterialSearch extends RangeSearch {
  tab?: string | undefined; q?: string | undefined; item?: string | undefined; location?: string | undefined; scope?: string | undefined; order?: string | undefined; lot?: string | undefined; doubt?: boolean | undefined; ended?: boolean | undefined;
}
const material = createRoute({
  getParentRoute: () => app, path: "/material", component: lazyRouteComponent(() => import("./pages/material/MaterialPage")),
  validateSearch: (s: Record<string, unknown>): MaterialSearch => ({
    ...parseRange(s), tab: text(s.tab), q: text(s.q), item: text(s.item), location: text(s.location), scope: text(s.scope), order: text(s.order), lot: text(s.lot), doubt: s.doubt === true || undefined, ended: s.ended === true || undefined,
  }),
});

export interface QualitySearch extends RangeSearch { tab?: string | undefined; characteristic?: string | undefined; scope?: string | undefined; case?: string | undefined; gauge?: string | undefined; look?: string | undefined; with?: string | undefined; ended?: boolean | undefined; certificate?: string | undefined; picture?: string | undefined; q?: string | undefined; state?: string | undefined; product?: string | undefined }
const quality = createRoute({
  getParentRoute: () => app, path: "/quality", component: lazyRouteComponent(() => import("./pages/quality/QualityPage")),
  validateSearch: (s: Record<string, unknown>): QualitySearch => ({ ...parseRange(s), tab: text(s.tab), characteristic: text(s.characteristic), scope: text(s.scope), case: text(s.case), gauge: text(s.gauge), look: text(s.look), with: text(s.with), ended: s.ended === true || undefined, certificate: text(s.certificate), picture: text(s.picture), q: text(s.q), state: text(s.state), product: text(s.product) }),
});

export interface ProcessSearch extends RangeSearch {
  tab?: string | undefined; scope?: string | undefined; recipe?: string | undefined; with?: string | undefined; equipment?: string | undefined; download?: string | undefined; order?: string | undefined; job?: number | undefined; near?: string | undefined; deviation?: string | undefined; open?: boolean | undefined; ended?: boolean | undefined;
}
const process = createRoute({
  getParentRoute: () => app, path: "/process", component: lazyRouteComponent(() => import("./pages/process/ProcessPage")),
  validateSearch: (s: Record<string, unknown>): ProcessSearch => ({
    ...parseRange(s), tab: text(s.tab), scope: text(s.scope), recipe: text(s.recipe), with: text(s.with), equipment: text(s.equipment), download: text(s.download), order: text(s.order), job: Number(s.job) || undefined, near: text(s.near), deviation: text(s.deviation), open: s.open === true || undefined, ended: s.ended === true || undefined,
  }),
});

const definitions = createRoute({ getParentRoute: () => app, path: "/definitions", component: lazyRouteComponent(() => import("./pages/definitions/DefinitionsPage")) });

const system = createRoute({
  getParentRoute: () => app, path: "/system", component: lazyRouteComponent(() => import("./pages/system/SystemPage")),
  validateSearch: (s: Record<string, unknown>): AuditSearch => ({
    tab: text(s.tab), kind: text(s.kind), who: text(s.who), action: text(s.action), object: text(s.object), from: text(s.from), to: text(s.to),
  }),
});

const account = createRoute({ getParentRoute: () => app, path: "/account", component: lazyRouteComponent(() => import("./pages/account/AccountPage")) });

export interface DiagnosisSearch {
  id?: string | undefined; tab?: string | undefined; r?: string | undefined; state?: string | undefined; region?: string | undefined; sector?: string | undefined;
  q?: string | undefined; by?: string | undefined; cursor?: string | undefined;
}
const diagnoses = createRoute({
  getParentRoute: () => app, path: "/diagnoses", component: lazyRouteComponent(() => import("./pages/diagnosis/DiagnosisPage")),
  validateSearch: (s: Record<string, unknown>): DiagnosisSearch => ({
    id: text(s.id), tab: text(s.tab), r: text(s.r), state: text(s.state), region: text(s.region), sector: text(s.sector), q: text(s.q), by: text(s.by), cursor: text(s.cursor),
  }),
});

export interface ExpertsSearch {
  tab?: string | undefined; id?: string | undefined; q?: string | undefined; region?: string | undefined; state?: string | undefined; field?: string | undefined; topic?: string | undefined;
  diagnosis?: string | undefined; void?: boolean | undefined; now?: boolean | undefined; overdue?: boolean | undefined;
}
const experts = createRoute({
  getParentRoute: () => app, path: "/experts", component: lazyRouteComponent(() => import("./pages/experts/ExpertsPage")),
  validateSearch: (s: Record<string, unknown>): ExpertsSearch => ({
    tab: text(s.tab), id: text(s.id), q: text(s.q), region: text(s.region), state: text(s.state), field: text(s.field), topic: text(s.topic), diagnosis: text(s.diagnosis),
    void: s.void === true || undefined, now: s.now === true || undefined, overdue: s.overdue === true || undefined,
  }),
});

export interface ReportsSearch {
  id?: string | undefined; tab?: string | undefined; period?: string | undefined; revision?: number | undefined; level?: string | undefined; state?: string | undefined; q?: string | undefined; indicator?: string | undefined;
}
const reports = createRoute({
  getParentRoute: () => app, path: "/reports", component: lazyRouteComponent(() => import("./pages/reports/ReportsPage")),
  validateSearch: (s: Record<string, unknown>): ReportsSearch => ({
    id: text(s.id), tab: text(s.tab), period: text(s.period), revision: Number(s.revision) || undefined, level: text(s.level), state: text(s.state), q: text(s.q), indicator: text(s.indicator),
  }),
});

export interface EvaluationSearch {
  id?: string | undefined; tab?: string | undefined; state?: string | undefined; standard?: string | undefined; cursor?: string | undefined;
  revision?: number | undefined; class?: string | undefined; q?: string | undefined; firm?: string | undefined;
}
const evaluations = createRoute({
  getParentRoute: () => app, path: "/evaluations", component: lazyRouteComponent(() => import("./pages/evaluation/EvaluationPage")),
  validateSearch: (s: Record<string, unknown>): EvaluationSearch => ({
    id: text(s.id), tab: text(s.tab), state: text(s.state), standard: text(s.standard), cursor: text(s.cursor), revision: Number(s.revision) || undefined, class: text(s.class), q: text(s.q), firm: text(s.firm),
  }),
});

export interface BenchmarkSearch { measure?: string | undefined; year?: number | undefined; region?: string | undefined; sector?: string | undefined; by?: string | undefined; firm?: string | undefined }
const benchmark = createRoute({
  getParentRoute: () => app, path: "/benchmarks", component: lazyRouteComponent(() => import("./pages/benchmark/BenchmarkPage")),
  validateSearch: (s: Record<string, unknown>): BenchmarkSearch => ({ measure: text(s.measure), year: Number(s.year) || undefined, region: text(s.region), sector: text(s.sector), by: text(s.by), firm: text(s.firm) }),
});

export interface SuspicionsSearch { region?: string | undefined; show?: string | undefined; kind?: string | undefined; from?: string | undefined; to?: string | undefined; firm?: string | undefined }
const suspicions = createRoute({
  getParentRoute: () => app, path: "/suspicions", component: lazyRouteComponent(() => import("./pages/suspicions/SuspicionsPage")),
  validateSearch: (s: Record<string, unknown>): SuspicionsSearch => ({ region: text(s.region), show: text(s.show), kind: text(s.kind), from: text(s.from), to: text(s.to), firm: text(s.firm) }),
});

export interface DefinitionsSearch { q?: string | undefined; state?: string | undefined; all?: boolean | undefined; product?: string | undefined; revision?: number | undefined }
const productionDefinitions = createRoute({
  getParentRoute: () => app, path: "/production/definitions", component: lazyRouteComponent(() => import("./pages/production/DefinitionsPage")),
  validateSearch: (s: Record<string, unknown>): DefinitionsSearch => ({ q: text(s.q), state: text(s.state), all: s.all === true || undefined, product: text(s.product), revision: Number(s.revision) || undefined }),
});
export interface OrdersSearch {
  q?: string | undefined; state?: string | undefined; product?: string | undefined; due?: string | undefined; scope?: string | undefined; doubt?: boolean | undefined; order?: string | undefined;
}
const productionOrders = createRoute({
  getParentRoute: () => app, path: "/production/orders", component: lazyRouteComponent(() => import("./pages/production/OrdersPage")),
  validateSearch: (s: Record<string, unknown>): OrdersSearch => ({ q: text(s.q), state: text(s.state), product: text(s.product), due: text(s.due), scope: text(s.scope), doubt: s.doubt === true || undefined, order: text(s.order) }),
});
export interface PeopleSearch { q?: string | undefined; off?: boolean | undefined; person?: string | undefined }
const productionPeople = createRoute({
  getParentRoute: () => app, path: "/production/people", component: lazyRouteComponent(() => import("./pages/production/PeoplePage")),
  validateSearch: (s: Record<string, unknown>): PeopleSearch => ({ q: text(s.q), off: s.off === true || undefined, person: text(s.person) }),
});

export interface CallsSearch { what?: string | undefined; ended?: boolean | undefined }
const productionCalls = createRoute({
  getParentRoute: () => app, path: "/production/calls", component: lazyRouteComponent(() => import("./pages/production/CallsPage")),
  validateSearch: (s: Record<string, unknown>): CallsSearch => ({ what: text(s.what), ended: s.ended === true || undefined }),
});

export interface PerformanceSearch extends RangeSearch { scope?: string | undefined; product?: string | undefined }
const productionPerformance = createRoute({
  getParentRoute: () => app, path: "/production/performance", component: lazyRouteComponent(() => import("./pages/performance/PerformancePage")),
  validateSearch: (s: Record<string, unknown>): PerformanceSearch => ({ ...parseRange(s), scope: text(s.scope), product: text(s.product) }),
});

export interface HoursSearch extends RangeSearch { person?: string | undefined; scope?: string | undefined }
const productionHours = createRoute({
  getParentRoute: () => app, path: "/production/hours", component: lazyRouteComponent(() => import("./pages/hours/HoursPage")),
  validateSearch: (s: Record<string, unknown>): HoursSearch => ({ ...parseRange(s), person: text(s.person), scope: text(s.scope) }),
});

export interface PlanningSearch { tab?: string | undefined; place?: string | undefined; plan?: string | undefined; compare?: string | undefined; state?: string | undefined }
const planning = createRoute({
  getParentRoute: () => app, path: "/planning", component: lazyRouteComponent(() => import("./pages/planning/PlanningPage")),
  validateSearch: (s: Record<string, unknown>): PlanningSearch => ({ tab: text(s.tab), place: text(s.place), plan: text(s.plan), compare: text(s.compare), state: text(s.state) }),
});

export interface BatchesSearch { range?: RangeSearch["range"] | undefined; from?: string | undefined; to?: string | undefined; golden?: string | undefined; run?: string | undefined; until?: string | undefined }
const batches = createRoute({
  getParentRoute: () => app, path: "/process/batches", component: lazyRouteComponent(() => import("./pages/batches/BatchesPage")),
  validateSearch: (s: Record<string, unknown>): BatchesSearch => ({ ...parseRange(s), golden: text(s.golden), run: text(s.run), until: text(s.until) }),
});

export interface RulesSearch { tab?: string | undefined; scope?: string | undefined; rule?: string | undefined; ended?: boolean | undefined }
const rules = createRoute({
  getParentRoute: () => app, path: "/control/rules", component: lazyRouteComponent(() => import("./pages/rules/RulesPage")),
  validateSearch: (s: Record<string, unknown>): RulesSearch => ({ tab: text(s.tab), scope: text(s.scope), rule: text(s.rule), ended: s.ended === true || undefined }),
});

export interface ComponentsSearch extends RangeSearch { tab?: string | undefined; scope?: string | undefined; component?: string | undefined; ended?: boolean | undefined }
const components = createRoute({
  getParentRoute: () => app, path: "/components", component: lazyRouteComponent(() => import("./pages/components/ComponentsPage")),
  validateSearch: (s: Record<string, unknown>): ComponentsSearch => ({ ...parseRange(s), tab: text(s.tab), scope: text(s.scope), component: text(s.component), ended: s.ended === true || undefined }),
});

export interface CausesSearch { screening?: string | undefined; ask?: true | undefined }
const causes = createRoute({
  getParentRoute: () => app, path: "/process/causes", component: lazyRouteComponent(() => import("./pages/causes/CausesPage")),
  validateSearch: (s: Record<string, unknown>): CausesSearch => ({ screening: text(s.screening), ask: s.ask === true || undefined }),
});

export interface ExperimentsSearch { experiment?: string | undefined; tab?: string | undefined; response?: number | undefined; model?: string | undefined; x?: number | undefined; y?: number | undefined }
const experiments = createRoute({
  getParentRoute: () => app, path: "/process/experiments", component: lazyRouteComponent(() => import("./pages/experiments/ExperimentsPage")),
  validateSearch: (s: Record<string, unknown>): ExperimentsSearch => ({ experiment: text(s.experiment), tab: text(s.tab), response: Number(s.response) || undefined, model: text(s.model), x: Number(s.x) || undefined, y: Number(s.y) || undefined }),
});

export interface LoopsSearch { range?: RangeSearch["range"] | undefined; from?: string | undefined; to?: string | undefined; scope?: string | undefined; loop?: string | undefined }
const controlLoops = createRoute({
  getParentRoute: () => app, path: "/control/loops", component: lazyRouteComponent(() => import("./pages/control/LoopsPage")),
  validateSearch: (s: Record<string, unknown>): LoopsSearch => ({ ...parseRange(s), scope: text(s.scope), loop: text(s.loop) }),
});

export interface HandshakesSearch { range?: RangeSearch["range"] | undefined; from?: string | undefined; to?: string | undefined; scope?: string | undefined; handshake?: string | undefined; handover?: string | undefined }
const handshakes = createRoute({
  getParentRoute: () => app, path: "/control/handshakes", component: lazyRouteComponent(() => import("./pages/handshakes/HandshakesPage")),
  validateSearch: (s: Record<string, unknown>): HandshakesSearch => ({ ...parseRange(s), scope: text(s.scope), handshake: text(s.handshake), handover: text(s.handover) }),
});

export interface RoomSearch { scope?: string | undefined; place?: string | undefined; q?: string | undefined; abnormal?: boolean | undefined; look?: "table" | undefined }
const roomSearch = (s: Record<string, unknown>): RoomSearch => ({ scope: text(s.scope), place: text(s.place), q: text(s.q), abnormal: s.abnormal === true || undefined, look: s.look === "table" ? "table" : undefined });
const controlRoom = createRoute({ getParentRoute: () => app, path: "/control", component: lazyRouteComponent(() => import("./pages/room/RoomPage")), validateSearch: roomSearch });
const controlWall = createRoute({ getParentRoute: () => root, path: "/control-wall", component: lazyRouteComponent(() => import("./pages/room/Wall")), validateSearch: roomSearch, beforeLoad: signedIn });

export interface EnergySearch { range?: RangeSearch["range"] | undefined; from?: string | undefined; to?: string | undefined; tab?: string | undefined; place?: string | undefined; meter?: string | undefined; code?: string | undefined }
const energy = createRoute({
  getParentRoute: () => app, path: "/energy", component: lazyRouteComponent(() => import("./pages/energy/EnergyPage")),
  validateSearch: (s: Record<string, unknown>): EnergySearch => ({ ...parseRange(s), tab: text(s.tab), place: text(s.place), meter: text(s.meter), code: text(s.code) }),
});

export interface HealthSearch extends RangeSearch { scope?: string | undefined; level?: "unknown" | "good" | "watch" | "bad" | undefined; q?: string | undefined; point?: string | undefined; at?: string | undefined; with?: string | undefined }
const levels = ["unknown", "good", "watch", "bad"] as const;
const health = createRoute({
  getParentRoute: () => app, path: "/health", component: lazyRouteComponent(() => import("./pages/health/HealthPage")),
  validateSearch: (s: Record<string, unknown>): HealthSearch => ({ ...parseRange(s), scope: text(s.scope), level: levels.find((l) => l === s.level), q: text(s.q), point: text(s.point), at: text(s.at), with: text(s.with) }),
});

export interface CommandsSearch { state?: string | undefined }
const commands = createRoute({
  getParentRoute: () => app, path: "/control/commands", component: lazyRouteComponent(() => import("./pages/control/CommandsPage")),
  validateSearch: (s: Record<string, unknown>): CommandsSearch => ({ state: text(s.state) }),
});

export interface ModelsSearch extends RangeSearch { scope?: string | undefined; study?: string | undefined; version?: string | undefined; machine?: string | undefined }
const models = createRoute({
  getParentRoute: () => app, path: "/health/models", component: lazyRouteComponent(() => import("./pages/models/ModelsPage")),
  validateSearch: (s: Record<string, unknown>): ModelsSearch => ({ ...parseRange(s), scope: text(s.scope), study: text(s.study), version: text(s.version), machine: text(s.machine) }),
});

export interface LineSearch extends RangeSearch { line?: string | undefined; demand?: number | undefined; edit?: boolean | undefined }
const line = createRoute({
  getParentRoute: () => app, path: "/line", component: lazyRouteComponent(() => import("./pages/line/LinePage")),
  validateSearch: (s: Record<string, unknown>): LineSearch => ({ ...parseRange(s), line: text(s.line), demand: Number(s.demand) || undefined, edit: s.edit === true || undefined }),
});

export const router = createRouter({
  routeTree: root.addChildren([signin, screen, controlWall, app.addChildren([cockpit, cockpitIndicator, cockpitFirm, cockpitMachine, cockpitDay, tenants, exchange, requests, overview, machine, material, quality, process, batches, causes, experiments, controlRoom, commands, controlLoops, handshakes, rules, components, alarms, health, models, maintenance, stops, oee, trend, plant, devices, productionDefinitions, productionOrders, productionPeople, productionCalls, productionPerformance, productionHours, planning, line, energy, targets, tasks, ledgers, firms, diagnoses, experts, reports, evaluations, benchmark, suspicions, definitions, system, account])]),
  context: { client: undefined as unknown as QueryClient },
  defaultPreload: false,
  defaultErrorComponent: PageError,
});

declare module "@tanstack/react-router" {
  interface Register { router: typeof router }
}
