import type { Division } from "../../api/types";

/** A division as it is drawn: an SVG path and where its name stands. */
export interface Shape { code: string; d: string; at: [number, number] }
export interface Drawing { width: number; height: number; shapes: Shape[] }

/** Divisions fitted into a width: longitude is shortened by the cosine of the middle latitude, as on any map of a province. */
export function draw(divisions: readonly Division[], width: number): Drawing {
  let [west, east, south, north] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const d of divisions) for (const polygon of d.polygons) for (const ring of polygon) for (const [x, y] of ring) {
    west = Math.min(west, x); east = Math.max(east, x); south = Math.min(south, y); north = Math.max(north, y);
  }
  if (!(east > west) || !(north > south)) return { width, height: 0, shapes: [] };
  const shorten = Math.cos(((south + north) / 2) * (Math.PI / 180));
  const scale = width / ((east - west) * shorten);
  const put = ([x, y]: readonly [number, number]): [number, number] => [round((x - west) * shorten * scale), round((north - y) * scale)];
  return {
    width, height: round((north - south) * scale),
    shapes: divisions.map(({ code, polygons }) => ({ code, at: put(middle(polygons)), d: polygons.flat().map((ring) => `M${ring.map((p) => put(p).join(",")).join("L")}Z`).join("") })),
  };
}

const round = (v: number): number => Math.round(v * 10) / 10;

/** The centroid of the largest polygon's outer ring. */
function middle(polygons: Division["polygons"]): [number, number] {
  let best: [number, number] = polygons[0]?.[0]?.[0] ?? [0, 0];
  let most = 0;
  for (const [outer = []] of polygons) {
    const [x0, y0] = outer[0] ?? [0, 0]; // sums about a point of the ring lose no digits
    let [area, x, y] = [0, 0, 0];
    for (let i = 1; i < outer.length; i++) {
      const [[ax, ay], [bx, by]] = [outer[i - 1] as [number, number], outer[i] as [number, number]];
      const cross = (ax - x0) * (by - y0) - (bx - x0) * (ay - y0);
      area += cross; x += (ax + bx - 2 * x0) * cross; y += (ay + by - 2 * y0) * cross;
    }
    if (Math.abs(area) > most) [most, best] = [Math.abs(area), [x0 + x / (3 * area), y0 + y / (3 * area)]];
  }
  return best;
}
