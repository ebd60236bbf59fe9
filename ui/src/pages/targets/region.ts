/** The beginning that codes of all divisions within one have in common: 33 of 330000, 3306 of 330600. */
export function prefixOf(code: string): string {
  return code.replace(/(00){1,2}$/, "");
}
