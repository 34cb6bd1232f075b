/** What is wrong after a fault: something lost, something doubled, or anything else that was not expected. */
export type FindingKind = 'loss' | 'double' | 'failure';

export class Finding extends Error {
  readonly kind: FindingKind;

  constructor(kind: FindingKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

export function expect(holds: boolean, kind: FindingKind, message: () => string): asserts holds {
  if (!holds) throw new Finding(kind, message());
}

/** @throws Finding `double` */
export function once(things: Iterable<string>, what: string): void {
  const seen = new Set<string>();
  for (const thing of things) {
    expect(!seen.has(thing), 'double', () => `${what} ${thing} is there twice`);
    seen.add(thing);
  }
}
