/** What a process that plays devices is told, and answers. */
export type Order =
  | { readonly kind: 'enrol'; readonly devices: readonly { readonly state: string; readonly code: string }[] }
  /** These are its devices: they fetch what there is. */
  | { readonly kind: 'settle'; readonly states: readonly string[] }
  | { readonly kind: 'connect' }
  /** Answered when each device has heard of something new and, with `fetch`, has acknowledged it. */
  | { readonly kind: 'round'; readonly fetch: boolean }
  | { readonly kind: 'cpu' }
  | { readonly kind: 'end' };

/** Times are Unix ms. */
export type Outcome =
  | { readonly kind: 'done'; readonly times: readonly number[] }
  | {
      readonly kind: 'round';
      readonly heard: readonly number[];
      readonly acknowledged: readonly number[];
      readonly failures: number;
      readonly again: number;
    }
  | { readonly kind: 'cpu'; readonly seconds: number };

export interface Answer {
  readonly id: number;
  readonly outcome: Outcome | { readonly kind: 'failed'; readonly message: string };
}

export type OutcomeOf<O extends Order> = Extract<
  Outcome,
  { kind: O['kind'] extends 'round' | 'cpu' ? O['kind'] : 'done' }
>;
