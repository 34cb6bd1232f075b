import { inVersionRange, type Policy, PolicyError, type ScopeLevel, scopeOf } from '../rules/index.ts';

/** What the server knows of a device when it makes its rules. */
export interface DeviceFacts {
  readonly id: string;
  /** In the server's group order: the first decides where groups differ. */
  readonly groups: readonly string[];
  /** Classes of devices: platform, ownership. */
  readonly classes: readonly string[];
  /** Of this program on it; scopes may name ranges of versions as classes. */
  readonly version?: string;
}

/** A policy that is for a device, and how close to it. Smaller is narrower. */
export interface Applied {
  readonly policy: Policy;
  readonly level: number;
}

/** Narrow to broad; the place in this list is the `level`. */
export const LEVELS: readonly ScopeLevel[] = ['device', 'deviceClass', 'group', 'global'];

/**
 * The policies that are for a device, narrowest first: device, device class, groups in the server's order,
 * global; then by name. Where policies come from or how they are stored makes no difference.
 *
 * @throws PolicyError `ERR_POLICY_DUPLICATE`: the name is what decides between equals
 */
export function applicable(policies: readonly Policy[], device: DeviceFacts): Applied[] {
  const names = new Set<string>();
  for (const { name } of policies) {
    if (names.has(name)) throw new PolicyError('ERR_POLICY_DUPLICATE', [`two policies are named "${name}"`]);
    names.add(name);
  }
  return policies
    .flatMap((policy) => {
      const place = placeOf(policy, device);
      return place ? [{ policy, ...place }] : [];
    })
    .sort((a, b) => a.level - b.level || a.order - b.order || compare(a.policy.name, b.policy.name));
}

function placeOf(policy: Policy, device: DeviceFacts): { level: number; order: number } | undefined {
  const { level, names } = scopeOf(policy.scope);
  const place = (order: number) => (order < 0 ? undefined : { level: LEVELS.indexOf(level), order });
  switch (level) {
    case 'device':
      return place(names.includes(device.id) ? 0 : -1);
    case 'deviceClass':
      return place(names.some((name) => isOf(device, name)) ? 0 : -1);
    case 'group':
      return place(device.groups.findIndex((name) => names.includes(name)));
    case 'global':
      return place(0);
  }
}

const isOf = ({ classes, version }: DeviceFacts, name: string): boolean =>
  classes.includes(name) || (version !== undefined && inVersionRange(name, version));

/** By code unit, not by locale: the same everywhere. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
