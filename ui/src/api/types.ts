// Shapes of the HTTP API as the pages use them.

export interface Name { zh: string; en?: string }
export interface List<T> { items: T[]; next?: string }

export type StateCode = "NOT_AVAILABLE" | "OUT_OF_SERVICE" | "NOT_EXECUTING" | "EXECUTING" | "UNKNOWN";
export type Mode = "NONE" | "MAINTENANCE" | "SETUP" | "PROCESSING";
export interface State { code: StateCode; mode: Mode }

export type Permission = "read" | "report" | "control" | "plan" | "material" | "exchange" | "engineer" | "administer" | "audit" | "firms" | "firms.keep" | "firms.report" | "firms.dispatch" | "firms.reply" | "diagnose" | "tenants";
export type RoleId = string;
export interface Me {
  user: string; name: string; role: RoleId; path: string; places: string[]; permissions: Permission[]; whole: Permission[]; must_enrol?: boolean; provider?: string;
  areas: { region?: string; sector?: string; enterprise?: string }[];
  display?: string; organisation?: string; first_password?: boolean;
}

/** A role at a place of the plant, or over an area of the firms; neither is all. */
export interface Grant { role: RoleId; path?: string; region?: string; sector?: string; enterprise?: string; until?: string; purpose?: string; via?: string; by?: string; given?: string }
/** A grant that ends, and who holds it. */
export interface Guest { id: string; user: string; name: string; display: string; organisation: string; off: boolean; grant: Grant; ended: boolean; seen?: string; own: boolean }
export interface Admitted { guests: Guest[]; secret?: string; expires?: string }
/** A grant of one's own. */
export interface Held extends Grant { name: Name; permissions: Permission[]; ended: boolean }
/** Gives a grant to everybody whose claim has the value. */
export interface ClaimRule { claim: string; value: string; grant: Grant }
/** A service of OpenID Connect at which people sign in; its secret is never shown. */
export interface Provider {
  id: string; name: Name; issuer: string; client_id: string; secret?: string; has_secret: boolean; address: string; scopes: string[]; name_claim?: string;
  factor: string[]; rules: ClaimRule[]; off?: boolean; rev: number;
}
export interface Door { id: string; name: Name }
export interface RoleDef { id: RoleId; name: Name; permissions: Permission[]; second_factor?: boolean; own: boolean; rev: number }
export interface Holder { kind: "user" | "token"; id: string; name: string; grant: Grant }

export interface Check { name: string; ok: boolean; detail?: string }
export interface Login { name: string; password: string; role: string }
export interface Health {
  status: "ok" | "degraded"; version: string; started: string; now: string; demo: boolean; logins: Login[]; checks: Check[];
  disk?: Disk; pressure: Pressure;
}
export interface Disk { level: "ok" | "warn" | "low" | "scarce" | "stop"; free: number; total: number; growth_per_day: number; days_left?: number }
export interface Pressure {
  stretched: number; stretches: number; refusing: number; refused: number; not_kept: number;
  pending: number; held: number; withheld: number; dropped: number; flooding: number; requests: Busy;
}
export interface Busy { user: number; address: number; heavy: number; unaccepted: number; running: number; waiting: number }

/** How the node hangs together with others; times are microseconds. */
export interface LinkStream { stream: string; head: number; delivered: number; backlog: number; drain_seconds: number; gap_items: number }
export interface Outbox { bytes: number; limit_bytes: number; used: number; alarm: boolean; losing: boolean }
export interface Party { instance: string; host: string; address: string }
export interface KeyConflict { holder: Party; refused: Party }
export interface LinkParent {
  parent: string; name: string; state: "connecting" | "up" | "refused" | "stopped"; since: number; last_error?: string; refused?: string; conflict?: KeyConflict;
  streams: LinkStream[]; outbox: Outbox;
}
export interface LinkedNode {
  node: { id: string; name: string; enrolled: number; revoked?: number }; connected: boolean; since?: number; party: Party;
  last_error?: string; refused?: string; conflict?: KeyConflict; streams: LinkStream[]; outbox: Outbox;
}
/** The division for which a node speaks; no node: this one itself. */
export interface NodeRegion { node: string; region: string; name: string }
export interface NodeLinks { parent?: LinkParent; hub: boolean; nodes: LinkedNode[]; regions: NodeRegion[] }
export interface Invitation { code: string; name: string; expires: string }
export interface NodeSetting {
  number: number; made: number; by: string; state: "queued" | "applied" | "confirmed" | "refused" | "rolled_back" | "superseded"; detail?: string; changed: number;
}

export interface Validity { from?: string; to?: string }
export interface Cycle { product: string; pru_ms: number; valid?: Validity }
export interface DeviceConfig { id?: string; driver: string; address: string; params?: Record<string, string>; serial?: string; off: boolean; writing: boolean }
export interface EquipmentConfig {
  class: string; profile: string; device: DeviceConfig; nc: boolean; excluded: boolean; cycles?: Cycle[]; tags?: TagOverride[];
}
export interface TagOverride { name: string; min?: number; max?: number; deadband?: number; retention?: string }
export type Level = "enterprise" | "site" | "area" | "line" | "cell" | "equipment";
export interface PlantNode {
  id: string; parent?: string; path: string; level: Level; name: Name; calendar?: string; valid?: Validity; rev: number; equipment?: EquipmentConfig;
}

export interface Break { start: string; end: string }
export interface Shift { code: string; name: Name; start: string; end: string; weekdays: number[]; breaks?: Break[] }
export interface Day { date: string; name?: Name }
export interface Down { from: string; to: string; reason?: string }
export interface Calendar {
  id?: string; code: string; name: Name; zone: string; shifts: Shift[]; holidays?: Day[]; workdays?: Day[]; downs?: Down[]; valid?: Validity;
}
export interface Product { id?: string; code: string; name: Name }
export interface ImportProblem { file?: string; line?: number; column?: number; Line?: number; Column?: number; what: string; fix?: string }
export interface Imported { nodes: number; products: number; calendars: number; done: boolean; problems: ImportProblem[] }

export interface Reason { id: string; name: Name; by?: string }
export interface Headline { value: number | null; reason?: string; unit: string }
export interface LiveAlarm { id: string; text: Name; priority: number; since: string }
export type AlarmState = "normal" | "unacknowledged" | "acknowledged" | "returned" | "shelved" | "suppressed" | "out_of_service";
export interface AlarmMode { equipment: string; alarm: string; path: string; state: AlarmState; until?: string; reason: string; by: string; at: string; rev: number }
export type LimitKind = "hi" | "lo" | "rate" | "deviation";
/** The limit behind an alarm. */
export interface BrokenLimit {
  id: string; rev: number; tag: number; signal: string; unit?: string; kind: LimitKind; value: number; peak: number;
  consequence?: Name; response?: Name; respond_s?: number;
}
/** source is profile, limit, or the room that found it. */
export interface Alarm {
  equipment: string; path: string; name: Name; id: string; source: string; text: Name; priority: number; from: string; to: string;
  open: boolean; lost: boolean; earlier: boolean; state: AlarmState; acked?: { by: string; at: string; note?: string }; mode?: AlarmMode; evidence?: string; limit?: BrokenLimit;
}
export interface Machine {
  id: string; path: string; name: Name; class: string; line: Name; line_path: string; area: Name; state: State; time_class: string; since: string;
  reason?: Reason; product?: string; order?: string; shift?: string; link: boolean; alarms: LiveAlarm[]; device?: DeviceStatus; excluded: boolean;
  today: Record<string, Headline> | null; this_shift: Record<string, Headline> | null;
}
export interface LiveValue { tag: number; time: string; value?: number; text?: string; quality: string }
export type TagKind = "number" | "boolean" | "enumeration" | "text" | string;
export interface Tag {
  no: number; node: string; path: string; name: string; title: Name; kind: TagKind; unit?: string; min?: number; max?: number; retention: string;
  values?: Record<string, Name>; silence: number;
}
export interface MachineDetail extends Machine { node: PlantNode; rev: number; tags: Tag[]; values: LiveValue[]; profile: Profile }
export interface Interval {
  from: string; to: string; state: State; class: string; source: string; reason?: Reason; micro: boolean; product?: string; order?: string; shift?: string;
}
/** What the values of a signal say about where a machine stands, idles and runs. */
export interface Thresholds {
  signals: { name: string; title: Name; unit?: string; tag: number }[]; signal?: string; unit?: string;
  params: { name: string; title: Name; value?: number; proposed?: number; min?: number; max?: number }[];
  thresholds: number[]; why?: "" | "short" | "constant" | "one"; separability: number; valley: number; clear: boolean; observed_ms: number; missing_ms: number;
  bins: { from: number; to: number; ms: number }[]; proposed: ThresholdSplit; present: ThresholdSplit;
}
export interface ThresholdSplit { classes: { ms: number; share: number; median: number }[]; changes_per_hour: number }
export interface StopPart { from: string; to: string; reason: Reason | null }
export interface Stop {
  equipment: string; path: string; name: Name; from: string; to: string; open: boolean; lost_ms: number; state: State; reason?: Reason; micro: boolean;
  shift?: string; product?: string; parts: StopPart[];
}
export interface StopReason { id: string; parent?: string; name: Name; loss: string; class?: string; group?: boolean }
export interface Loss { reason: StopReason; ms: number; stops: number; share: number; evidence: string }
export interface LossPart {
  equipment: string; path: string; name: Name; from: string; to: string; ms: number; state: State; class: string; by?: string; product?: string; shift?: string;
}
export interface FactEvent {
  id: string; kind: string; subject: string; occurred: number; recorded: number; source: string; supersedes?: string; withdrawn?: boolean; payload: unknown; seq: number;
}

/** A value that a signal has or is to have: text for texts, else number. */
export interface Setting { number?: number; text?: string }
export interface SetPoint {
  signal: string; title: Name; kind: TagKind; unit?: string; values?: Record<string, Name>; min?: number; max?: number; max_step?: number; max_rate?: number; approve?: number;
  interlock?: Name; here: boolean; contact: boolean; enabled: boolean; open?: string;
}
export type CommandState = "requested" | "awaiting" | "approved" | "checked" | "sent" | "confirmed" | "mismatched" | "failed" | "expired" | "rejected" | "unknown";
export interface CommandCheck { check: string; result: "passed" | "failed" | "skipped"; detail?: string }
export interface CommandStep { at: string; state: CommandState; by?: string; checks?: CommandCheck[]; from?: Setting; raw?: Setting; read?: Setting; detail?: string }
export interface Command {
  id: string; equipment: string; path?: string; name: Name; signal: string; value: Setting; seen?: Setting; unit?: string; by: string; note?: string;
  requested: string; expires: string; approvals?: number; source?: string; state: CommandState; final: boolean; steps: CommandStep[];
}

export interface Sample { time: string; value?: number; text?: string; quality: string; raw?: string }
export interface WaveformItem {
  start: string; quality: string; rate_hz: number; count: number; duration_ms: number; rms: number; peak_to_peak: number; min: number[]; max: number[];
}
export interface WaveformPage { tag: Tag; items: WaveformItem[]; next?: string }
export interface Waveform { tag: Tag; start: string; quality: string; rate_hz: number; values: number[] }
export interface SamplePage { tag: Tag; items: Sample[]; next?: string }
export interface Series {
  tag: number; step_ms: number; t: number[]; min: (number | null)[]; max: (number | null)[]; avg: (number | null)[];
  first: (number | null)[]; last: (number | null)[]; count: number[]; bad: number[];
}

export interface Definition {
  id: string; version: number; name: Name; description: Name; unit: string; source: string; verified: string; better: string; digits: number;
  terms: string[]; formula: string; undefined?: { when: string; name: string }[]; flags?: { when: string; name: string }[];
}
export interface FigureWindow { kind: string; from: string; to: string; shift?: string }
export interface FigureScope { path: string; node?: string; level?: Level; name: Name; product?: string; shift?: string }
export interface Figure {
  value: number | null; reason?: string; unit: string; definition: { id: string; version: number; name: Name; digits: number; better: string };
  scope: FigureScope; window: FigureWindow; coverage: number | null; provisional: boolean; revision: number; as_of: string;
  terms: Record<string, number>; flags: string[]; evidence: string;
}
export interface Stretch { from: string; to: string; shift?: string }
export interface FoldedInterval {
  from: string; to: string; state: string; class: string; source: string; reason?: string; said_by?: string; product?: string; order?: string; shift?: string;
}
export interface Input { tag: number; name: string; unit?: string; from: string; to: string; count: number; carry?: string; samples: string }
export interface Counted { at: string; product: string; good: number; scrap: number; rework: number; pru_ms: number }
export interface Facts {
  scope: FigureScope; window: FigureWindow; upto: string; revision: number; as_of: string; digest: string; fold: string; profile: string; profile_version: number;
  rows: { product: string; terms: Record<string, number> }[]; inputs: Input[]; events: FactEvent[]; operation: Stretch[]; busy: Stretch[]; cycles: Cycle[];
  intervals: FoldedInterval[]; counts: Counted[]; notes: string[];
}
export interface Evidence { definition: Definition; children: Figure[]; facts?: Facts }

export type LinkState = "up" | "down" | "connecting" | "off" | "untrusted" | "misconfigured" | "not_accepted";
export interface ResponseTimes { p50: number; p95: number; p99: number }
export interface HealthFailure { kind: string; questions: number; readings: number; last?: string }
export interface HealthBucket { up_to_ms?: number; count: number }
export interface DeviceHealth {
  device: string; since: string; answers: number; last_answer?: string; connections: number; lost: number; missed_periods: number;
  failures: HealthFailure[]; last_failure?: { time: string; kind: string; text: string }; response_ms: ResponseTimes; longest_ms: number;
  histogram: HealthBucket[]; without_value: DeviceValue[]; without_value_total: number; points: number;
}
export interface Frame { no: number; time: string; direction: "sent" | "received"; about?: string; length: number; hex: string }
export interface Frames { watched_until?: string; items: Frame[] }
export interface DeviceStatus {
  id: string; equipment: string; path: string; name: Name; driver: string; address: string; profile: string; state: LinkState; since: string;
  last_answer?: string; error?: string; response_ms: ResponseTimes; requests: number; timeouts: number; errors: Record<string, number> | null; error_share: number;
  missed_periods: number; samples: number; gated: Record<string, number> | null; tags: number; period_ms: number;
  refused: number; not_kept: number; stretch: number; stretch_reason?: string;
}
export interface DeviceValue {
  tag: number; name: string; address: string; raw?: string; raw_value?: number; value?: number; text?: string; unit?: string; quality: string; error?: string; time: string;
}
export interface Trial { ok: boolean; took_ms: number; text?: string; error?: string; remedy?: string; values: DeviceValue[] | null }
export interface Certificate { address: string; fingerprint: string; subject: string; not_after: string; seen: string }
export interface Profile {
  id: string; version: number; title: Name; vendor: string; models: string[]; class: string; protocol: string; drivers: string[]; verified: string; source: string; signals: number; thresholds?: boolean;
}
export interface ProfileCode { code: string; name: Name }
export interface ProfileParam { name: string; title: Name; kind: string; default?: string; choices?: ProfileCode[]; min?: number; max?: number; required?: boolean; secret?: boolean }
export interface ProfilePoint {
  name: string; title: Name; kind: string; address: string; scale: number; offset: number; unit?: string; device_unit?: string; period_ms: number;
  min?: number; max?: number; codes?: ProfileCode[]; retention: string; write?: { min?: number; max?: number; max_step?: number; watchdog?: boolean };
}
export interface ProfileDetail extends Profile {
  yaml: string; bases: string[]; requirements?: Name; caveats: Name[]; params: ProfileParam[]; points: ProfilePoint[];
  derived: { name: string; title: Name; kind: string; unit?: string; expr: string }[]; states: { when: string; item: string; mode: string }[];
  counters: { counts: string; signal: string }[]; alarms: { id: string; when: string; priority: number; text: Name; reason?: string }[];
  identify: { address: string; match: string }[];
}
/** Addresses as the driver wants them written. */
export interface DriverExample { address: string; params?: Record<string, string>; search?: string; point: string }
export interface DriverInfo { kind: string; discovers: boolean; listens: boolean; example: DriverExample }
export interface FoundDevice { driver: string; address: string; params?: Record<string, string>; serial?: string }
export interface Candidate {
  device: FoundDevice; title: string; model?: string; profile?: string; identity?: { vendor?: string; product?: string; version?: string; serial?: string }; seen: string;
  announced?: boolean; hint?: boolean; text?: string[];
  standing: "new" | "known" | "moved" | "replaced" | "retired"; node?: string; path?: string; proposed: PlantNode; rule?: string; error?: string;
}
export interface Search {
  id: string; driver: string; where: string; by: string; started: string; ended?: string; state: "running" | "done" | "cancelled" | "failed";
  done: number; total: number; found: number; error?: string;
}
export interface DiscoveryRule {
  id: string; rev: number; name: string; driver: string; where?: string; every_min?: number; title?: string; address?: string; is?: string; says?: string;
  profile?: string; place: string; params?: Record<string, string>; auto: boolean; off: boolean;
}

export type NorthState = "off" | "connecting" | "waiting" | "behind" | "up";
export interface NorthGap { batches: number; from?: string; at: string; reason: string }
export interface NorthStatus {
  state: NorthState; behind: number; behind_since?: string; sent: number; sent_at?: string; error?: string; error_at?: string; tags: number; gaps?: NorthGap[];
}
export interface NorthTarget {
  id: string; rev: number; name: string; kind: "sparkplug" | "mqtt"; url: string; client_id?: string; user?: string; password?: string; has_password?: boolean; ca?: string;
  prefix?: string; retain?: boolean; group?: string; edge?: string; host?: string; paths: string[]; off: boolean;
}
export interface NorthRow extends NorthTarget { status: NorthStatus }

export interface AcceptanceCriteria { coverage: number; gap_s: number; silent: number; conflicts: number }
export interface AcceptanceQuestion { from: string; to: string; places: string[]; criteria: AcceptanceCriteria }
export type AcceptanceResult = "passed" | "failed" | "no_data";
export interface AcceptanceJob {
  id: string; checks?: string; question: AcceptanceQuestion; by: string; started: string; ended?: string;
  state: "running" | "done" | "unchanged" | "cancelled" | "failed"; done: number; total: number; report?: string; error?: string;
}
export interface AcceptanceHead {
  id: string; made: string; by: string; revision: number; previous?: string; next?: string; sha256: string; question: AcceptanceQuestion; names: { path: string; name: Name }[];
  result: AcceptanceResult; machines: number; passed: number; failed: number; no_data: number;
}
export interface AcceptanceTag { no: number; name: string; title: Name; samples: number; bad_samples: number; replaced_samples: number; known_us: number; gaps: number; longest_gap_us: number; silent: boolean; samples_link: string }
export interface AcceptanceMachine {
  node: string; path: string; name: Name; driver: string; address: string; profile: string; profile_version: number; profile_verified: string; result: AcceptanceResult;
  verdicts: { criterion: "coverage" | "gap" | "silent" | "conflicts"; value: number; limit: number; passed: boolean }[];
  tags_wanted: number; tags_delivering: number; tags_silent: number; samples: number; coverage: number; longest_gap_us: number; tags: AcceptanceTag[];
}
export interface AcceptanceReport extends AcceptanceHead {
  content: { machines: AcceptanceMachine[]; definitions: { id: string; version: number; name: Name; text: Name }[] };
}

export interface User { id: string; name: string; display: string; organisation: string; role: RoleId; path: string; grants: Grant[]; off: boolean; rev: number }
export interface Token { id: string; name: string; role: RoleId; path: string; grants: Grant[]; created: string; expires?: string; revoked: boolean }
export interface AuditEntry { seq: number; at: string; who: string; action: string; object: string; before?: string; after?: string; prev: string; hash: string }
export interface FactorState { on: boolean; since?: string; recovery_left: number; required: boolean }
export interface OpenSession { id: string; opened: string; seen: string; expires: string; address: string; device: string; by: string; current: boolean }
export interface Verified { ok: boolean; entries: number; broken?: string }

/** Machines by the sheet. */
export interface SheetRow { line: number; cells: string[] }
export interface Sheet { file: string; name?: string; header: string[]; rows: SheetRow[] }
export type RowStatus = "new" | "changed" | "unchanged" | "doubled" | "error";
export type CellCode = | "cell_long" | "no_path" | "no_place" | "paths_differ" | "path_form" | "outside_scope" | "no_machine" | "below_machine"
  | "place_missing" | "root_unknown" | "enterprise_missing" | "too_deep" | "name_missing" | "profile_missing" | "profile_unknown" | "profile_like"
  | "class_unknown" | "driver_unknown" | "driver_other" | "driver_says" | "address_missing" | "truth_unknown" | "param_form" | "param_twice"
  | "params_differ" | "same_path_row" | "same_device_row" | "same_device_machine" | "same_device_hidden" | "same_serial_row" | "same_serial_machine"
  | "same_serial_hidden";
export interface CellProblem { column: string; index: number; value: string; code: CellCode; args: Record<string, string>; what: string; fix: string }
export interface PlannedRow {
  line: number; status: RowStatus; path: string; equipment?: EquipmentConfig;
  changes: { column: string; was: string; is: string }[]; problems: CellProblem[];
}
export interface SheetPlan {
  revision: string; columns: string[]; rows: PlannedRow[]; counts: Partial<Record<RowStatus, number>>; places: { path: string; level: Level; name: string }[];
}
export interface SheetImport extends SheetApplied { file: string; time: string; who: string; undoable: boolean; edited: number; undone_at?: string; undone_by?: string }
export interface SheetApplied { at: string; made: number; changed: number; unchanged: number; places: number; nodes: number }

/** A machine's day that may not be its own; instants are microseconds. */
export interface SuspicionSaid { at: number; by: string; what: "contested" | "upheld" | "dismissed"; text: string }
export interface Suspicion {
  id: string; machine: string; path: string; kind: string; date: string; signal?: string; from?: number; to?: number; other?: string; other_date?: string;
  share: number; got: number; limit: number; state: "open" | "contested" | "upheld" | "dismissed"; said: SuspicionSaid[]; above?: boolean;
}
/** Whose machine it is, as far as the person may know. */
export interface SuspicionParty { machine: string; name: Name; path: string; plant: string; firm?: string; company: string; region?: string }
export interface FirmSuspicion extends Omit<Suspicion, "path" | "above"> { party: SuspicionParty; like?: SuspicionParty }
export interface FirmSuspicions { items: FirmSuspicion[]; next?: string; counts: Partial<Record<Suspicion["state"], number>> }

/** Targets of the policy, folded for a region and a year. */
export interface Region { code: string; name: string; level: "province" | "city" | "county"; parent?: string; valid?: Validity; successors?: string[] }
export interface Target {
  id: string; version: number; policy: string; name: Name; clause: string; scope: Name; status: "numeric" | "directional" | "judged"; indicators: string[];
  operator_as_written: string; operator?: string; value?: number; by?: number; every?: "year"; aim?: "strive"; base_year?: "parameter"; verified: string; note?: Name; units: string[];
}
export interface TargetKnown { due: number; known: number; basis: Partial<Record<"machine" | "audited" | "declared", number>> | null }
export interface TargetPart { region: string; terms: Record<string, number>; known: TargetKnown }
export interface TargetResult {
  value: number | null; reason?: string; unit: string; definition: Figure["definition"]; coverage: number | null; terms: Record<string, number>;
  known: TargetKnown; confidence: "A" | "B" | "C" | "D"; root: string; parts: TargetPart[];
}
export interface TargetRow { target: Target; results: TargetResult[]; wanted?: number; reached?: boolean }
export interface IndicatorFits { all?: boolean; above_scale?: boolean; backbone?: boolean; cluster?: boolean; size?: string[]; sector?: string[]; sales_from_fen?: number; county_list?: string; sector_list?: string }
export interface Indicator { id: string; version: number; name: Name; description: Name; unit: string; digits: number; source: string; source_zh: string; verified: string; formula: string; terms: string[]; population: IndicatorFits[] }
export interface Policy { id: string; title: Name; issuer: string; signed: string; obligations: { id: string; text: string; clause: string }[] }
export interface Policies { policies: Policy[]; indicators: Indicator[] }

/** The registry of firms. Money is fen, instants microseconds, days 2018-05-01. */
export type FirmSize = "large" | "medium" | "small" | "micro";
export type SystemKind = "mes" | "erp" | "scm" | "plm";
export interface FirmYear { year: number; sales?: number; staff?: number }
export interface FirmSystem { kind: SystemKind; name?: string; since?: string }
export interface Firm {
  id: string; rev: number; code: string; confirmed?: boolean; name: string; formers?: { name: string; until: string }[]; region: string; doubt?: string; industry: string;
  size?: FirmSize; computed?: FirmSize; above_scale?: boolean; backbone?: { from: string; to?: string }; cluster?: string; systems?: FirmSystem[]; cloud?: string;
  years?: FirmYear[]; closed?: string; merged?: string; remark?: string; since?: number; place: string; trade: string;
}
export interface FirmChange { firm: Firm; recorded: number; who: string; action: "add" | "change" | "import" | "merge"; void?: boolean }
export interface FirmFault { field: string; warning?: boolean; text: Name }
export interface FirmLook { firm: Firm; faults: FirmFault[]; alike: Firm[] }
export interface Industry { code: string; name: string; parent?: string }
export interface FirmImport { id: string; file: string; made: number; changed: number; recorded: number; who: string; undone?: number; undone_by?: string }
export type FirmRowStatus = "new" | "changed" | "unchanged" | "doubled" | "error";
export interface FirmSheetJob {
  id: string; file: string; stage: "reading" | "checking" | "ready" | "applying" | "applied" | "failed"; done: number; all: number;
  counts: { rows: number; new: number; changed: number; unchanged: number; doubled: number; error: number; warned: number }; import?: FirmImport; error?: string;
}
export interface FirmRow { line: number; status: FirmRowStatus; code: string; name: string; faults: (FirmFault & { column: string; index: number; value: string })[] }

/** What an indicator is made of one level further down. */
export interface BreakdownRow {
  firm?: string; entry?: string; name?: string; region: string; direct?: boolean; value: number | null; reason?: string; terms: Record<string, number>;
  known: TargetKnown; coverage: number | null; confidence: "A" | "B" | "C" | "D";
}
export interface Breakdown { whole: TargetResult; level: "province" | "city" | "county" | "member"; rows: BreakdownRow[]; wanted?: number; status?: "numeric" | "directional" | "judged"; more?: number; rest?: Record<string, number> }
export interface TrendPoint { year: number; value: number | null; reason?: string; terms: Record<string, number>; coverage: number | null; confidence: string; wanted?: number }
export interface Contribution { result: TargetResult; targets: string[] }

/** What machines proved. */
export interface NetworkedRule { version: number; name: Name; known_per_mille: number; days: number; source: string; verified: string }
export interface MachineMonth {
  owner: string; machine: string; name: Name; path: string; nc: boolean; planned_days: number; connected_days: number; planned_ms: number; known_ms: number;
  suspect_days: number; networked: boolean; needed_days: number; reason?: "unplanned" | "too_few_days";
}
export interface MachineMonths { rule: NetworkedRule; month?: string; items: MachineMonth[] }
export interface MachineDay {
  owner: string; owner_name: Name; machine: string; name: Name; path: string; date: string; nc: boolean; planned_ms: number; known_ms: number; revision: number; as_of: number;
  digest: string; fold: string; suspect?: string[]; reason?: "unplanned" | "unknown_time" | "suspect";
}
export interface Division { code: string; polygons: [number, number][][][] }
export interface OfficialMap { approval: string; source?: string; divisions: Division[] }
export interface FiguresState { state: string }
export interface PlantLink { owner: string; name: Name; firm?: string; rev: number; machines: number; newest?: string }

/** Requests to see samples that another node keeps. */
export interface EvidenceState {
  request?: string; state: string; at?: string; reason?: string; until?: string; since?: string; last_sealed?: string; tags?: { name: string; unit?: string; kind?: string }[];
}
export interface EvidenceSampleRow { time: string; quality: string; value?: number; text?: string }
export interface EvidencePage extends EvidenceState {
  path?: string; unit?: string; proof?: "verified" | "unsealed" | "unheld" | "expired"; rows: EvidenceSampleRow[]; sealed?: { number: number; day: string; hash: string; digest: string };
}
export interface EvidenceRequest {
  id: string; made: string; node: string; at: string; via: string[]; person: string; office: string; purpose: string; equipment: string; tags: string[]; from: string; to: string;
  state: "waiting" | "granted" | "refused" | "withdrawn"; by?: string; reason?: string; until?: string; answers: number; samples: number; denied: number; last?: string;
  steps: { at: string; state: string; by: string; reason?: string; until?: string }[];
}
export interface TagRule { path: string; retention?: string[]; kinds?: string[] }
export interface SharingRules {
  withdrawn?: string; all: boolean; model: boolean; figures: string[]; records: string[]; tags: TagRule[]; evidence: { tags: string[]; hours: number }[];
}
export interface SharingKept { policy: SharingRules; rev: number; at?: number; who?: string }
export interface SharingPolicy extends SharingKept { known_figures: string[]; known_records: string[] }

/** Firms that share the node. */
export interface TenantLimits { devices: number; tags: number; samples: number; bytes: number; users: number; reach: boolean }
export interface Tenant {
  no: number; id: string; name: Name; code?: string; state: "active" | "suspended" | "leaving" | "deleted"; template?: string;
  limits: TenantLimits; created: string; ends?: string; rev: number;
}
export interface TenantUsage { day: string; samples: number; bytes: number; requests: number; refused: number }
export interface TenantUse { tenant: Tenant; now: { devices: number; tags: number; users: number; events: number; files: number; bytes: number }; days: TenantUsage[] }
/** Everything a firm owns as one file, being written or there to be fetched. */
export interface TenantExport {
  state: "none" | "waiting" | "running" | "ready" | "failed"; started?: string; ended?: string; expires?: string; bytes: number; error?: string;
  progress: { step?: "plant" | "record" | "samples" | "files"; done?: number; of?: number };
}
export interface TenantsMade { made: { tenant: Tenant; user: string; link: string }[]; problems: { row: number; what: string }[] }
