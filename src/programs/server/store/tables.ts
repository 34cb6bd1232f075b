import type { Generated } from 'kysely';

/**
 * The rows of the database. Times are Unix ms; `sealed` columns are sealed at rest (keys/seal.ts); JSON is text.
 */
export interface Tables {
  meta: { name: string; value: string };
  secret: { name: string; sealed: Uint8Array };
  user: { id: string; name: string; created: number };
  /** `position` is the server's group order: the smaller one wins when policies disagree. */
  user_group: { id: string; name: string; position: number; created: number };
  member: { group_id: string; user_id: string };
  device: DeviceTable;
  code: CodeTable;
  policy: PolicyTable;
  policy_key: PolicyKeyTable;
  database_name: { device_id: string; name: string };
  section: { device_id: string; name: string; version: number; hash: string };
  message: MessageTable;
  command: CommandTable;
  head: HeadTable;
  ended_key: EndedKeyTable;
  audit: AuditTable;
}

export type DeviceState = 'active' | 'ended';

export interface DeviceTable {
  id: string;
  user_id: string;
  state: DeviceState;
  /** For people: what the device calls itself. */
  name: string;
  platform: string;
  model: string;
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
  /** `seq` of the newest message that the device accepted; 0 when none. */
  acknowledged: number;
  acknowledged_at: number | null;
  /** JSON: hash by section, as the device holds them. */
  held: string;
  /** JSON: the last failure that the device reported and that no acknowledgement followed. */
  failure: string | null;
}

export interface CodeTable {
  /** Lookup id: derived from the secret, which is not kept. */
  id: string;
  user_id: string;
  /** MAC key derived from the secret. */
  sealed: Uint8Array;
  classes: string;
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

/** The newest message of each device. */
export interface MessageTable {
  device_id: string;
  seq: number;
  sealed_message: string;
  /** What it was composed from: an equal digest needs no new message. */
  digest: string;
  /** JSON: hash by section. */
  hashes: string;
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
