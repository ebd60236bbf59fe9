package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/production"
)

// lowest is the least role that may call an operation, written down apart from
// the code that decides it; ladders says which others may too. "" is everybody,
// signed in or not.
var lowest = map[string]access.Role{
	"health": "", "sign-in": "", "sign-in-by-link": "", "sign-in-code": "",

	"session": anybody, "sign-out": anybody,
	"alarms": access.RoleViewer, "calendars": access.RoleViewer, "definitions": access.RoleViewer, "devices": access.RoleViewer,
	"device-values": access.RoleViewer, "drivers": access.RoleViewer, "machines": access.RoleViewer, "machine": access.RoleViewer,
	"intervals": access.RoleViewer, "events": access.RoleViewer, "figures": access.RoleViewer, "evidence": access.RoleViewer,
	"live": access.RoleViewer, "losses": access.RoleViewer, "loss-parts": access.RoleViewer, "nodes": access.RoleViewer, "export-plant": access.RoleViewer,
	"products": access.RoleViewer, "profiles": access.RoleViewer, "profile": access.RoleViewer, "samples": access.RoleViewer,
	"series": access.RoleViewer, "series-raw": access.RoleViewer, "stop-reasons": access.RoleViewer, "stops": access.RoleViewer,
	"tags": access.RoleViewer, "tag": access.RoleViewer, "set-points": access.RoleViewer, "commands": access.RoleViewer, "command-steps": access.RoleViewer,
	"waveforms": access.RoleViewer, "waveform": access.RoleViewer, "waveform-file": access.RoleViewer,

	"acceptance-reports": access.RoleViewer, "acceptance-report": access.RoleViewer, "acceptance-report-file": access.RoleViewer, "acceptance-jobs": access.RoleViewer, "acceptance-defaults": access.RoleViewer,

	"command": commander, "acknowledge-alarm": access.RoleOperator, "person": access.RoleOperator, "add-count": access.RoleOperator, "set-state": access.RoleOperator, "assign-reason": access.RoleOperator,

	"save-calendar": access.RoleEngineer, "save-product": access.RoleEngineer, "certificates": access.RoleEngineer,
	"approve-certificate": access.RoleEngineer, "test-device": access.RoleEngineer, "read-device": access.RoleEngineer, "device-health": access.RoleEngineer, "device-frames": access.RoleEngineer, "watch-device": access.RoleEngineer, "add-node": access.RoleEngineer,
	"change-node": access.RoleEngineer, "thresholds": access.RoleEngineer, "preview": access.RoleEngineer, "links": access.RoleEngineer,
	"node-plant": access.RoleEngineer, "node-settings": access.RoleEngineer, "send-settings": access.RoleEngineer, "retire-node": access.RoleEngineer,
	"searches": access.RoleEngineer, "start-search": access.RoleEngineer, "cancel-search": access.RoleEngineer, "candidates": access.RoleEngineer, "forget-candidate": access.RoleEngineer,
	"discovery-rules": access.RoleEngineer, "add-discovery-rule": access.RoleEngineer, "change-discovery-rule": access.RoleEngineer, "end-discovery-rule": access.RoleEngineer,
	"north-targets": access.RoleEngineer, "add-north-target": access.RoleEngineer, "change-north-target": access.RoleEngineer, "end-north-target": access.RoleEngineer, "test-north-target": access.RoleEngineer,
	"import-plant":           access.RoleEngineer,
	"make-acceptance-report": access.RoleEngineer, "check-acceptance-report": access.RoleEngineer, "cancel-acceptance-job": access.RoleEngineer,
	"suspicions": access.RoleViewer, "contest-suspicion": access.RoleEngineer, "decide-suspicion": "registrar",
	"sheet-template": access.RoleEngineer, "export-sheet": access.RoleEngineer, "read-sheet": access.RoleEngineer,
	"preview-sheet": access.RoleEngineer, "apply-sheet": access.RoleEngineer, "undo-sheet": access.RoleEngineer, "list-imports": access.RoleEngineer,

	"operations-definitions": access.RoleViewer, "operations-definition": access.RoleViewer, "add-operations-definition": access.RoleEngineer, "change-operations-definition": access.RoleEngineer, "move-operations-definition": access.RoleEngineer,
	"people": planner, "save-person": planner, "orders": access.RoleViewer, "order": access.RoleViewer, "order-history": access.RoleViewer, "machine-jobs": access.RoleViewer,
	"plans": access.RoleViewer, "plan": access.RoleViewer, "plan-in-use": access.RoleViewer, "compare-plans": access.RoleViewer, "late-orders": access.RoleViewer, "plan-changes": access.RoleViewer, "plan-runs": access.RoleViewer, "plan-run": access.RoleViewer,
	"lines": access.RoleViewer, "line-layouts": access.RoleViewer, "line-proposal": access.RoleViewer, "line-analysis": access.RoleViewer, "line-figure-definitions": access.RoleViewer, "save-line-layout": access.RoleEngineer,
	"energy-networks": access.RoleViewer, "energy-tables": access.RoleViewer, "energy-meters": access.RoleViewer, "energy-proposal": access.RoleViewer, "save-energy-meters": access.RoleEngineer, "energy-balance": access.RoleViewer, "energy-demand": access.RoleViewer, "energy-cost": access.RoleViewer, "energy-standby": access.RoleViewer,
	"energy-baselines": access.RoleViewer, "try-energy-baseline": access.RoleViewer, "save-energy-baseline": access.RoleEngineer, "energy-baseline-revisions": access.RoleViewer, "energy-saving": access.RoleViewer,
	"energy-allocation": access.RoleViewer, "condition-diagnosis": access.RoleViewer, "condition-backtest": access.RoleViewer, "condition-life": access.RoleViewer, "order-energy": access.RoleViewer, "energy-benchmark": access.RoleViewer, "energy-replacements": access.RoleViewer, "energy-replacement-revisions": access.RoleViewer, "save-energy-replacement": access.RoleEngineer, "energy-charge": access.RoleViewer, "energy-shifting": access.RoleViewer, "power-quality": access.RoleViewer,
	"run-signals": access.RoleViewer, "machine-runs": access.RoleViewer, "golden-batches": access.RoleViewer, "try-golden-batch": access.RoleViewer, "golden-batch": access.RoleViewer, "golden-batch-revisions": access.RoleViewer, "golden-batch-runs": access.RoleViewer, "golden-batch-comparison": access.RoleViewer, "save-golden-batch": access.RoleEngineer,
	"cause-screenings": access.RoleViewer, "cause-screening": access.RoleViewer, "screen-causes": access.RoleEngineer,
	"model-studies": access.RoleViewer, "model-study": access.RoleViewer, "preview-model-study": access.RoleViewer, "model-training": access.RoleViewer, "model-versions": access.RoleViewer, "model-version": access.RoleViewer, "model-backtest": access.RoleViewer, "model-readings": access.RoleViewer, "model-drift": access.RoleViewer, "model-contributions": access.RoleViewer,
	"save-model-study": access.RoleEngineer, "serve-model": access.RoleEngineer, "train-model": access.RoleEngineer, "stop-model-training": access.RoleEngineer, "repeat-model": access.RoleEngineer,
	"experiments": access.RoleViewer, "try-experiment": access.RoleViewer, "experiment": access.RoleViewer, "experiment-analysis": access.RoleViewer, "experiment-best": access.RoleViewer, "experiment-proposal": access.RoleViewer,
	"plan-experiment": access.RoleEngineer, "move-experiment": access.RoleEngineer, "add-experiment-run": access.RoleEngineer, "enter-experiment-run": access.RoleOperator,
	"order-figures": access.RoleViewer, "order-figure-definitions": access.RoleViewer,
	"material-figures": access.RoleViewer, "material-figure-definitions": access.RoleViewer, "worker-figures": planner, "worker-figure-definitions": access.RoleViewer,
	"plan-limits": access.RoleViewer, "save-plan-limit": planner, "plan-suggestions": access.RoleViewer, "dispatch": access.RoleViewer, "start-plan": planner, "stop-plan": planner, "check-plan-move": planner, "move-plan-operation": planner, "shift-plan-operations": planner, "lock-plan-operations": planner, "issue-plan": planner, "drop-plan": planner, "promise": planner,
	"add-order": planner, "change-order": planner, "move-order": planner, "split-order": planner, "merge-order": planner, "enter-job": access.RoleOperator, "withdraw-entry": access.RoleOperator,

	"items": access.RoleViewer, "save-item": storekeeper, "locations": access.RoleViewer, "save-location": storekeeper, "stock": access.RoleViewer, "material-entries": access.RoleViewer, "book-material": access.RoleOperator,
	"arrivals": access.RoleViewer, "expect-arrival": storekeeper, "move-arrival": storekeeper,
	"backflush": access.RoleOperator, "stock-field": access.RoleViewer, "pick-proposal": access.RoleViewer, "reservations": access.RoleViewer, "reserve-material": reserver,
	"lot": access.RoleViewer, "genealogy": access.RoleViewer, "lot-birth": access.RoleViewer, "export-recall": access.RoleViewer, "scan": access.RoleViewer, "material-labels": access.RoleViewer,
	"kanban-loops": access.RoleViewer, "save-kanban-loop": storekeeper, "material-calls": access.RoleViewer, "call-material": access.RoleOperator, "move-call": access.RoleOperator,
	"condition-points": access.RoleViewer, "condition-readings": access.RoleViewer, "condition-picture": access.RoleViewer, "condition-waterfall": access.RoleViewer, "condition-bearings": access.RoleViewer, "condition-zones": access.RoleViewer,
	"add-condition-point": access.RoleEngineer, "change-condition-point": access.RoleEngineer,
	"calls": access.RoleViewer, "call": access.RoleOperator, "answer-call": access.RoleOperator,
	"characteristics": access.RoleViewer, "control-chart": access.RoleViewer, "try-control-limits": access.RoleViewer, "capability": access.RoleViewer, "inspected-lots": access.RoleViewer, "lot-plan": access.RoleViewer, "supplier-quality": access.RoleViewer, "defects": access.RoleViewer,
	"control-chart-signals": access.RoleViewer, "memory-chart": access.RoleViewer, "gauge-stability": access.RoleViewer, "gauge-checks": access.RoleViewer, "doubtful-measurements": access.RoleViewer, "check-gauge": access.RoleOperator, "withdraw-gauge-check": access.RoleOperator, "withdraw-measurement": access.RoleOperator, "measurements-due": access.RoleViewer, "adjust-gauge": access.RoleEngineer,
	"conformity-certificates": access.RoleViewer, "conformity-certificate": access.RoleViewer, "preview-conformity": access.RoleViewer, "check-conformity": access.RoleViewer, "conformity-pdf": access.RoleViewer, "conformity-content": access.RoleViewer, "export-conformity": access.RoleViewer,
	"quality-pictures": access.RoleViewer, "quality-marks": access.RoleViewer, "quality-mark-density": access.RoleViewer, "quality-cost": access.RoleViewer, "quality-cost-rates": access.RoleViewer, "quality-cost-entries": access.RoleViewer, "save-quality-cost-rate": access.RoleEngineer, "enter-quality-cost": access.RoleEngineer, "withdraw-quality-cost": access.RoleEngineer,
	"issue-conformity": access.RoleEngineer, "revise-conformity": access.RoleEngineer, "withdraw-conformity": access.RoleEngineer,
	"gauges": access.RoleViewer, "gauge-studies": access.RoleViewer, "nonconformances": access.RoleViewer, "save-characteristic": access.RoleEngineer, "set-control-limits": access.RoleEngineer, "save-gauge": access.RoleEngineer,
	"measure": access.RoleOperator, "note-chart": access.RoleOperator, "inspect-lot": access.RoleOperator, "add-gauge-study": access.RoleOperator, "open-nonconformance": access.RoleOperator, "move-nonconformance": access.RoleOperator,
	"control-loops": access.RoleViewer, "control-loop": access.RoleViewer, "control-loop-events": access.RoleViewer, "save-control-loop": access.RoleEngineer, "move-control-loop": access.RoleEngineer,
	"hand-back-loop": commander, "control-overview": access.RoleViewer, "save-control-display": access.RoleEngineer,
	"set-loop-mode": commander, "set-loop-set-point": commander, "set-loop-output": commander, "tune-control-loop": commander,
	"recipes": access.RoleViewer, "recipe": access.RoleViewer, "try-recipe": access.RoleViewer, "machine-recipe": access.RoleViewer, "recipe-downloads": access.RoleViewer, "recipe-download": access.RoleViewer, "recipe-runs": access.RoleViewer, "recipe-run": access.RoleViewer, "recipe-deviations": access.RoleViewer,
	"tool-types": access.RoleViewer, "tools": access.RoleViewer, "save-tool-type": access.RoleEngineer, "mount-tool": access.RoleOperator, "remove-tool": access.RoleOperator,
	"save-recipe": access.RoleEngineer, "move-recipe": access.RoleEngineer, "download-recipe": commander,
	"handshakes": access.RoleViewer, "handshake": access.RoleViewer, "handshake-words": access.RoleViewer, "check-handshake": access.RoleViewer, "handovers": access.RoleViewer, "handshake-statistics": access.RoleViewer,
	"save-handshake": access.RoleEngineer, "move-handshake": access.RoleEngineer, "set-handshake-mode": commander, "give-up-handover": commander,
	"rules": access.RoleViewer, "rule": access.RoleViewer, "rule-words": access.RoleViewer, "rule-firings": access.RoleViewer, "rule-comparison": access.RoleViewer, "check-rule": access.RoleViewer, "try-rule": access.RoleViewer,
	"save-rule": access.RoleEngineer, "move-rule": access.RoleEngineer, "backtest-rule": access.RoleEngineer, "decide-rule": commander,
	"components": access.RoleViewer, "component": access.RoleViewer, "component-runs": access.RoleViewer, "component-events": access.RoleViewer, "component-publishers": access.RoleViewer, "check-component": access.RoleViewer, "try-component": access.RoleViewer, "repeat-component": access.RoleViewer,
	"hand-in-module": access.RoleEngineer, "save-component": access.RoleEngineer, "move-component": access.RoleEngineer, "decide-component": commander, "allow-component-publisher": access.RoleAdmin, "revoke-component-publisher": access.RoleAdmin,
	"alarms-live": access.RoleViewer, "alarm-limits": access.RoleViewer, "alarm-limit-versions": access.RoleViewer, "set-alarm-mode": access.RoleOperator, "try-alarm-limit": access.RoleViewer, "alarm-performance": access.RoleViewer,
	"add-alarm-limit": access.RoleEngineer, "change-alarm-limit": access.RoleEngineer,
	"alarm-routes": access.RoleEngineer, "add-alarm-route": access.RoleEngineer, "change-alarm-route": access.RoleEngineer, "end-alarm-route": access.RoleEngineer, "test-alarm-route": access.RoleEngineer, "decide-command": access.RoleEngineer, "alarm-rotas": access.RoleEngineer, "add-alarm-rota": access.RoleEngineer, "change-alarm-rota": access.RoleEngineer, "end-alarm-rota": access.RoleEngineer, "alarm-deliveries": access.RoleEngineer,
	"work-orders": access.RoleViewer, "work-order": access.RoleViewer, "propose-work-order": access.RoleOperator, "change-work-order": access.RoleOperator, "move-work-order": access.RoleOperator, "take-spare": access.RoleOperator, "return-spare": access.RoleOperator, "keep-spare": access.RoleOperator, "stock-levels": access.RoleViewer, "maintenance-summary": access.RoleViewer,
	"maintenance-plans": access.RoleViewer, "add-maintenance-plan": access.RoleEngineer, "change-maintenance-plan": access.RoleEngineer, "end-maintenance-plan": access.RoleEngineer,
	"keep-file": access.RoleOperator, "file": access.RoleViewer,
	"work-hours": planner, "export-work-hours": planner,
	"exchange-partners": integrator, "add-exchange-partner": integrator, "change-exchange-partner": integrator, "end-exchange-partner": integrator, "exchange-mappings": integrator, "preview-exchange": integrator,
	"send-exchange-message": integrator, "exchange-messages": integrator, "exchange-message": integrator, "repeat-exchange-message": integrator, "exchange-outbox": integrator, "acknowledge-exchange-message": integrator,
	"exchange-reconciliation": integrator, "export-exchange-reconciliation": integrator,

	"audit": "auditor", "export-audit": "auditor", "verify-audit": "auditor", "tokens": access.RoleAdmin, "add-token": access.RoleAdmin,
	"revoke-token": access.RoleAdmin, "users": access.RoleAdmin, "add-user": access.RoleAdmin, "change-user": access.RoleAdmin, "add-link": access.RoleAdmin,
	"invite-node": access.RoleAdmin, "revoke-node": access.RoleAdmin, "save-node-region": access.RoleAdmin,

	"firms": "officer", "firm": "officer", "firm-history": "officer", "look-at-firm": "registrar", "add-firm": "registrar", "change-firm": "registrar", "merge-firm": "registrar",
	"regions": "officer", "industries": "officer", "export-firms": "officer", "firm-sheet-template": "registrar", "send-firm-sheet": "registrar", "firm-sheet": "registrar",
	"targets": "officer", "indicator": "officer", "policies": "officer", "target-settings": "officer", "save-target-settings": "registrar",
	"register-entries": "officer", "add-register-entry": "registrar", "change-register-entry": "registrar", "register-entry-history": "officer",
	"firm-returns": "officer", "save-firm-return": "registrar", "plants": "officer", "save-plant": "registrar", "machine-months": "officer", "machine-days": "officer",
	"firm-sheet-rows": "registrar", "drop-firm-sheet": "registrar", "apply-firm-sheet": "registrar", "firm-imports": "registrar", "undo-firm-import": "registrar",
	"roles": access.RoleAdmin, "save-role": access.RoleAdmin, "remove-role": access.RoleAdmin, "who-may": access.RoleAdmin,
	"maturity-editions": "officer", "maturity-edition": "officer", "diagnoses": "officer", "diagnosis-firms": "expert", "start-diagnosis": "expert",
	"diagnosis": "officer", "diagnosis-history": "officer", "plan-diagnosis": "expert", "staff-diagnosis": "expert", "visit-diagnosis": "expert",
	"fill-diagnosis": "expert", "answer-diagnosis": "expert", "ask-diagnosis": "expert", "answer-diagnosis-question": "firm",
	"propose-diagnosis-measure": "expert", "move-diagnosis": "expert", "reply-diagnosis": "firm", "follow-diagnosis-up": "expert",
	"attach-diagnosis-file": "expert", "diagnosis-file": "officer", "diagnosis-report": "officer", "diagnosis-progress": "officer",
	"guests": access.RoleAdmin, "let-in": access.RoleAdmin, "extend-guest": access.RoleAdmin, "end-guest": access.RoleAdmin, "my-grants": anybody,
	"sessions": anybody, "end-session": anybody, "end-other-sessions": anybody, "change-password": anybody, "user-sessions": access.RoleAdmin, "end-user-sessions": access.RoleAdmin,
	"second-factor": anybody, "enrol-second-factor": anybody, "confirm-second-factor": anybody, "drop-second-factor": anybody, "reset-second-factor": access.RoleAdmin,
	"evidence-requests": "auditor", "ask-evidence": anybody, "evidence-page": anybody, "evidence-source": anybody, "evidence-state": anybody, "my-evidence-requests": anybody, "decide-evidence": access.RoleAdmin,
	"sharing-policy": access.RoleAdmin, "sharing-history": access.RoleAdmin, "save-sharing-policy": access.RoleAdmin,
	"indicator-breakdown": "officer", "indicators-state": "officer", "map": "officer", "indicator-trend": "officer", "firm-indicators": "officer", "machine-plant": "officer",
	"report-calendar": "officer", "reports": "officer", "report-dues": "officer", "report": "officer", "report-file": "officer", "report-scores": "officer", "report-comparison": "officer",
	"freeze-reports": reporter, "step-report": reporter,
	"benchmarks": "officer", "benchmark-issues": "officer", "publish-benchmark": "registrar",
	"evaluation-standards": "officer", "evaluations": "officer", "evaluation": "officer", "evaluation-class": "officer", "evaluation-scores": "officer", "evaluation-file": "officer", "evaluation-score": "officer",
	"object-evaluation": "officer", "start-evaluation": "registrar", "recompute-evaluation": "registrar", "move-evaluation": "registrar", "answer-evaluation-objection": "registrar",
	"sign-in-providers": "", "providers": access.RoleAdmin, "add-provider": access.RoleAdmin, "change-provider": access.RoleAdmin, "remove-provider": access.RoleAdmin, "test-provider": access.RoleAdmin, "renew-recovery-codes": anybody,
	"firm-suspicions": "officer", "decide-firm-suspicion": "registrar",
	"tenants": "platform", "add-tenants": "platform", "tenant": "platform", "change-tenant": "platform", "delete-tenant": "platform", "tenant-usage": "platform", "start-tenant-export": "platform", "tenant-export": "platform", "export-tenant": "platform", "start-own-export": access.RoleAdmin, "own-export": access.RoleAdmin, "export-own": access.RoleAdmin,
	"firm-years": "officer", "save-firm-year": "registrar", "firm-year-history": "officer", "target-settings-history": "officer",
	"target-tasks": "officer", "export-target-tasks": "officer", "add-target-tasks": "registrar", "change-target-task": "registrar", "target-task-history": "officer",
	"organisations": "officer", "add-organisation": "registrar", "change-organisation": "registrar", "organisation-history": "officer",
	"experts": "officer", "add-expert": reporter, "change-expert": reporter, "expert-history": "officer",
	"expert-stations": "officer", "add-expert-station": reporter, "change-expert-station": reporter, "expert-station-history": "officer", "expert-visits": "officer", "save-expert-visit": "officer",
	"expert-dispatches": "officer", "expert-dispatch": "officer", "expert-dispatch-history": "officer", "expert-candidates": reporter, "ask-expert-dispatch": reporter,
	"assign-expert": reporter, "answer-expert-assignment": "officer", "withdraw-expert": reporter, "end-expert-dispatch": reporter,
	"advice-list": "officer", "export-advice": "officer", "ask-advice": "officer", "advice": "officer", "advice-history": "officer", "direct-advice": reporter, "answer-advice": "officer", "end-advice": "officer",
	"attach-advice-file": "officer", "advice-file": "officer",
	"ledger-template": "registrar", "export-ledger": "officer", "check-ledger": "registrar", "apply-ledger": "registrar",
}

// anybody is everybody who is signed in.
const anybody access.Role = "anybody"

// commander is who sets values on machines.
const commander access.Role = "commander"

// planner is who enters and releases orders.
const planner access.Role = "planner"

// storekeeper is who keeps items and locations, and reserver who keeps material
// for orders.
const (
	storekeeper access.Role = "storekeeper"
	reserver    access.Role = "reserver"
)

// integrator is who exchanges messages with business systems.
const integrator access.Role = "integration"

// reporter is everybody who hands in what a region reports, or checks it, and
// sends experts there.
const reporter access.Role = "reporter"

// ladders are the roles that may what the least of an operation may.
var ladders = map[access.Role][]access.Role{
	anybody:             {"viewer", "operator", "planner", "storekeeper", "integration", "provider", "engineer", "admin", "officer", "registrar", "expert", "auditor", "platform", "firm"},
	access.RoleViewer:   {"viewer", "operator", "planner", "storekeeper", "integration", "provider", "engineer", "admin"},
	access.RoleOperator: {"operator", "planner", "storekeeper", "engineer", "admin"},
	commander:           {"operator", "engineer", "admin"},
	planner:             {"planner", "engineer", "admin"},
	storekeeper:         {"storekeeper", "engineer", "admin"},
	reserver:            {"planner", "storekeeper", "engineer", "admin"},
	integrator:          {"integration", "engineer", "admin"},
	access.RoleEngineer: {"provider", "engineer", "admin"},
	access.RoleAdmin:    {"admin"},
	"officer":           {"officer", "registrar", "expert", "admin", "firm"},
	"firm":              {"firm", "expert", "admin"},
	"registrar":         {"registrar", "admin"},
	"expert":            {"expert", "admin"},
	"auditor":           {"auditor", "admin"},
	"platform":          {"platform", "admin"},
	reporter:            {"officer", "registrar", "admin"},
}

// wholePlant are operations on what belongs to no single place: who is
// confined to a path may not call them.
var wholePlant = []string{"searches", "start-search", "cancel-search", "candidates", "forget-candidate", "discovery-rules", "add-discovery-rule", "change-discovery-rule", "end-discovery-rule", "north-targets", "add-north-target", "change-north-target", "end-north-target", "test-north-target", "save-calendar", "save-product", "add-operations-definition", "change-operations-definition", "move-operations-definition", "people", "save-person", "save-plan-limit", "work-hours", "export-work-hours", "worker-figures", "save-item", "reservations", "reserve-material", "genealogy", "lot-birth", "export-recall", "certificates", "approve-certificate", "audit", "export-audit", "verify-audit", "links", "invite-node", "revoke-node", "save-node-region", "node-plant", "node-settings", "send-settings", "evidence-requests", "decide-evidence", "save-role", "remove-role", "sharing-policy", "sharing-history", "save-sharing-policy", "providers", "add-provider", "change-provider", "remove-provider", "test-provider", "tenants", "add-tenants", "tenant", "change-tenant", "delete-tenant", "tenant-usage", "start-tenant-export", "tenant-export", "export-tenant", "start-own-export", "own-export", "export-own", "alarm-routes", "add-alarm-route", "change-alarm-route", "end-alarm-route", "test-alarm-route", "alarm-rotas", "add-alarm-rota", "change-alarm-rota", "end-alarm-rota", "exchange-partners", "add-exchange-partner", "change-exchange-partner", "end-exchange-partner", "exchange-mappings", "preview-exchange", "send-exchange-message", "exchange-messages", "exchange-message", "repeat-exchange-message", "exchange-outbox", "acknowledge-exchange-message", "exchange-reconciliation", "export-exchange-reconciliation", "allow-component-publisher", "revoke-component-publisher"}

const otherLine = `  - {path: firm/site/turning/other, level: line, name: {zh: 二线}}
  - path: firm/site/turning/other/lathe-3
    level: equipment
    name: {zh: 3号车床}
    equipment: {class: lathe, profile: demo-lathe, device: {driver: modbus-tcp, address: "127.0.0.1:1", params: {unit: "3"}}, nc: true, cycles: [{product: ring, pru_ms: 18350}]}
`

// operation is one of the contract.
type operation struct {
	ID, Method, Path string
	Parameters       []struct {
		Name, In string
		Required bool
	}
}

// gate is a node with one machine inside a line and one outside of it.
type gate struct {
	t        *testing.T
	n        *node
	api      apiClient
	ops      []operation
	own, out plant.Node
	tags     map[plant.NodeID]plant.TagNo
	firms    [2]known // asked about beside own and out
	orders   map[plant.NodeID]string
}

func newGate(t *testing.T) *gate {
	g := &gate{t: t, tags: map[plant.NodeID]plant.TagNo{}}
	g.firms = [2]known{{id: "FIRMOFOURS", region: ourRegion, sector: ourSector}, {id: "FIRMELSEWHERE", region: otherRegion, sector: otherSector}}
	g.api = nodeOf(t, twoLathes+otherLine, time.Now().Add(-time.Hour), func(n *node) {
		g.n = n
		n.requests = -1 // what the walk asks in a second on a quick machine is more than people do
	})
	m, err := g.n.plants.Model(t.Context(), access.Scope{Tenant: demoTenant}, plant.MicrosOf(time.Now()))
	must(t, err)
	for _, one := range m.Nodes {
		switch one.Path {
		case "firm/site/turning/line/lathe-1":
			g.own = one
		case "firm/site/turning/other/lathe-3":
			g.out = one
		}
	}
	tags, err := g.n.shop.Tags(t.Context(), access.Scope{Tenant: demoTenant})
	must(t, err)
	for _, tag := range tags {
		if tag.Name == "count.good" {
			g.tags[tag.Node] = tag.No
		}
	}
	g.order()
	var doc json.RawMessage
	g.api.get("/openapi.json", &doc)
	g.ops = operationsOf(t, doc)
	return g
}

// order has an order released for each of the two machines.
func (g *gate) order() {
	who, desk := access.Node(demoTenant), g.n.newProduction()
	g.orders = map[plant.NodeID]string{}
	for i, m := range []plant.Node{g.own, g.out} {
		product := [...]string{"ring", "sleeve"}[i]
		d, err := desk.SaveDefinition(g.t.Context(), who, production.Definition{Product: product, Unit: "{piece}", Materials: []production.Material{}, Segments: []production.Segment{
			{No: 10, Name: plant.Name{ZH: "车削"}, Alternatives: []production.Alternative{{Equipment: m.ID, RunMs: 1000}}},
		}})
		must(g.t, err)
		_, err = desk.Release(g.t.Context(), who, product, d.Revision, plant.Validity{}, d.Rev)
		must(g.t, err)
		v, err := desk.Create(g.t.Context(), who, production.Terms{
			Number: fmt.Sprint("walk-", i), Kind: production.Make, Product: product, Quantity: 9, Place: plant.ParentPath(m.Path),
			Due: plant.InstantOf(time.Now().Add(time.Hour)), Customer: m.Name.ZH,
		})
		must(g.t, err)
		v, err = desk.ReleaseOrder(g.t.Context(), who, v.ID, v.Rev)
		must(g.t, err)
		g.orders[m.ID] = v.ID
	}
}

// operationsOf are all of a contract, by id.
func operationsOf(t *testing.T, raw []byte) (ops []operation) {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct {
				Name, In string
				Required bool
			}
		}
	}
	must(t, json.Unmarshal(raw, &doc))
	for path, methods := range doc.Paths {
		for method, o := range methods {
			ops = append(ops, operation{ID: o.OperationID, Method: strings.ToUpper(method), Path: path, Parameters: o.Parameters})
		}
	}
	slices.SortFunc(ops, func(a, b operation) int { return strings.Compare(a.ID, b.ID) })
	return ops
}

func (g *gate) token(role access.Role, path string) string {
	g.t.Helper()
	return g.tokenOf(demoTenant, access.Grant{Role: role, Path: path})
}

func (g *gate) tokenOf(tenant plant.TenantNo, grants ...access.Grant) string {
	g.t.Helper()
	_, secret, err := g.n.access.CreateToken(g.t.Context(), access.Node(tenant), access.NewToken{Name: "test", Grants: grants})
	must(g.t, err)
	return secret
}

// byDay are operations that are asked for days, not for instants.
var byDay = []string{"suspicions", "machine-days", "firm-suspicions"}

// firm is the firm that is asked about beside the machine: that of our city and
// trade, or one of others.
func (g *gate) firm(machine plant.Node) known {
	if machine.ID == g.out.ID {
		return g.firms[1]
	}
	return g.firms[0]
}

// value is what stands for a parameter when machine is asked about.
func (g *gate) value(o operation, name string, machine plant.Node) string {
	now := time.Now().UTC()
	firm := g.firm(machine)
	switch name {
	case "firm", "enterprise":
		return firm.id
	case "region":
		return firm.region
	case "sector", "industry":
		return firm.sector
	case "id":
		switch strings.Split(o.Path, "/")[3] {
		case "equipment", "nodes":
			return string(machine.ID)
		case "lines", "energy":
			return string(machine.Parent)
		case "orders":
			return cmp.Or(g.orders[machine.ID], "01NOBODY")
		case "devices":
			return string(machine.Machine.Device.ID)
		case "figures":
			return "oee"
		case "profiles":
			return "demo-lathe"
		case "reports":
			return "2025-05." + firm.region
		case "firms":
			return cmp.Or(firm.id, "01NOBODY")
		case "diagnoses":
			return cmp.Or(firm.diagnosis, "01NOBODY")
		case "register-entries":
			return cmp.Or(firm.entry, "01NOBODY")
		case "indicators":
			return "backbone-networking-rate"
		case "maturity-editions":
			return "gbt-39116-2020-discrete"
		}
		return "01NOBODY"
	case "user":
		return "01NOBODY"
	case "order":
		return cmp.Or(g.orders[machine.ID], "01NOBODY")
	case "job":
		return "10"
	case "product":
		return "ring"
	case "revision":
		return "1"
	case "scope":
		return machine.Path
	case "equipment", "machine":
		return string(machine.ID)
	case "year", "first":
		if o.ID == "machine-months" { // asked for a month, not both
			return ""
		}
		return fmt.Sprint(now.Year())
	case "period":
		return "2025-05"
	case "indicator":
		return "backbone-networking-rate"
	case "month":
		return now.Format("2006-01")
	case "tag", "no":
		return fmt.Sprint(g.tags[machine.ID])
	case "from", "start":
		if slices.Contains(byDay, o.ID) {
			return now.AddDate(0, 0, -1).Format(time.DateOnly)
		}
		return now.Add(-time.Hour).Format(time.RFC3339)
	case "to":
		if slices.Contains(byDay, o.ID) {
			return now.Format(time.DateOnly)
		}
		return now.Format(time.RFC3339)
	case "at":
		if o.ID == "model-contributions" {
			return now.Format(time.RFC3339)
		}
		return ""
	case "until":
		return now.Add(time.Hour).Format(time.RFC3339)
	case "reason":
		return "minor.jam"
	case "plan":
		return "01NOBODY"
	case "lot", "item":
		return "bolt:1"
	case "quantity":
		return "1"
	case "size":
		if o.ID == "lot-plan" {
			return "1000"
		}
		return ""
	case "text":
		return "ZG1.L.bolt:1.0000"
	case "kind":
		switch {
		case o.ID == "memory-chart":
			return "ewma"
		case o.ID == "material-labels":
			return "lot"
		case strings.Contains(o.Path, "exchange"):
			return "order"
		}
		return ""
	case "measure":
		return "tax-per-mu"
	case "ledger":
		return "robots"
	case "standard":
		return "mu-above-scale"
	case "objection", "check", "measurement":
		return "01NOBODY"
	case "window":
		return "hour"
	case "code":
		return "day"
	case "node":
		return "UNOBODY"
	case "partner":
		return "erp"
	case "place":
		return plant.ParentPath(machine.Path)
	case "direction":
		if o.ID == "genealogy" {
			return "up"
		}
		return "in"
	case "day":
		return now.Format(time.DateOnly)
	case "office":
		return "o"
	case "permission":
		return "read"
	case "rev":
		return "999"
	case "run":
		return "1"
	case "If-Match":
		return `"999"`
	case "sha256":
		return strings.Repeat("0", 64)
	case "number":
		return "QC2026-000001"
	case "digest", "picture":
		return strings.Repeat("0", 64)
	case "confirm":
		return "01NOBODY"
	case "name":
		return "proof.pdf"
	case "Idempotency-Key":
		return fmt.Sprint(now.UnixNano())
	}
	return ""
}

// body is a well-formed one that names the machine.
func (g *gate) body(o operation, machine plant.Node) []byte {
	now := time.Now().UTC()
	rule := map[string]any{"id": "", "rev": 0, "name": "modules", "driver": "sparkplug", "place": plant.ParentPath(machine.Path), "auto": false, "off": true}
	target := map[string]any{"id": "", "rev": 0, "name": "mes", "kind": "mqtt", "url": "mqtt://127.0.0.1:1", "paths": []string{machine.Path}, "off": true}
	about := g.firm(machine)
	code := plant.CreditCode("91350200776049653A") // the whole has it stored as a firm of ours
	if machine.ID == g.out.ID {
		code = codeOf(g.t, 9)
	}
	firm := map[string]any{"code": code, "name": "厦门某某有限公司", "region": about.region, "industry": about.sector}
	entry := map[string]any{"id": "", "rev": 0, "kind": "matching_event", "region": about.region, "title": "现场会", "from": now.Add(-time.Hour).UnixMicro(), "basis": "audited"}
	sheet := map[string]any{"file": "x.csv", "header": []string{"path"}, "rows": []any{map[string]any{"line": 2, "cells": []string{plant.ParentPath(machine.Path) + "/brand-new"}}}}
	definition := map[string]any{"product": "ring", "revision": 1, "state": "draft", "valid": map[string]any{}, "unit": "{piece}", "materials": []any{}, "rev": 0, "segments": []any{
		map[string]any{"no": 10, "name": map[string]any{"zh": "车"}, "alternatives": []any{map[string]any{"equipment": machine.ID, "setup_ms": 0, "run_ms": 1}}},
	}}
	order := map[string]any{"number": fmt.Sprint("W", now.UnixNano()), "kind": "make", "product": "ring", "quantity": 1, "place": plant.ParentPath(machine.Path), "due": now.Add(time.Hour), "priority": 50}
	point := map[string]any{"name": map[string]string{"zh": "轴承"}, "tag": g.tags[machine.ID], "rpm": 1500, "bearing": "6205-2RS", "rev": 0}
	brought := map[string]any{"name": map[string]string{"zh": "软测量"}, "code": "soft", "place": machine.ID, "form": "service", "key": "U" + strings.Repeat("A", 55), "window_s": 60, "every_s": 60, "outputs": []any{map[string]any{"name": "core"}}, "inputs": []any{map[string]any{"name": "power", "unit": "kW", "equipment": machine.ID, "signal": "power.active"}}}
	layout := map[string]any{"line": machine.Parent, "rev": 0, "from": now.Add(-time.Hour), "links": []any{}, "stations": []any{
		map[string]any{"code": "op10", "name": map[string]any{"zh": "车"}, "function": "machining", "machines": []any{machine.ID}},
	}}
	meters := map[string]any{"place": machine.Parent, "rev": 0, "from": now.Add(-time.Hour), "note": "first", "tariffs": []any{}, "meters": []any{
		map[string]any{"code": "m", "name": map[string]any{"zh": "表"}, "medium": "electricity", "equipment": machine.ID, "signal": "energy.active", "reads": "counter"},
	}}
	baseline := map[string]any{"code": "b", "rev": 0, "place": machine.Parent, "name": map[string]any{"zh": "基准"}, "meter": "m", "every": "hour", "kind": "linear", "variables": []any{map[string]any{"name": "parts", "kind": "good"}}, "from": now.Add(-9 * time.Hour), "to": now.Add(-time.Hour), "note": "first"}
	replacement := map[string]any{"code": "r", "rev": 0, "place": machine.Parent, "equipment": machine.ID, "name": map[string]any{"zh": "新机"}, "price_fen": 100, "from": now.Add(-9 * time.Hour), "to": now.Add(-time.Hour), "basis": "class", "state": "proposed", "note": "first"}
	golden, question, trials := g.process(machine, now)
	study := map[string]any{"name": map[string]any{"zh": "模型"}, "machines": []any{machine.ID}, "inputs": []any{map[string]any{"signal": "power.active", "stat": "mean"}}, "window_min": 10, "target": map[string]any{"goal": "normal"}, "from": now.Add(-time.Hour), "to": now}
	reacts := map[string]any{"name": map[string]any{"zh": "规则"}, "place": machine.ID, "inputs": []any{map[string]any{"name": "feed", "equipment": machine.ID, "signal": "feed.override"}}, "when": "feed > 1000.0", "trigger": "sample", "max_per_hour": 1, "actions": []any{map[string]any{"kind": "alarm", "priority": 4}}}
	limit := map[string]any{"stage": "draft", "tag": g.tags[machine.ID], "text": map[string]any{"zh": "高"}, "kind": "hi", "value": 1e9, "priority": 4, "reason": "x"}
	rota := map[string]any{"id": "", "rev": 0, "name": "nights", "zone": "Asia/Shanghai", "begin": "2026-11-02", "hand_over": "08:00", "days": 7, "people": []any{map[string]any{"name": "z", "mobile": "138"}}, "swaps": []any{}}
	route := map[string]any{"id": "", "rev": 0, "name": "people", "way": "webhook", "url": "http://127.0.0.1:1/", "secret": "x", "to": []string{}, "priority": 4, "places": []string{machine.Path}, "off": true}
	kept := map[string]any{"id": "", "rev": 0, "equipment": machine.ID, "title": "x", "by": "time", "days": 30, "priority": 4, "checks": []string{}}
	recipe := map[string]any{"item": "ring", "place": machine.ID, "parameters": []any{map[string]any{"signal": "feed.override", "target": 100, "download": true}}}
	held := map[string]any{"name": map[string]any{"zh": "回路"}, "owner": "x", "equipment": machine.ID, "output": "feed.override", "pv": map[string]any{"equipment": machine.ID, "signal": "spindle.load"}, "block": map[string]any{"kind": "pid", "pid": map[string]any{"k": 1, "ti_s": 10, "b": 1, "low": 50, "high": 100}}, "sp": 50, "sp_low": 10, "sp_high": 90, "period_ms": 1000, "max_age_ms": 5000, "interval_ms": 5000, "safe": map[string]any{"action": "hold"}}
	hands := map[string]any{"name": map[string]any{"zh": "交接"}, "owner": "x", "kind": "transfer", "giver": map[string]any{"equipment": machine.ID}, "taker": map[string]any{"equipment": machine.ID}, "max_age_ms": 5000, "clear_ms": 5000, "steps": []any{
		map[string]any{"name": "offer", "party": "giver", "signal": "feed.override", "value": 1, "within_ms": 0}, map[string]any{"name": "done", "party": "taker", "signal": "feed.override", "value": 2, "within_ms": 1000},
	}}
	move := map[string]any{"order": "01NOBODY", "job": 10, "equipment": "01NOBODY", "start": now}
	partner := map[string]any{"id": "erp", "rev": 0, "name": "ERP", "way": "http", "format": "json", "mapping": "zhigai", "place": plant.ParentPath(machine.Path), "jobs": false, "every_s": 60, "silent_s": 3600, "off": true}
	provider := map[string]any{"name": map[string]string{"zh": "认证"}, "issuer": "http://127.0.0.1:1", "client_id": "x", "address": "http://127.0.0.1:1", "scopes": []string{}, "factor": []string{}, "rules": []any{}, "rev": 0}
	plan := map[string]any{"title": "x", "begin": "2026-05-01", "end": "2026-05-02", "from": now.AddDate(0, 0, -30), "to": now, "target": 2, "cut": []string{}}
	person := map[string]any{"id": "", "rev": 0, "name": "王", "organisation": "所", "region": about.region, "serves": []string{}, "sectors": []string{"C"}, "fields": []string{}, "capacity": 1, "from": now.Format(time.DateOnly), "interests": []any{}}
	station := map[string]any{"id": "", "rev": 0, "expert": "01NOBODY", "region": about.region, "from": now.Format(time.DateOnly)}
	raw, err := json.Marshal(map[string]any{
		"start-diagnosis": map[string]any{"firm": about.id, "edition": "gbt-39116-2020-discrete", "plan": plan}, "plan-diagnosis": plan,
		"staff-diagnosis": map[string]any{"team": []any{}}, "visit-diagnosis": map[string]any{"day": "2026-05-01"}, "fill-diagnosis": map[string]any{},
		"answer-diagnosis": map[string]any{"requirement": "data.1.1", "grade": "full"}, "ask-diagnosis": map[string]any{"text": "?"},
		"answer-diagnosis-question": map[string]any{"question": "q", "text": "!"}, "propose-diagnosis-measure": map[string]any{"title": "x", "requirements": []string{}, "benefit_fen": 0, "cost_fen": 0, "months": 1},
		"move-diagnosis": map[string]any{"state": "visiting"}, "reply-diagnosis": map[string]any{"text": "x", "agrees": true}, "follow-diagnosis-up": map[string]any{"months": 6, "text": "x", "measures": map[string]string{}},
		"acknowledge-alarm": map[string]any{"equipment": machine.ID, "alarm": "servo"},
		"set-alarm-mode":    map[string]any{"equipment": machine.ID, "alarm": "servo", "state": "shelved", "until": now.Add(time.Hour), "reason": "x"},
		"add-alarm-limit":   limit, "change-alarm-limit": limit,
		"add-alarm-route": route, "change-alarm-route": route, "add-alarm-rota": rota, "change-alarm-rota": rota, "propose-work-order": map[string]any{"equipment": machine.ID, "title": "x", "priority": 4},
		"change-work-order": map[string]any{"title": "x", "priority": 4}, "move-work-order": map[string]any{"state": "planned"}, "add-maintenance-plan": kept, "change-maintenance-plan": kept,
		"try-alarm-limit": map[string]any{"stage": "draft", "tag": g.tags[machine.ID], "text": map[string]any{"zh": "高"}, "kind": "hi", "value": 1e9, "priority": 4, "reason": "x", "from": now.Add(-time.Hour), "to": now, "within_s": 60},
		"assign-reason":   map[string]any{"equipment": machine.ID, "from": now.Add(-time.Minute), "reason": "minor.jam"},
		"decide-command":  map[string]any{"approve": true},
		"command":         map[string]any{"equipment": machine.ID, "signal": "spindle.override", "value": map[string]any{"number": 80}},
		"add-count":       map[string]any{"good": 1},
		"set-state":       map[string]any{"code": "EXECUTING", "mode": "PROCESSING", "until": now.Add(time.Hour)},
		"add-node":        map[string]any{"path": machine.Path + "-2", "level": "equipment", "name": map[string]string{"zh": "新"}},
		"change-node":     map[string]any{"path": machine.Path, "level": "equipment", "name": map[string]string{"zh": "改"}},
		"save-calendar": map[string]any{"code": "day", "name": map[string]string{"zh": "班"}, "zone": "Asia/Shanghai", "shifts": []any{
			map[string]any{"code": "early", "name": map[string]string{"zh": "早"}, "start": "06:00", "end": "14:00", "weekdays": []int{1}},
		}},
		"save-product":        map[string]any{"code": "day", "name": map[string]string{"zh": "品"}},
		"approve-certificate": map[string]any{"address": "opc.tcp://127.0.0.1:1", "fingerprint": strings.Repeat("0", 64)},
		"start-search":        map[string]any{"driver": "sparkplug", "where": "nobody"},
		"forget-candidate":    map[string]any{"driver": "modbus-tcp", "address": "127.0.0.1:1", "off": false, "writing": false},
		"add-discovery-rule":  rule, "change-discovery-rule": rule,
		"add-exchange-partner": partner, "change-exchange-partner": partner, "preview-exchange": map[string]any{"partner": partner, "format": "json", "kind": "order"}, "acknowledge-exchange-message": map[string]any{"id": "x"},
		"add-north-target": target, "change-north-target": target, "test-north-target": target,
		"make-acceptance-report": map[string]any{"from": now.Add(-time.Hour), "to": now.Add(-time.Minute), "places": []string{machine.Path}},
		"test-device":            map[string]any{"driver": "modbus-tcp", "address": "127.0.0.1:1", "profile": "demo-lathe"},
		"add-token":              map[string]any{"name": "x", "role": "admin", "path": machine.Path},
		"add-user":               map[string]any{"name": "u-" + fmt.Sprint(now.UnixNano()), "role": "admin", "path": machine.Path},
		"change-user":            map[string]any{"rev": 1},
		"let-in":                 map[string]any{"name": "nobody-here", "grants": []any{map[string]any{"role": "viewer", "path": machine.Path}}, "until": now.Add(time.Hour), "purpose": "x"},
		"extend-guest":           map[string]any{"until": now.Add(time.Hour)},
		"invite-node":            map[string]any{"name": "edge-9"},
		"save-node-region":       map[string]any{"code": about.region},
		"sign-in":                map[string]any{"name": "nobody", "password": "wrong"},
		"sign-in-by-link":        map[string]any{"secret": "wrong"},
		"preview-sheet":          map[string]any{"sheet": sheet}, "apply-sheet": map[string]any{"sheet": sheet, "revision": "1-0"},
		"undo-sheet":          map[string]any{"at": "1", "nodes": 1},
		"ask-evidence":        map[string]any{"equipment": machine.ID, "office": "o", "purpose": "p", "tags": []string{"count.good"}, "from": "2026-11-01", "to": "2026-11-02"},
		"save-sharing-policy": map[string]any{"all": true, "model": false, "figures": []string{}, "records": []string{}, "tags": []any{}, "evidence": []any{}},
		"decide-evidence":     map[string]any{"state": "refused", "reason": "x"},
		"contest-suspicion":   map[string]any{"equipment": machine.ID, "text": "why"}, "decide-suspicion": map[string]any{"equipment": machine.ID, "text": "why", "upheld": true}, "decide-firm-suspicion": map[string]any{"text": "why", "upheld": true},
		"save-target-settings": map[string]any{"incentive": []string{"330624"}, "rev": 0}, "save-plant": map[string]any{"firm": ""},
		"add-register-entry": entry, "change-register-entry": entry,
		"save-firm-return": map[string]any{"firm": about.id, "year": 2022, "name": "machines", "value": 1, "basis": "declared", "rev": 0},
		"add-firm":         firm, "change-firm": firm, "look-at-firm": firm, "merge-firm": map[string]any{"into": about.id, "rev": 999}, "apply-firm-sheet": map[string]any{},
		"sign-in-code": map[string]any{"ticket": "wrong", "code": "000000"}, "confirm-second-factor": map[string]any{"code": "000000"}, "drop-second-factor": map[string]any{"code": "000000"},
		"change-password": map[string]any{"old": "wrong", "new": "long enough word"},
		"freeze-reports":  map[string]any{"period": "2025-05", "region": about.region}, "step-report": map[string]any{"what": "submit"},
		"publish-benchmark": map[string]any{"measure": "tax-per-mu", "year": 2022},
		"start-evaluation":  map[string]any{"title": "x", "standard": "mu-above-scale", "version": 0, "year": 2022, "region": "3306"}, "recompute-evaluation": map[string]any{},
		"move-evaluation": map[string]any{"state": "cancelled", "note": "x"}, "object-evaluation": map[string]any{"firm": "01NOBODY", "text": "x"}, "answer-evaluation-objection": map[string]any{"decision": "rejected", "answer": "x"},
		"add-provider": provider, "change-provider": provider, "test-provider": map[string]any{"issuer": "http://127.0.0.1:1"}, "renew-recovery-codes": map[string]any{"code": "000000"},
		"add-tenants": map[string]any{"firms": []any{map[string]any{"id": "nobody", "name": map[string]string{"zh": "空"}}}, "dry_run": true}, "change-tenant": map[string]any{},
		"add-target-tasks":   map[string]any{"tasks": []any{map[string]any{"id": "", "rev": 0, "target": "T05", "unit": "zj-jxw", "region": about.region, "year": now.Year(), "planned": 10}}},
		"change-target-task": map[string]any{"id": "", "rev": 0, "target": "T05", "unit": "zj-jxw", "region": about.region, "year": now.Year(), "planned": 10},
		"add-organisation":   map[string]any{"id": "", "rev": 0, "name": "局", "level": "county", "region": about.region, "successors": []string{}}, "change-organisation": map[string]any{"id": "", "rev": 0, "name": "局", "level": "county", "region": about.region, "successors": []string{}},
		"save-firm-year": map[string]any{"firm": about.id, "year": 2021, "basis": "declared", "values": []any{map[string]any{"name": "machines", "value": 1, "rev": 0}}},
		"add-expert":     person, "change-expert": person, "add-expert-station": station, "change-expert-station": station,
		"save-expert-visit":   map[string]any{"id": "", "rev": 0, "day": now.Format(time.DateOnly), "notes": "x"},
		"ask-expert-dispatch": map[string]any{"diagnosis": about.diagnosis, "wanted": 1, "fields": []string{}}, "assign-expert": map[string]any{"expert": "01NOBODY", "role": "lead"}, "answer-expert-assignment": map[string]any{"accept": true},
		"withdraw-expert": map[string]any{"expert": "01NOBODY", "reason": "x"}, "end-expert-dispatch": map[string]any{"state": "cancelled", "reason": "x"},
		"ask-advice": map[string]any{"firm": about.id, "topic": "policy", "title": "x", "text": "x"}, "direct-advice": map[string]any{"organisation": "院", "due": now.AddDate(0, 0, 9).Format(time.DateOnly)},
		"answer-advice": map[string]any{"answer": "x"}, "end-advice": map[string]any{"to": "withdrawn", "note": "x"},
		"add-operations-definition": definition, "change-operations-definition": definition, "move-operations-definition": map[string]any{"state": "blocked", "reason": "x"},
		"save-person": map[string]any{"name": "x", "skills": []any{}, "rev": 0}, "add-order": order, "change-order": order, "move-order": map[string]any{"what": "closed"},
		"start-plan": map[string]any{"kind": "draft", "place": plant.ParentPath(machine.Path), "search_ms": 50}, "promise": map[string]any{"product": "ring", "quantity": 1, "place": plant.ParentPath(machine.Path)},
		"check-plan-move": move, "move-plan-operation": move, "lock-plan-operations": map[string]any{"operations": []any{map[string]any{"order": "01NOBODY", "job": 10}}, "locked": true},
		"save-plan-limit": map[string]any{"what": "tool", "name": "F-7", "units": 1, "rev": 0}, "save-line-layout": layout, "save-energy-meters": meters, "try-energy-baseline": baseline, "save-energy-baseline": baseline, "save-energy-replacement": replacement, "take-spare": map[string]any{"item": "bolt", "location": "shelf", "quantity": "1"}, "return-spare": map[string]any{"booking": "01NOBODY", "note": "x"}, "keep-spare": map[string]any{"item": "bolt", "quantity": "1"}, "shift-plan-operations": map[string]any{"moves": []any{move}}, "issue-plan": map[string]any{}, "drop-plan": map[string]any{},
		"machine-runs": map[string]any{"equipment": machine.ID, "cut": map[string]any{"by": "state"}, "from": now.Add(-time.Hour), "to": now}, "try-golden-batch": golden, "save-golden-batch": golden, "screen-causes": question,
		"preview-model-study": study, "save-model-study": study, "serve-model": map[string]any{"version": "01NOBODY", "rev": 1}, "repeat-model": map[string]any{"from": now.Add(-time.Hour), "to": now},
		"try-experiment": trials, "plan-experiment": trials, "move-experiment": map[string]any{"rev": 1, "state": "running"}, "add-experiment-run": map[string]any{"rev": 1, "kind": "proposed", "settings": []float64{1}, "note": "x"}, "enter-experiment-run": map[string]any{"rev": 1, "results": []float64{1}},
		"split-order": map[string]any{"number": fmt.Sprint("S", now.UnixNano()), "quantity": 1}, "merge-order": map[string]any{"other": cmp.Or(g.orders[machine.ID], "01NOBODY")},
		"enter-job": map[string]any{"job": 10, "what": "job", "command": "resume"}, "withdraw-entry": map[string]any{"step": 1, "note": "x"},
		"save-item":      map[string]any{"code": "bolt", "name": map[string]string{"zh": "螺栓"}, "unit": "kg", "tracking": "lot", "rev": 0},
		"expect-arrival": map[string]any{"item": "bolt", "quantity": "1", "to": "shelf", "due": now.Add(time.Hour)}, "move-arrival": map[string]any{"what": "cancelled", "note": "x"},
		"save-location": map[string]any{"code": "shelf", "name": map[string]string{"zh": "货架"}, "kind": "warehouse", "node": machine.ID, "rev": 0},
		"book-material": map[string]any{"what": "moved", "item": "bolt", "lot": "1", "from": "a", "to": "b", "quantity": "1"}, "backflush": map[string]any{"order": "nobody", "job": 10},
		"reserve-material": map[string]any{"order": "nobody"}, "call-material": map[string]any{"item": "bolt", "quantity": "1", "to": "a"}, "move-call": map[string]any{"state": "accepted"},
		"add-condition-point": point, "change-condition-point": point,
		"save-tool-type": map[string]any{"code": "T1", "name": map[string]string{"zh": "刀"}, "place": machine.ID, "measure": "parts", "life": 100, "price_fen": 0}, "mount-tool": map[string]any{"type": "01NOBODY", "equipment": machine.ID}, "remove-tool": map[string]any{"reason": "worn", "rev": 1},
		"save-quality-cost-rate": map[string]any{"what": "scrap", "place": machine.ID, "fen": 1, "from": now, "source": "x"}, "enter-quality-cost": map[string]any{"category": "external", "what": "claim", "fen": 1, "place": machine.ID, "text": "x", "source": "x"}, "withdraw-quality-cost": map[string]any{"reason": "x"},
		"preview-conformity": map[string]any{"order": "nobody"}, "issue-conformity": map[string]any{"order": "nobody"}, "revise-conformity": map[string]any{"reason": "x"}, "withdraw-conformity": map[string]any{"reason": "x"},
		"save-control-loop": held, "move-control-loop": map[string]any{"state": "retired", "note": "x", "rev": 1}, "set-loop-mode": map[string]any{"mode": "off", "rev": 1}, "set-loop-set-point": map[string]any{"value": 1, "rev": 1}, "set-loop-output": map[string]any{"value": 1, "rev": 1},
		"hand-back-loop": map[string]any{"rev": 1}, "save-control-display": map[string]any{"place": machine.ID, "rev": 0, "indicators": []any{}},
		"tune-control-loop": map[string]any{"amplitude": 1, "hysteresis": 0.1, "cycles": 2, "most": 5, "minutes_max": 10, "rev": 1},
		"save-handshake":    hands, "check-handshake": hands, "move-handshake": map[string]any{"state": "retired", "note": "x", "rev": 1}, "set-handshake-mode": map[string]any{"mode": "off", "rev": 0}, "give-up-handover": map[string]any{"note": "x", "handover": "01NOBODY"},
		"save-recipe": recipe, "try-recipe": recipe, "move-recipe": map[string]any{"state": "retired", "note": "x", "rev": 1}, "download-recipe": map[string]any{"recipe": "01NOBODY", "equipment": machine.ID},
		"save-rule": reacts, "check-rule": reacts, "try-rule": map[string]any{"definition": reacts, "from": now.Add(-time.Hour), "to": now, "within_s": 60}, "backtest-rule": map[string]any{"rev": 1, "from": now.Add(-time.Hour), "to": now, "within_s": 60}, "move-rule": map[string]any{"what": "shadow", "rev": 1}, "decide-rule": map[string]any{"what": "suspend", "note": "x", "rev": 1},
		"save-component": brought, "check-component": brought, "try-component": map[string]any{"definition": brought, "from": now.Add(-time.Hour), "to": now}, "repeat-component": map[string]any{"from": now.Add(-time.Hour), "to": now},
		"move-component": map[string]any{"what": "retire", "note": "x", "rev": 1}, "decide-component": map[string]any{"what": "suspend", "note": "x", "rev": 1}, "allow-component-publisher": map[string]any{"name": "x", "key": "x"}, "revoke-component-publisher": map[string]any{"note": "x"},
		"call": map[string]any{"what": "quality", "equipment": machine.ID}, "answer-call": map[string]any{"state": "accepted"},
		"save-kanban-loop": map[string]any{"id": "", "item": "nothing", "from": "a", "to": "b", "container": "1", "demand": "1", "lead_ms": 1, "safety_ppm": 0, "cards": 0, "rev": 0},
		"save-role":        map[string]any{"id": "01nobody", "name": map[string]string{"zh": "空"}, "permissions": []string{}, "own": true, "rev": 0},
	}[o.ID])
	must(g.t, err)
	return raw
}

// process are a golden batch, a question for causes and an experiment of a machine.
func (g *gate) process(machine plant.Node, now time.Time) (golden, question, trials map[string]any) {
	cut := map[string]any{"by": "time", "every_s": 60}
	runs := []any{}
	for i := range 5 {
		from := now.Add(time.Duration(i-9) * time.Minute)
		runs = append(runs, map[string]any{"from": from, "to": from.Add(time.Minute)})
	}
	golden = map[string]any{"rev": 0, "name": map[string]any{"zh": "样板"}, "equipment": machine.ID, "cut": cut, "signals": []string{"power.active"}, "align": "phase", "runs": runs, "reason": "x"}
	question = map[string]any{"equipment": machine.ID, "cut": cut, "answer": map[string]any{"kind": "signal", "signal": "power.active"}, "from": now.Add(-time.Hour), "to": now}
	trials = map[string]any{
		"name": map[string]any{"zh": "试验"}, "place": machine.ID, "goal": "x", "design": map[string]any{"kind": "full", "centres": 1},
		"factors":   []any{map[string]any{"name": map[string]any{"zh": "温度"}, "low": 1, "high": 2, "safe_low": 1, "safe_high": 2}},
		"responses": []any{map[string]any{"name": map[string]any{"zh": "硬度"}, "want": "watched"}},
	}
	return golden, question, trials
}

// ask calls the operation about the machine and gives the status and, of
// answers that end, the body.
func (g *gate) ask(o operation, machine plant.Node, dress func(*http.Request)) (int, string) {
	g.t.Helper()
	path, q := o.Path, url.Values{}
	header := http.Header{}
	for _, p := range o.Parameters {
		v := g.value(o, p.Name, machine)
		if v == "" && p.Required {
			g.t.Fatalf("%s needs %s %q: say in gate.value what to put there", o.ID, p.In, p.Name)
		}
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(v))
		case p.In == "query" && v != "":
			q.Set(p.Name, v)
		case p.In == "header" && v != "":
			header.Set(p.Name, v)
		}
	}
	ctx, cancel := context.WithTimeout(g.t.Context(), 30*time.Second)
	defer cancel()
	var body io.Reader
	if o.Method != http.MethodGet && o.Method != http.MethodDelete {
		body = bytes.NewReader(g.body(o, machine))
	}
	req, err := http.NewRequestWithContext(ctx, o.Method, g.api.base+path+"?"+q.Encode(), body)
	must(g.t, err)
	req.Header = header
	req.Header.Set("Content-Type", "application/json")
	if o.ID == "import-plant" || o.ID == "send-settings" {
		req.Body = io.NopCloser(strings.NewReader("schema: zhigai.plant/1\nnodes:\n  - {path: " + plant.ParentPath(machine.Path) + "/brand-new, level: equipment, name: {zh: 新}}\n"))
		req.ContentLength = -1
		req.Header.Set("Content-Type", "application/yaml")
	}
	if slices.Contains([]string{"read-sheet", "send-firm-sheet", "check-ledger", "apply-ledger", "attach-advice-file", "hand-in-module"}, o.ID) {
		req.Body = io.NopCloser(strings.NewReader("path\n" + plant.ParentPath(machine.Path) + "/brand-new\n"))
		req.ContentLength = -1
		req.Header.Set("Content-Type", "application/octet-stream")
	}
	dress(req)
	res, err := http.DefaultClient.Do(req)
	must(g.t, err)
	defer res.Body.Close()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		first := make([]byte, 1<<16)
		n, _ := io.ReadAtLeast(res.Body, first, 1) // the stream never ends
		return res.StatusCode, string(first[:n])
	}
	all, err := io.ReadAll(res.Body)
	must(g.t, err)
	return res.StatusCode, string(all)
}

func bearer(secret string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret) }
}
