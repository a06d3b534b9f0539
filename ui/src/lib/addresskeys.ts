/** The parameters of an address that its page does not have, in the order in which they stand there. */
export function unknownKeys(given: object, known: readonly string[]): string[] {
  return Object.keys(given).filter((key) => !known.includes(key));
}
