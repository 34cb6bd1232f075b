import type { CommandRow, HeadRow } from '../store/index.ts';

/** What is said of a device besides its own row. */
export interface About {
  readonly user: string;
  /** Of its user. */
  readonly groups: readonly string[];
  /** Its own. */
  readonly heads: readonly HeadRow[];
  readonly commands: readonly CommandRow[];
  /** Sequence of its newest message, 0 when there is none. */
  readonly sent: number;
}
