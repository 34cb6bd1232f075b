/** What a program under fault is told, by the environment: where to die, and what of its disk then survives. */

/** What a call does. Each kind is counted by itself, so that rare ones get their share of the moments. */
export type CallKind =
  | 'open'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'rename'
  | 'link'
  | 'remove'
  | 'mkdir'
  | 'meta'
  | 'sql'
  | 'commit'
  | 'connect'
  | 'send';

/** `middle`: the first half of the bytes is written, then it dies. */
export type When = 'before' | 'middle' | 'after';

export interface Moment {
  readonly kind: CallKind;
  /** Which call of this kind, from 1. */
  readonly number: number;
  readonly when: When;
}

/** A power failure instead of a kill. */
export interface PowerLoss {
  /** What of the unsynced survives is drawn by it. */
  readonly seed: number;
  /** Directories that lie on the disk that fails. */
  readonly roots: readonly string[];
  /** An empty directory on the same file system: what was removed and not yet synced waits there. */
  readonly grave: string;
}

export interface Plan {
  /** A line is written here when it dies, and the counts when it ends by itself. */
  readonly log: string;
  readonly moment?: Moment;
  readonly powerLoss?: PowerLoss;
}

/** What is in the log at the end. */
export interface Outcome {
  readonly died?: { readonly moment: Moment; readonly target: string };
  readonly counts?: Partial<Record<CallKind, number>>;
}

export const VARIABLE = 'FAULT_PLAN';
