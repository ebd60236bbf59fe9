/** The outline of a signal's least and greatest values as an SVG path. */
export function thumbnail(min: readonly number[], max: readonly number[], width: number, height: number): string {
  const low = Math.min(...min);
  const span = Math.max(...max) - low || 1;
  const x = (i: number) => (min.length > 1 ? (i / (min.length - 1)) * width : width / 2).toFixed(1);
  // A flat signal is a line of one pixel, not nothing.
  const y = (v: number, more: number) => (height - ((v - low) / span) * (height - 1) - 0.5 + more).toFixed(1);
  const top = max.map((v, i) => `${x(i)} ${y(v, -0.5)}`);
  const bottom = min.map((v, i) => `${x(i)} ${y(v, 0.5)}`).reverse();
  return min.length === 0 ? "" : `M${[...top, ...bottom].join("L")}Z`;
}
