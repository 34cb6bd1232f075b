/**
 * The table of everything that a policy file and the rules section of a message may hold. Limits are far above
 * any real use and keep a hostile value from costing memory.
 */
import { isDatabaseName, MAX_DATABASE_NAME } from '../../database/index.ts';
import { DURATION } from './duration.ts';
import { compileGlob, MAX_GLOB } from './glob.ts';
import { PERCENT } from './percent.ts';
import type { DatabaseField, DatabaseRule } from './rules.ts';
import type { Fields, Shape, Text } from './shape.ts';
import { isVersionRange, namesVersions } from './version.ts';

type GuardField = Extract<DatabaseField, `guard.${string}`>;

/** The fields of a database's rule that have a few values, and these. */
const choices: { readonly [F in Exclude<DatabaseField, GuardField>]: readonly DatabaseRule[F][] } = {
  backup: ['allow', 'deny'],
  encrypt: ['none', 'user', 'device', 'database'],
  plain: ['skip', 'send'],
  custody: ['company', 'user', 'any', 'all'],
  compress: ['on', 'off'],
  pad: ['on', 'off'],
  granularity: ['batch', 'item'],
  into: ['allow', 'deny'],
  share: ['allow', 'deny'],
};

const choice = (...of: readonly (string | boolean)[]): Shape => ({ kind: 'choice', of });
const list = (of: Shape, max: number, min = 1): Shape => ({ kind: 'list', of, min, max });
const record = (fields: Fields, required?: readonly string[]): Shape =>
  required ? { kind: 'record', fields, required } : { kind: 'record', fields };

const policyName: Text = {
  kind: 'text',
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
  what: 'a policy name: 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit',
  check: (text) => (text === 'default' ? 'is the name of what no policy decides; take another' : undefined),
};

/** Names of groups, device classes, source kinds: blanks at an end would be a typing mistake nobody sees. */
const name: Text = {
  kind: 'text',
  pattern: '^[^\\s\\p{Cc}](?:[^\\p{Cc}]{0,126}[^\\s\\p{Cc}])?$',
  what: 'a name of 1 to 128 characters without blanks at its ends',
};

/** Of devices: any name, and ranges of versions. */
const deviceClass: Text = {
  ...name,
  check: (text) =>
    namesVersions(text) && !isVersionRange(text)
      ? 'is no range of versions; write for example version>=1.2 or version<2'
      : undefined,
};

const databaseName: Text = {
  kind: 'text',
  pattern: `^[^\\s\\p{Cc}](?:[^\\p{Cc}]{0,${MAX_DATABASE_NAME - 2}}[^\\s\\p{Cc}])?$`,
  what: `the name of a database: up to ${MAX_DATABASE_NAME} bytes without blanks at its ends`,
  check: (text) => (isDatabaseName(text) ? undefined : `is more than ${MAX_DATABASE_NAME} bytes`),
};

const deviceId: Text = { kind: 'text', pattern: '^[A-Za-z0-9_-]{22}$', what: 'a device id of 22 characters' };

const percent: Text = { kind: 'text', pattern: PERCENT, what: 'a share such as 30%' };
const percentNumber: Shape = { kind: 'number', what: 'a share of 0 to 100 percent', max: 100 };
const items: Shape = { kind: 'number', what: 'a number of items', max: 1_000_000_000 };

/** The guard against losses: as written, and as rules hold it. */
const guard: { readonly [F in GuardField]: { readonly written: Shape; readonly held: Shape } } = {
  'guard.removed': { written: percent, held: percentNumber },
  'guard.changed': { written: percent, held: percentNumber },
  'guard.atLeast': { written: items, held: items },
};

/** Every field of a database's rule, by the name that it has in rules. */
export const databaseFieldNames = [...Object.keys(choices), ...Object.keys(guard)] as DatabaseField[];

const duration: Text = { kind: 'text', pattern: DURATION, what: 'a duration such as 30s, 15m, 24h or 7d' };

const glob: Text = {
  kind: 'text',
  pattern: `^[^\\p{Cc}]{1,${MAX_GLOB}}$`,
  what: `a glob of 1 to ${MAX_GLOB} characters`,
  check: (text) => {
    try {
      return void compileGlob(text);
    } catch (error) {
      return (error as SyntaxError).message;
    }
  },
};

const area: Text = {
  kind: 'text',
  pattern: '^https?://[^\\s\\p{Cc}]{1,2000}$',
  what: 'the URI of a storage area (http or https)',
  check: (text) => {
    if (!URL.canParse(text)) return 'is not a URI';
    const { username, password, hash } = new URL(text);
    return username || password || hash ? 'must not hold a user, a password or a fragment' : undefined;
  },
};

const classes = choice('enterprise', 'personal');
const locked = choice(true, false);
const unencrypted = choice('accept', 'refuse-database', 'refuse-file', 'end');
const whenStale = choice('block', 'allow');
const classify = { source: name, path: glob, label: glob, class: classes };
const destinations = list(record({ area }, ['area']), 16);

const row = record({
  ...Object.fromEntries(Object.entries(choices).map(([field, of]) => [field, choice(...of)])),
  guard: record(
    Object.fromEntries(
      Object.entries(guard).map(([field, { written }]) => [field.slice('guard.'.length), written]),
    ),
  ),
  locked,
});

export const policyShape: Shape = record(
  {
    name: policyName,
    scope: {
      kind: 'record',
      one: true,
      fields: {
        global: choice(true),
        groups: list(name, 1000),
        deviceClasses: list(deviceClass, 1000),
        devices: list(deviceId, 10_000),
      },
    },
    classify: list(record({ ...classify, locked }, ['class']), 200),
    databases: { kind: 'map', keys: databaseName, of: row, max: 1000 },
    classes: record({ enterprise: row, personal: row }),
    restore: record({ unencrypted, locked }),
    destinations,
    schedule: record({ every: duration, alertAfter: duration, locked }),
    retention: record({ keep: duration, locked }),
    verify: record({ every: duration, sample: percent, locked }),
    refresh: duration,
    expires: duration,
    whenStale,
  },
  ['name', 'scope'],
);

const ms: Shape = { kind: 'number', what: 'a duration in milliseconds' };
/** Not `policyName`: rules made on the device itself may name another origin. */
const origin: Text = { kind: 'text', pattern: '^[^\\p{Cc}]{1,128}$', what: 'the name of a policy' };

const decided = (value: Shape): Shape =>
  record(
    {
      value,
      policy: origin,
      scope: choice('device', 'deviceClass', 'group', 'global'),
      locked: choice(true),
    },
    ['value', 'policy'],
  );

const decidedRow = record({
  ...Object.fromEntries(Object.entries(choices).map(([field, of]) => [field, decided(choice(...of))])),
  ...Object.fromEntries(Object.entries(guard).map(([field, { held }]) => [field, decided(held)])),
});

export const rulesShape: Shape = record(
  {
    classify: list(record({ ...classify, policy: origin }, ['class']), 20_000, 0),
    databases: { kind: 'map', keys: databaseName, of: decidedRow, max: 20_000 },
    classes: record({ enterprise: decidedRow, personal: decidedRow }),
    unencrypted: decided(unencrypted),
    destinations: list(record({ area }, ['area']), 16, 0),
    schedule: record({ every: ms, alertAfter: ms }),
    retention: record({ keep: ms }),
    verify: record({ every: ms, sample: percentNumber }),
    refresh: ms,
    expires: ms,
    whenStale: decided(whenStale),
    origins: { kind: 'map', keys: origin, of: origin, max: 32 },
  },
  [
    'classify',
    'databases',
    'classes',
    'unencrypted',
    'destinations',
    'schedule',
    'retention',
    'refresh',
    'expires',
    'whenStale',
  ],
);
