// What browsers say of themselves, as people call it.

// In this order: Edge and Chrome say that they are Safari, too.
const browsers: [RegExp, string][] = [[/MicroMessenger\//, "WeChat"], [/Edg\w*\//, "Edge"], [/OPR\//, "Opera"], [/Firefox\//, "Firefox"], [/Chrom\w*\//, "Chrome"], [/Version\/.*Safari\//, "Safari"]];
const systems: [RegExp, string][] = [[/HarmonyOS|OpenHarmony/, "HarmonyOS"], [/Android/, "Android"], [/iPhone|iPad/, "iOS"], [/Windows/, "Windows"], [/Mac OS X/, "macOS"], [/Linux/, "Linux"]];

const named = (text: string, table: [RegExp, string][]): string | undefined => table.find(([sign]) => sign.test(text))?.[1];

/** Chrome · Windows; what is not known comes back short, as it is. */
export function device(agent: string): string {
  const known = [named(agent, browsers), named(agent, systems)].filter((x) => x !== undefined);
  return known.length > 0 ? known.join(" · ") : agent.slice(0, 40);
}
