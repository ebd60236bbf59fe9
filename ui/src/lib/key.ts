/** A key by which the node knows an entry again that is sent twice. */
export const newKey = (): string => `${Date.now()}-${Math.random().toString(36).slice(2)}`;
