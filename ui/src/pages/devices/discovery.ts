// Between a found device and the machine it becomes; free of React.

import type { Candidate, PlantNode } from "../../api/types";
import { lines } from "../plant/node";

/** Whether a person has to decide about it. One that was retired stays out until somebody wants it back. */
export const waits = (c: Candidate) => c.standing !== "known" && c.standing !== "retired";

/** Whether adopting it makes a machine of it, rather than changing one. */
export const becomes = (c: Candidate) => c.standing === "new" || c.standing === "retired";

/** A device that a person knows of and no search found. */
export function byHand(driver: string, address: string, title: string): Candidate {
  const device = { driver, address: address.trim(), params: {} };
  const equipment = { class: "", profile: "", device: { id: "", ...device, off: false, writing: false }, nc: false, excluded: false };
  return { device, title, seen: new Date().toISOString(), standing: "new", proposed: { id: "", path: "", level: "equipment", name: { zh: "" }, rev: 0, equipment } };
}

export interface AdoptForm { place: string; code: string; zh: string; en?: string; profile: string; params: string; excluded: boolean; nc: boolean }

/** The form as the proposal fills it. */
export function adoptForm(c: Candidate): AdoptForm {
  const path = c.proposed.path ?? "";
  const cut = path.lastIndexOf("/");
  return {
    place: cut > 0 ? path.slice(0, cut) : "", code: path.slice(cut + 1), zh: c.proposed.name.zh, en: c.proposed.name.en,
    profile: c.proposed.equipment?.profile ?? "", excluded: !!c.proposed.equipment?.excluded, nc: !!c.proposed.equipment?.nc,
    params: lines(c.proposed.equipment?.device.params ?? c.device.params ?? {}),
  };
}

/** The machine that the form makes. */
export function machineOf(c: Candidate, f: AdoptForm, klass: string, params: Record<string, string>): object {
  return {
    path: `${f.place}/${f.code}`, level: "equipment", name: { zh: f.zh, en: f.en ?? "" },
    equipment: { class: klass, profile: f.profile, nc: f.nc, excluded: f.excluded, device: { ...c.proposed.equipment?.device, driver: c.device.driver, address: c.device.address, params } },
  };
}

/** A machine whose device moved, or was replaced: everything else stays, so that its history goes on. */
export function takenOver(n: PlantNode, c: Candidate): object {
  const { rev: _, ...body } = n;
  const device = n.equipment?.device;
  return {
    ...body,
    equipment: {
      ...n.equipment,
      device: { ...device, address: c.device.address, params: { ...device?.params, ...c.device.params }, serial: c.identity?.serial ?? "" },
    },
  };
}

/** One number as every type and order that stand in two or four registers. */
export function orderPoints(table: string, register: number): { address: string; kind: string }[] {
  const orders = ["ABCD", "CDAB", "BADC", "DCBA"];
  const wide = ["float32", "int32", "uint32", "float64"].flatMap((type) => orders.map((order) => `${type} ${order}`));
  return ["int16", "uint16", ...wide].map((how) => ({ address: `${table} ${register} ${how}`, kind: "number" }));
}
