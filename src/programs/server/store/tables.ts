import type { Generated } from 'kysely';

/**
 * The rows of the database. Times are Unix ms; `sealed` columns are sealed at rest (keys/seal.ts); JSON is text.
 */
export interface Tables {
  meta: { name: string; value: string };
  secret: { name: string; sealed: Uint8Array };
  /** A removed user stays, without devices: sets, keys and audit refer to it. */
  user: { id: string; name: string; created: number; removed: number | null };
  /** `position` is the server's group order: the smaller one wins when policies disagree. */
  user_group: { id: string; name: string; position: number; created: number };
  member: { group_id: string; user_id: string };
  device: DeviceTable;
  code: CodeTable;
  policy: PolicyTable;
  policy_key: PolicyKeyTable;
  /** Keys that devices are not to hold any more; device empty: none at all. */
  erased_key: { kid: string; device_id: string; erased: number };
  section: { device_id: string; name: string; version: number; hash: string };
  message: MessageTable;
  command: CommandTable;
  head: HeadTable;
  ended_key: EndedKeyTable;
  person: PersonTable;
  share: ShareTable;
  audit: AuditTable;
  audit_gap: AuditGapTable;
}

/** `pending`: no keys until the transcript code is confirmed. */
export type DeviceState = 'pending' | 'active' | 'ended';

export interface DeviceTable {
  id: string;
  user_id: string;
  state: DeviceState;
  /** For people: what the device calls itself. */
  name: string;
  os: string;
  version: string;
  /** JSON: device classes that scopes may name. */
  classes: string;
  /** JSON: Ed25519 public key (JWK). */
  signing_key: string;
  /** JSON: the P-256 public key (JWK) that the next message goes to. */
  message_key: string;
  certificate: string;
  enrolled: number;
  last_seen: number;
  ended: number | null;
  /** Compared by people when a code asked for it. */
  transcript: string;
  /** Highest number of a report taken. */
  report_number: number;
  /** `seq` of the newest message that the device accepted; 0 when none. */
  acknowledged: number;
  acknowledged_at: number | null;
  /** JSON (`HeldSections`): version and hash by section, as the device holds them. */
  held: string;
  /** JSON: names of its databases, as it told them last. */
  databases: string;
  /** JSON: the last failure that the device reported and that no acknowledgement followed. */
  failure: string | null;
}

export interface CodeTable {
  /** By what a request names it: tells nothing about the secret. */
  id: string;
  user_id: string;
  /** The one-time secret; forgotten when the code is used, withdrawn or expired. */
  sealed: Uint8Array | null;
  /** JSON. */
  classes: string;
  /** 1: keys wait until the transcript code is confirmed. */
  confirm: number;
  created: number;
  expires: number;
  state: 'open' | 'used' | 'withdrawn';
  device_id: string | null;
  /** SHA-256 of the request that used it, and the answer it got: the same request gets the same answer. */
  request: string | null;
  answer: string | null;
}

export interface PolicyTable {
  name: string;
  version: number;
  /** JSON: the parsed policy. */
  document: string;
  applied: number;
  state: 'current' | 'past' | 'deleted';
}

export type KeyUse = 'user' | 'device' | 'database';

export interface PolicyKeyTable {
  kid: string;
  use: KeyUse;
  /** Id of the user, or of the device (`use: device`). */
  owner: string;
  /** Database name (`use: database`), else empty. */
  database: string;
  /** 1, 2, ...: the highest one encrypts, all of them decrypt. */
  epoch: number;
  sealed: Uint8Array;
  created: number;
}

/** The newest message of each device: what is sealed and sent whenever it asks. */
export interface MessageTable {
  device_id: string;
  seq: number;
  /** The compact JWS; it holds keys. */
  sealed: Uint8Array;
  /** SHA-256 of the JWS, base64url: what an acknowledgement names. */
  hash: string;
  /** Digest of what it was composed from: while it stays equal no new message is needed. */
  digest: string;
  issued: number;
  expires: number;
  refresh_at: number;
}

export interface CommandTable {
  id: string;
  device_id: string;
  /** JSON. */
  command: string;
  created: number;
  acknowledged: number | null;
  /** JSON: what the device answered. */
  result: string | null;
}

export interface HeadTable {
  chain: string;
  user_id: string;
  device_id: string;
  counter: number;
  hash: string;
  time: number;
  /** When this server was told. */
  received: number;
  /** Id of the storage area that the chain lies in. */
  area: string | null;
}

export interface EndedKeyTable {
  area: string;
  thumbprint: string;
  device_id: string;
  ended: number;
  delivered: number | null;
  attempts: number;
  next_attempt: number;
}

/** What the directory has of a user: their newest owner record. */
export interface PersonTable {
  user_id: string;
  version: number;
  /** SHA-256 of the record, base64url. */
  hash: string;
  /** JSON: the records up to it, base64url. */
  records: string;
  received: number;
}

/** What a device shares with another person. */
export interface ShareTable {
  device_id: string;
  chain: string;
  user_id: string;
  /** A user of this server, or: JSON, the Ed25519 public key (JWK) of a stranger's device. */
  to_user: string | null;
  to_key: string | null;
  area: string;
  /** JSON: databases and classes, as rules are asked about them. */
  content: string;
  created: number;
  ended: number | null;
}

export interface AuditTable {
  seq: Generated<number>;
  time: number;
  actor: string;
  action: string;
  subject: string;
  /** JSON. */
  detail: string;
  previous: string;
  hash: string;
}

/** Entries of the audit log that were dropped when their time was over: a run of them. */
export interface AuditGapTable {
  first: number;
  last: number;
  /** `previous` of the first one, and hash of the last one: the chain goes on across the gap. */
  previous: string;
  hash: string;
}
