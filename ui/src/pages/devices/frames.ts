// Frames as people read them: bytes in hex beside what they spell.

import type { DeviceStatus, Frame } from "../../api/types";
import { dateTime } from "../../lib/time";

const perLine = 16;

function bytes(hex: string): number[] {
  return (hex.match(/../g) ?? []).map((b) => Number.parseInt(b, 16));
}

/** Bytes as text; what cannot be printed is a dot. */
export function ascii(hex: string): string {
  return bytes(hex).map((b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : ".")).join("");
}

/** Lines of sixteen bytes: offset, hex, text. */
export function dump(hex: string): { offset: string; hex: string; text: string }[] {
  const lines = [];
  for (let at = 0; at < hex.length; at += 2 * perLine) {
    const part = hex.slice(at, at + 2 * perLine);
    lines.push({ offset: (at / 2).toString(16).padStart(4, "0"), hex: (part.match(/../g) ?? []).join(" "), text: ascii(part) });
  }
  return lines;
}

/** Whether a frame has what is looked for: in its bytes (hex, with or without
 *  spaces), in its text or in the words beside it. */
export function matches(frame: Frame, wanted: string): boolean {
  const q = wanted.trim().toLowerCase();
  if (!q) return true;
  const digits = q.replaceAll(/\s/g, "");
  if (/^([0-9a-f]{2})+$/.test(digits) && (frame.hex.match(/../g) ?? []).some((_, i) => frame.hex.startsWith(digits, 2 * i))) return true;
  return `${frame.about ?? ""} ${ascii(frame.hex)}`.toLowerCase().includes(q);
}

/** Frames as a text file: one heading a frame, then its lines. */
export function asText(device: DeviceStatus, frames: Frame[]): string {
  const out = [`${device.path} ${device.driver} ${device.address}`];
  for (const f of frames) {
    const arrow = f.direction === "sent" ? ">" : "<";
    const shown = f.hex.length / 2;
    const size = shown < f.length ? `${shown}/${f.length}` : `${f.length}`;
    out.push("", `#${f.no} ${dateTime(f.time, true)} ${arrow} ${size} B${f.about ? ` ${f.about}` : ""}`);
    for (const line of dump(f.hex)) out.push(`${line.offset}  ${line.hex.padEnd(3 * perLine - 1)}  ${line.text}`);
  }
  return `${out.join("\n")}\n`;
}
