import { type DeviceFacts, resolve } from '../../../policy/evaluate/index.ts';
import type { DeviceRules, Policy } from '../../../policy/rules/index.ts';
import { currentPolicies, type Db, type DeviceRow, groupsOf } from '../store/index.ts';

/** The policies in force. They were checked when they were applied. */
export async function policiesInForce(db: Db): Promise<Policy[]> {
  return (await currentPolicies(db)).map((row) => JSON.parse(row.document) as Policy);
}

/** What scopes may name: the device, its user's groups, its classes; its operating system is one of them. */
export async function factsOf(db: Db, device: DeviceRow): Promise<DeviceFacts> {
  const classes = JSON.parse(device.classes) as string[];
  return {
    id: device.id,
    groups: await groupsOf(db, device.user_id),
    classes: [...new Set([device.os, ...classes])],
  };
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
  const named = new Set(policies.flatMap((policy) => Object.keys(policy.databases ?? {})));
  named.delete('*');
  const told = new Set(JSON.parse(device.databases) as string[]);
  return {
    rules: resolve(policies, await factsOf(db, device)),
    databases: { named: [...named].sort(), told: [...told.difference(named)].sort() },
  };
}
