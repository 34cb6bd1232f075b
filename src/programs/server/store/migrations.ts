import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { ServerError } from '../errors.ts';
import type { Tables } from './tables.ts';

/** Steps of the schema, oldest first. A step that was released is never changed; a new one is added. */
const migrations: Record<string, Migration> = {
  '0001-first': { up: first },
  '0002-shares': { up: shares },
};

export async function migrate(db: Kysely<Tables>, path: string): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) {
    throw new ServerError('ERR_SERVER_STATE', `${path} is not a database of this version of the server`, {
      cause: error,
    });
  }
}

/** `strict` tables: SQLite then checks the type of every value. */
const statements = [
  'create table meta (name text primary key, value text not null) strict',
  'create table secret (name text primary key, sealed blob not null) strict',
  `create table user (
    id text primary key, name text not null, created integer not null, removed integer
  ) strict`,
  'create unique index user_name on user (name) where removed is null',
  `create table user_group (
    id text primary key, name text not null unique, position integer not null, created integer not null
  ) strict`,
  `create table member (
    group_id text not null references user_group on delete cascade,
    user_id text not null references user,
    primary key (group_id, user_id)
  ) strict, without rowid`,
  `create table device (
    id text primary key, user_id text not null references user,
    state text not null check (state in ('pending', 'active', 'ended')),
    name text not null, os text not null, version text not null, classes text not null,
    signing_key text not null, message_key text not null, certificate text not null,
    enrolled integer not null, last_seen integer not null, ended integer,
    transcript text not null, report_number integer not null,
    acknowledged integer not null, acknowledged_at integer, held text not null,
    databases text not null, failure text
  ) strict`,
  'create index device_user on device (user_id)',
  `create table code (
    id text primary key, user_id text not null references user,
    sealed blob, classes text not null, confirm integer not null,
    created integer not null, expires integer not null,
    state text not null check (state in ('open', 'used', 'withdrawn')),
    device_id text, request text, answer text
  ) strict`,
  `create table policy (
    name text not null, version integer not null, document text not null, applied integer not null,
    state text not null check (state in ('current', 'past', 'deleted')),
    primary key (name, version)
  ) strict`,
  `create unique index policy_current on policy (name) where state = 'current'`,
  `create table policy_key (
    kid text primary key, use text not null check (use in ('user', 'device', 'database')),
    owner text not null, database text not null, epoch integer not null,
    sealed blob not null, created integer not null,
    unique (use, owner, database, epoch)
  ) strict`,
  `create table erased_key (
    kid text not null references policy_key, device_id text not null, erased integer not null,
    primary key (kid, device_id)
  ) strict, without rowid`,
  `create table section (
    device_id text not null references device, name text not null, version integer not null, hash text not null,
    primary key (device_id, name)
  ) strict, without rowid`,
  `create table message (
    device_id text primary key references device, seq integer not null, sealed blob not null, hash text not null, digest text not null,
    issued integer not null, expires integer not null, refresh_at integer not null
  ) strict`,
  `create table command (
    id text primary key, device_id text not null references device, command text not null,
    created integer not null, acknowledged integer, result text
  ) strict`,
  'create index command_device on command (device_id) where acknowledged is null',
  `create table head (
    device_id text not null references device, chain text not null, user_id text not null references user,
    counter integer not null, hash text not null, time integer not null, received integer not null, area text,
    primary key (device_id, chain)
  ) strict`,
  'create index head_user on head (user_id)',
  `create table ended_key (
    area text not null, thumbprint text not null, device_id text not null references device,
    ended integer not null, delivered integer, attempts integer not null, next_attempt integer not null,
    primary key (area, thumbprint)
  ) strict`,
  `create table audit (
    seq integer primary key autoincrement, time integer not null, actor text not null, action text not null,
    subject text not null, detail text not null, previous text not null, hash text not null unique
  ) strict`,
  'create index audit_time on audit (time)',
  // What administrators did and who enrolled stays, whoever asks; the rest goes when its time is over.
  `create trigger audit_kept before delete on audit
    when (old.actor not like 'device:%' or old.action = 'device.enrol') and old.action <> 'audit.expire'
    begin select raise(abort, 'the audit log is kept'); end`,
  `create table audit_gap (
    first integer primary key, last integer not null unique, previous text not null, hash text not null
  ) strict`,
  `create trigger audit_fixed before update on audit begin select raise(abort, 'the audit log is kept'); end`,
];

async function first(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

async function shares(db: Kysely<unknown>): Promise<void> {
  for (const statement of [
    `create table person (
      user_id text primary key references user, version integer not null, hash text not null,
      records text not null, received integer not null
    ) strict`,
    `create table share (
      device_id text not null references device, chain text not null, user_id text not null references user,
      to_user text references user, to_key text, area text not null, content text not null,
      created integer not null, ended integer,
      primary key (device_id, chain), check ((to_user is null) <> (to_key is null))
    ) strict`,
    'create index share_to on share (to_user) where ended is null',
  ])
    await sql.raw(statement).execute(db);
}
