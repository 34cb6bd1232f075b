/** The shape of the `rules` section. Unknown members are ignored; unknown values of known ones are not. */
import { MalformedError } from '../../lib/binary.ts';
import type {
  ClassifyRule,
  DatabaseField,
  DatabaseRule,
  Decided,
  DeviceRules,
  PartialRule,
} from '../rules/index.ts';
import { asInteger, asList, asObject, asOneOf, asText } from './shape.ts';

const NAME_LIMIT = 512;
const ROW_LIMIT = 4096;

const fields: { readonly [F in DatabaseField]: readonly DatabaseRule[F][] } = {
  backup: ['allow', 'deny'],
  encrypt: ['none', 'user', 'device', 'database'],
  plain: ['skip', 'send'],
  custody: ['company', 'user', 'any', 'all'],
  compress: ['on', 'off'],
  pad: ['on', 'off'],
  granularity: ['batch', 'item'],
  into: ['allow', 'deny'],
};

export const databaseFields = Object.keys(fields) as readonly DatabaseField[];

/** @throws MalformedError */
export function parseDeviceRules(value: unknown): DeviceRules {
  const rules = asObject(value, 'rules');
  const schedule = asObject(rules.schedule, 'schedule');
  const retention = asObject(rules.retention, 'retention');
  const classes = asObject(rules.classes, 'classes');
  return {
    classify: asList(rules.classify, 'classify', ROW_LIMIT, classifyRule),
    databases: rows(rules.databases),
    classes: {
      ...(classes.enterprise !== undefined && { enterprise: row(classes.enterprise) }),
      ...(classes.personal !== undefined && { personal: row(classes.personal) }),
    },
    unencrypted: decided(rules.unencrypted, 'unencrypted', [
      'accept',
      'refuse-database',
      'refuse-file',
      'end',
    ]),
    destinations: asList(rules.destinations, 'destinations', 64, (entry) => ({
      area: asText(asObject(entry, 'a destination').area, 'area', 2048),
    })),
    schedule: { ...duration(schedule, 'every'), ...duration(schedule, 'alertAfter') },
    retention: duration(retention, 'keep'),
    refresh: asInteger(rules.refresh, 'refresh', 1),
    expires: asInteger(rules.expires, 'expires', 1),
    whenStale: decided(rules.whenStale, 'whenStale', ['block', 'allow']),
  };
}

function rows(value: unknown): DeviceRules['databases'] {
  const entries = Object.entries(asObject(value, 'databases'));
  if (entries.length > ROW_LIMIT) throw new MalformedError(`more than ${ROW_LIMIT} databases`);
  // fromEntries defines own properties, so that a database called `__proto__` is one like any other.
  return Object.fromEntries(entries.map(([name, one]) => [asText(name, 'a name', NAME_LIMIT), row(one)]));
}

function row(value: unknown): PartialRule {
  const from = asObject(value, 'a row');
  const known = databaseFields.filter((field) => from[field] !== undefined);
  return Object.fromEntries(
    known.map((field) => [field, decided<string>(from[field], field, fields[field])]),
  );
}

function decided<T extends string>(value: unknown, what: string, allowed: readonly T[]): Decided<T> {
  const from = asObject(value, what);
  return { value: asOneOf(from.value, what, allowed), policy: asText(from.policy, 'policy', NAME_LIMIT) };
}

function classifyRule(value: unknown): ClassifyRule {
  const from = asObject(value, 'a classification');
  return {
    ...optionalText(from, 'source'),
    ...optionalText(from, 'path'),
    ...optionalText(from, 'label'),
    class: asOneOf(from.class, 'class', ['enterprise', 'personal']),
  };
}

function optionalText<K extends string>(
  from: Readonly<Record<string, unknown>>,
  key: K,
): { [P in K]?: string } {
  return from[key] === undefined
    ? {}
    : ({ [key]: asText(from[key], key, NAME_LIMIT) } as { [P in K]?: string });
}

function duration<K extends string>(from: Readonly<Record<string, unknown>>, key: K): { [P in K]?: number } {
  return from[key] === undefined ? {} : ({ [key]: asInteger(from[key], key) } as { [P in K]?: number });
}
