import { applicable, type DeviceFacts, resolve } from '../../../policy/evaluate/index.ts';
import type { DeviceRules, Policy } from '../../../policy/rules/index.ts';
import {
  currentPolicies,
  currentVersions,
  type Db,
  type DeviceRow,
  groupsOf,
  type ScopedDevice,
} from '../store/index.ts';
import type { Context } from './context.ts';

/** Policies in force, as they were read last, and by which versions to know them again. */
const read = new WeakMap<Db, { readonly versions: string; readonly policies: readonly Policy[] }>();

/** The policies in force. They were checked when they were applied. The same ones are the same list. */
export async function policiesInForce({ db }: Pick<Context, 'db'>): Promise<readonly Policy[]> {
  const versions = JSON.stringify(await currentVersions(db));
  const held = read.get(db);
  if (held?.versions === versions) return held.policies;
  const rows = await currentPolicies(db);
  const policies = rows.map((row) => JSON.parse(row.document) as Policy);
  read.set(db, { versions: JSON.stringify(rows.map(({ name, version }) => ({ name, version }))), policies });
  return policies;
}

/** What scopes may name: the device, its user's groups, its classes; its operating system is one of them. */
export async function factsOf(db: Db, device: ScopedDevice): Promise<DeviceFacts> {
  return facts(device, await groupsOf(db, device.user_id));
}

export function facts(device: ScopedDevice, groups: readonly string[]): DeviceFacts {
  const classes = JSON.parse(device.classes) as string[];
  const { id, os, version } = device;
  return { id, groups, classes: [...new Set([os, ...classes])], version };
}

/** Names of databases besides those in the rules, sorted. */
export interface DatabaseNames {
  /** Any policy in force knows them. */
  readonly named: readonly string[];
  /** Only the device has told them. */
  readonly told: readonly string[];
}

/** The rules of a device by these policies, and the names of databases that they may be asked about. */
export async function rulesOf(
  db: Db,
  device: DeviceRow,
  policies: readonly Policy[],
): Promise<{ rules: DeviceRules; databases: DatabaseNames }> {
  const { named } = bookOf(policies);
  const told = new Set(JSON.parse(device.databases) as string[]);
  return {
    rules: rulesFor(policies, await factsOf(db, device)),
    databases: { named: [...named].sort(), told: [...told.difference(named)].sort() },
  };
}

/** What follows from a list of policies; most devices have the same rules as many others. */
interface Book {
  readonly named: ReadonlySet<string>;
  /** By which policies are for the device, in the order that decides. */
  readonly rules: Map<string, DeviceRules>;
}

const books = new WeakMap<readonly Policy[], Book>();
/** Rules that are remembered at most; then all are made anew. */
const MAX_RULES = 500;

export function rulesFor(policies: readonly Policy[], device: DeviceFacts): DeviceRules {
  const { rules } = bookOf(policies);
  const applied = applicable(policies, device);
  const key = JSON.stringify(applied.map(({ policy, level }) => [policy.name, level]));
  const held = rules.get(key);
  if (held !== undefined) return held;
  const made = resolve(policies, device);
  if (rules.size >= MAX_RULES) rules.clear();
  rules.set(key, made);
  return made;
}

function bookOf(policies: readonly Policy[]): Book {
  let book = books.get(policies);
  if (book === undefined) {
    const named = new Set(policies.flatMap((policy) => Object.keys(policy.databases ?? {})));
    named.delete('*');
    book = { named, rules: new Map() };
    books.set(policies, book);
  }
  return book;
}
