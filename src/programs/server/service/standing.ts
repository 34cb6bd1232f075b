/** How a device stands, for administrators (U8): its last backup, silence, and whether it has the rules in force. */
import type { Device } from '../../../api/server/index.ts';
import { type HeldSections, nextSection } from '../../../policy/message/index.ts';
import type { DeviceRules, Policy } from '../../../policy/rules/index.ts';
import type { DeviceRow } from '../store/index.ts';
import type { About } from './about.ts';
import type { Context } from './context.ts';
import { facts, rulesFor } from './rules.ts';

type Standing = Pick<Device, 'lastBackup' | 'alertAfter' | 'silentSince' | 'policyPending'>;

/** `heads` are those of the device, `sent` is the sequence of its newest message, `groups` are its user's. */
export function standingOf(
  ctx: Context,
  row: DeviceRow,
  policies: readonly Policy[],
  { heads, sent, groups }: Pick<About, 'heads' | 'sent' | 'groups'>,
): Standing {
  // A device says when it made a set; a clock that runs ahead must not hide that it has been silent since.
  // A backup file may lie anywhere, or nowhere any more: what counts is in a storage area.
  const times = heads.flatMap(({ area, time, received }) =>
    area === null ? [] : [Math.min(time, received)],
  );
  const last = times.length === 0 ? undefined : Math.max(...times);
  const lastBackup = last === undefined ? {} : { lastBackup: last };
  if (row.state === 'ended') return { ...lastBackup, policyPending: false };

  const rules = rulesFor(policies, facts(row, groups));
  const { alertAfter } = rules.schedule;
  const since = last ?? row.enrolled;
  // One that waits for its confirmation cannot back up yet.
  const silent = row.state === 'active' && alertAfter !== undefined && ctx.clock() - since > alertAfter;
  // The message is made anew only when it is asked for: a device that is away holds other rules than these already.
  const held = (JSON.parse(row.held) as HeldSections).rules?.hash;
  const current = hashOf(ctx, rules);
  return {
    ...lastBackup,
    ...(alertAfter === undefined ? {} : { alertAfter }),
    ...(silent ? { silentSince: since } : {}),
    policyPending: row.acknowledged < sent || held !== current,
  };
}

const hashes = new WeakMap<DeviceRules, string>();

/** Rules are the same object for many devices. */
function hashOf({ platform }: Context, rules: DeviceRules): string {
  const held = hashes.get(rules);
  if (held !== undefined) return held;
  const { hash } = nextSection(platform, 'rules', rules, undefined, 0);
  hashes.set(rules, hash);
  return hash;
}
