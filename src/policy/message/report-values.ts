/** What a device reports: acknowledgements, failures, heads of its chains, its databases, events. Times are Unix ms. */
import type { P256Public } from './keys.ts';
import type { HeldSections } from './payload.ts';

/** So many names a report of kind `databases` holds at most. */
export const MAX_TOLD_DATABASES = 500;

export type ReportBody =
  | {
      readonly kind: 'acknowledgement';
      readonly seq: number;
      /** SHA-256 of the message's JWS. */
      readonly message: string;
      readonly sections: HeldSections;
      /** Ids of all decryption keys held. */
      readonly keys: readonly string[];
      readonly commands: readonly CommandResult[];
    }
  | {
      readonly kind: 'failure';
      /** Code of the error. */
      readonly code: string;
      readonly seq?: number;
      /** What the device holds, so that the server can send what is missing. */
      readonly sections: HeldSections;
    }
  | {
      readonly kind: 'head';
      readonly chain: string;
      readonly counter: number;
      readonly hash: string;
      readonly time: number;
      /** Id of the storage area that the chain lies in; absent for a backup file. */
      readonly area?: string;
    }
  | {
      readonly kind: 'databases';
      /** Of all databases that sources fill on the device, at most {@link MAX_TOLD_DATABASES}. */
      readonly names: readonly string[];
    }
  | DeviceEvent;

/** What happened on the device that an administrator should find in the audit log. */
export interface DeviceEvent {
  readonly kind: 'event';
  /** 16 random bytes: told twice, it is known again. */
  readonly id: string;
  /** `restore.older`: a set was taken though a newer one is known. `verify.damage`: not everything is as it was stored. */
  readonly event: (typeof deviceEvents)[number];
  readonly time: number;
  readonly chain: string;
  readonly set: string;
  readonly counter: number;
  /** Of `restore.older`: the counter that is known. Of `verify.damage`: how many objects are damaged. */
  readonly count: number;
}

export const deviceEvents = ['restore.older', 'verify.damage'] as const;

/** `unknown`: this version of the device has no such command. */
export interface CommandResult {
  readonly id: string;
  readonly result: 'done' | 'unknown';
}

export interface ReportHeader {
  readonly v: 1;
  /** The device. */
  readonly iss: string;
  /** The server. */
  readonly aud: string;
  /** Grows with every report of the device: max(last + 1, Unix ms). */
  readonly number: number;
  readonly iat: number;
  /** The device's newest message key. */
  readonly messageKey: P256Public;
}

export type Report = ReportHeader & ReportBody;
