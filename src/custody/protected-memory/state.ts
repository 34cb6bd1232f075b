/** Reading the active compartment as values. */
import type { DatabaseSync } from 'node:sqlite';
import type {
  AreaGrant,
  CommandResult,
  Enrolment,
  HeldSections,
  P256Private,
  PolicyKey,
  SectionName,
} from '../../policy/message/index.ts';
import { ProtectedMemoryError } from './errors.ts';

/** How this device stands. Times are Unix ms. */
export type MemoryState =
  | { readonly kind: 'none' }
  /** A request was made; its answer is still to come. */
  | { readonly kind: 'pending' }
  | {
      readonly kind: 'enrolled';
      readonly enrolment: Enrolment;
      /** Of the message accepted last; 0 before the first. */
      readonly seq: number;
      readonly iat: number;
      readonly exp: number;
      /** The last message's time is over, or there was none. */
      readonly stale: boolean;
    }
  | {
      readonly kind: 'ended';
      /** Ids; `url` is the server's. */
      readonly server: string;
      readonly url: string;
      readonly user: string;
      readonly device: string;
      readonly at: number;
    };

/** Everything that an acceptance looks at, as of one revision. */
export interface Compartment {
  readonly id: number;
  readonly revision: number;
  readonly enrolment: Enrolment;
  readonly seq: number;
  readonly iat: number;
  readonly exp: number;
  readonly hash: string | undefined;
  readonly acknowledgement: string | undefined;
  readonly report: number;
  readonly sections: HeldSections;
  readonly messageKeys: readonly P256Private[];
  readonly encryptionKeys: readonly PolicyKey[];
  readonly decryptionKeys: readonly PolicyKey[];
  readonly commands: readonly CommandResult[];
}

/** The active compartment; undefined when there is none. */
export function activeCompartment(db: DatabaseSync): Compartment | undefined {
  const row = db.prepare("SELECT * FROM compartment WHERE state = 'active'").get();
  if (!row) return undefined;
  const id = number(row.id);
  return {
    id,
    revision: number(row.revision),
    enrolment: stored<Enrolment>(row.enrolment, 'enrolment'),
    seq: number(row.seq),
    iat: number(row.iat),
    exp: number(row.exp),
    hash: optional(row.hash),
    acknowledgement: optional(row.acknowledgement),
    report: number(row.report),
    sections: heldSections(db, id),
    messageKeys: messageKeys(db, id),
    encryptionKeys: policyKeys(db, id, 'encrypt'),
    decryptionKeys: policyKeys(db, id, 'decrypt'),
    commands: db
      .prepare('SELECT id, result FROM command WHERE compartment = ? ORDER BY id')
      .all(id)
      .map((one) => ({ id: text(one.id), result: text(one.result) as CommandResult['result'] })),
  };
}

export function activeId(db: DatabaseSync): number | undefined {
  const row = db.prepare("SELECT id FROM compartment WHERE state = 'active'").get();
  return row && number(row.id);
}

export function policyKeys(db: DatabaseSync, id: number, role: 'encrypt' | 'decrypt'): readonly PolicyKey[] {
  return db
    .prepare('SELECT value FROM policy_key WHERE compartment = ? AND role = ? ORDER BY position')
    .all(id, role)
    .map((row) => stored<PolicyKey>(row.value, 'policy key'));
}

export function sectionText(db: DatabaseSync, id: number, name: SectionName): string | undefined {
  const row = db.prepare('SELECT text FROM section WHERE compartment = ? AND name = ?').get(id, name);
  return optional(row?.text ?? null);
}

export function grantsOf(db: DatabaseSync, id: number): readonly AreaGrant[] {
  const row = db.prepare('SELECT grants FROM compartment WHERE id = ?').get(id);
  return stored<AreaGrant[]>(row?.grants, 'list of grants');
}

function heldSections(db: DatabaseSync, id: number): HeldSections {
  const rows = db.prepare('SELECT name, version, hash FROM section WHERE compartment = ?').all(id);
  return Object.fromEntries(
    rows.map((row) => [text(row.name), { version: number(row.version), hash: text(row.hash) }]),
  );
}

function messageKeys(db: DatabaseSync, id: number): readonly P256Private[] {
  return db
    .prepare('SELECT value FROM message_key WHERE compartment = ? ORDER BY age')
    .all(id)
    .map((row) => stored<P256Private>(row.value, 'message key'));
}

/**
 * A value that was written as JSON. Without a cause when it is none: what a parser says quotes the text, which may be a
 * key.
 */
export function stored<T>(value: unknown, what: string): T {
  const json = text(value);
  try {
    return JSON.parse(json) as T;
  } catch {
    throw new ProtectedMemoryError(
      'ERR_PROTECTED_MEMORY',
      `The protected memory is damaged: it holds a ${what} that cannot be read. Enrol this device again.`,
    );
  }
}

/** Columns are STRICT: another type is a bug, not data. */
export function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('a column that should hold text does not');
  return value;
}

export function number(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError('a column that should hold a number does not');
  return value;
}

const optional = (value: unknown): string | undefined => (value === null ? undefined : text(value));
