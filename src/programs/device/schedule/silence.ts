/** Since when a device has been silent, when that is longer than policy allows (U8). Times are Unix ms. */
export interface Heard {
  /** Policy's `alertAfter`, ms. */
  readonly alertAfter: number | undefined;
  /** End of the last backup of everything, wherever it went. */
  readonly last: number | undefined;
  /** There could be no backup before. */
  readonly enrolled: number;
  readonly now: number;
}

export function silentSince({ alertAfter, last, enrolled, now }: Heard): number | undefined {
  const since = last ?? enrolled;
  return alertAfter !== undefined && now - since > alertAfter ? since : undefined;
}
