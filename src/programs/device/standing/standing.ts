import type { KeyHolder, Trust } from '../../../backup/index.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Destination } from '../../../set/index.ts';
import type { LastBackup, UnsentEvent, UnsentHead } from '../channel/index.ts';
import type { Gate } from '../gate/index.ts';

/** How a device stands, before anything of a source or a destination is touched. To be closed. */
export interface Standing extends AsyncDisposable {
  /** The rules in force, and what they let through. */
  readonly gate: Gate;
  /** Sequence of the policy message in force; 0 without a server. */
  readonly seq: number;
  /** Id of the user whose place in storage areas it uses. */
  readonly user: string;
  /** Whose manifests count. */
  readonly trust: Trust;
  /** What the clock says: for proofs, which are compared with the clock of the other side. */
  readonly clock: Clock;
  /** The time that rules and sets go by; on a managed device it is never set back. */
  readonly now: Clock;

  /** The keys of this device, for a storage area. */
  keys(): KeyHolder;
  /** The same for a backup file: its data keys serve one run and are kept nowhere. */
  keysForFile(): KeyHolder;

  /** Access to a storage area, as it is at this moment: it may be renewed during a run. */
  access(area: string): Access | undefined;
  /** A storage area is reached: what its owner has changed elsewhere counts here from now on. */
  meet(area: Destination): Promise<void>;
  /** The right to delete below this device's own place of an area, for some minutes. */
  deletion(area: string, signal: AbortSignal): Promise<Deletion>;

  /** Why no storage area is there to be used, for people. */
  readonly areaMissing: string;

  /** A chain has a new head: from now on nobody can pass off an older one as the newest. @returns whether it is told */
  tell(head: LastBackup | UnsentHead): Promise<boolean>;
  /** Something for the audit log of whoever keeps one. */
  audit(event: UnsentEvent): Promise<void>;
}

export interface Access {
  /** URI of the area, as whoever gave access wrote it. */
  readonly area: string;
  /** Grants: compact JWTs. */
  readonly append?: string;
  readonly read: string;
}

export interface Deletion {
  /** A grant: compact JWT. */
  readonly grant: string;
  /** What is to be kept whatever is asked for: sets so young, ms before the newest one. */
  readonly keep?: number | undefined;
}
