/** What a part says about itself, read leniently. */
export interface Facts {
  /** Its own identity, one character (below 256) a byte; absent when it has none. */
  readonly id?: string;
  /** May be empty. */
  readonly title: string;
  /** Unix ms; 0 when not known. */
  readonly time: number;
  /** Of several parts with one id, the one whose title and time count. */
  readonly main?: boolean;
}

/**
 * Bytes are valid until the next call. `end` closes the part whose bytes came before it; without facts it was none
 * after all, but cut short: its bytes are a gap.
 */
export type Cut =
  | { readonly kind: 'gap'; readonly bytes: Uint8Array }
  | { readonly kind: 'part'; readonly bytes: Uint8Array }
  | { readonly kind: 'end'; readonly facts?: Facts };

export interface Cutter {
  push(chunk: Uint8Array): Cut[];
  /** No more bytes. */
  end(): Cut[];
  /** After `end`: why the stream cannot be all that was written once, such as a missing end. */
  readonly damage: string | undefined;
}
