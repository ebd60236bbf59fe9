// Why parts are scrap and why a job stops, as the kiosk offers it. What a plant
// types beside these is shown as it was typed.

export const scrapReasons = ["dimension", "surface", "material-defect", "setup-piece", "handling", "machine-fault"] as const;
export const pauseReasons = ["no-material", "inspection", "machine-down", "tooling", "shift-change", "break"] as const;
export type Reason = (typeof scrapReasons)[number] | (typeof pauseReasons)[number];

/** Somebody has to do something about these: the job is held, and the planner sees why. */
export const holds: readonly Reason[] = ["no-material", "inspection", "machine-down"];

export const isReason = (v: string | undefined): v is Reason => [...scrapReasons, ...pauseReasons].includes(v as Reason);
