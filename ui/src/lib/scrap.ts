// Why parts are scrap, as the kiosk offers it. What a plant types beside these
// is shown as it was typed.

export const scrapReasons = ["dimension", "surface", "material", "setup", "handling", "machine"] as const;
export type ScrapCode = (typeof scrapReasons)[number];
export const isScrapCode = (v: string | undefined): v is ScrapCode => (scrapReasons as readonly string[]).includes(v ?? "");
