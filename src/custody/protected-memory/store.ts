/** What every part of protected memory works on, and the questions that all of them ask. */
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../lib/clock.ts';
import type { Platform } from '../../platform/index.ts';
import type { Enrolment, P256Private } from '../../policy/message/index.ts';
import type { SigningIdentity } from '../identity/index.ts';
import { ProtectedMemoryError } from './errors.ts';
import { activeCompartment, activeId, type Compartment, number, stored, text } from './state.ts';

export interface Store {
  readonly db: DatabaseSync;
  readonly platform: Platform;
  readonly clock: Clock;
  /** ms by a clock that nobody can set, from whenever. */
  readonly monotonic: () => number;
}

/** @throws ProtectedMemoryError `ERR_NOT_ENROLLED`, `ERR_DEVICE_ENDED` */
export function required({ db }: Store): Compartment {
  const held = activeCompartment(db);
  if (!held) refuse(db);
  return held;
}

/** Its id alone: what is asked for each request to a storage area need not read all that is held. */
export function requiredId({ db }: Store): number {
  const id = activeId(db);
  if (id === undefined) refuse(db);
  return id;
}

function refuse(db: DatabaseSync): never {
  const ended = lastEnded(db);
  if (!ended) throw new ProtectedMemoryError('ERR_NOT_ENROLLED', 'This device is not enrolled.');
  throw new ProtectedMemoryError('ERR_DEVICE_ENDED', `The server ended this device for user ${ended.user}.`);
}

/** The same, for one who acts with the keys of this device. @throws ProtectedMemoryError `ERR_OTHER_IDENTITY` */
export function requiredFor(store: Store, keys: SigningIdentity): Compartment {
  const held = required(store);
  checkIdentity(held.enrolment, keys);
  return held;
}

export function checkIdentity(enrolment: { readonly device: string }, keys: SigningIdentity): void {
  if (enrolment.device === keys.device) return;
  throw new ProtectedMemoryError(
    'ERR_OTHER_IDENTITY',
    'The keys of this device are not those that were enrolled.',
  );
}

/** What is left of an enrolment once it was ended: whom the acknowledgement goes to, and as whom. */
export interface Remains {
  readonly server: { readonly id: string; readonly url: string };
  readonly user: Enrolment['user'];
  readonly device: string;
}

export interface Ended {
  /** Ids. */
  readonly server: string;
  readonly user: string;
  readonly device: string;
  readonly url: string;
  readonly at: number;
  readonly acknowledgement: string | undefined;
}

export function lastEnded(db: DatabaseSync): Ended | undefined {
  const row = db.prepare("SELECT * FROM compartment WHERE state = 'ended' ORDER BY id DESC LIMIT 1").get();
  if (!row) return undefined;
  const left = stored<Remains>(row.enrolment, 'ended enrolment');
  return {
    ...{ device: left.device, url: left.server.url },
    server: text(row.server),
    user: text(row.user),
    at: number(row.ended),
    acknowledgement: row.acknowledgement === null ? undefined : text(row.acknowledgement),
  };
}

export function newestKey(held: Compartment): P256Private {
  const [newest] = held.messageKeys;
  if (newest) return newest;
  throw new ProtectedMemoryError(
    'ERR_PROTECTED_MEMORY',
    'The protected memory holds no message key. Enrol again.',
  );
}
