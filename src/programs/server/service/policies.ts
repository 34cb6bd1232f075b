import { parseAreaUri } from '../../../api/area/index.ts';
import type { PolicyChange, PolicyChanges, PolicyVersion, Resolved } from '../../../api/server/index.ts';
import { explain } from '../../../policy/evaluate/index.ts';
import { type DeviceRules, type Policy, PolicyError } from '../../../policy/rules/index.ts';
import { readPolicy } from '../../../policy/rules/yaml/index.ts';
import { ServerError } from '../errors.ts';
import {
  allGroups,
  currentPolicies,
  currentPolicy,
  type Db,
  deletePolicy,
  outdateMessage,
  type PolicyRow,
  policyHistory,
  putPolicy,
  scopedDevices,
  userById,
} from '../store/index.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';
import { differences } from './differences.ts';
import { mustDevice } from './lookup.ts';
import { pace } from './pace.ts';
import { facts, factsOf, policiesInForce, rulesFor, rulesOf } from './rules.ts';

export interface PolicyText {
  /** For messages. */
  readonly file: string;
  readonly source: string;
}

/**
 * Puts policies in force, each in place of the one of the same name: all of them, or none when one has an error.
 *
 * @throws ServerError `ERR_POLICY_INVALID`, naming file, line and field
 */
export async function applyPolicies(
  ctx: Context,
  actor: string,
  texts: readonly PolicyText[],
): Promise<PolicyChanges> {
  const policies = readAll(texts);
  // One after the other: whom a change touches depends on what is in force before it.
  return ctx.serial('policies', async () => {
    // Outside the transaction, since it takes a while; it only says whom to wake.
    const touched = await devicesTouched(ctx, policies);
    const changes = await ctx.db.transaction().execute(async (tx) => {
      const changes = await compare(tx, policies);
      for (const [position, policy] of policies.entries()) {
        const { change, version } = changes[position]!;
        if (change === 'unchanged') continue;
        await putPolicy(tx, policy.name, JSON.stringify(policy), ctx.clock());
        await record(ctx, tx, { actor, action: 'policy.apply', subject: policy.name, detail: { version } });
      }
      return changes;
    });
    ctx.wake(touched);
    return { policies: changes, devices: touched.length };
  });
}

/** What {@link applyPolicies} would do. */
export async function diffPolicies(ctx: Context, texts: readonly PolicyText[]): Promise<PolicyChanges> {
  const policies = readAll(texts);
  return {
    policies: await compare(ctx.db, policies),
    devices: (await devicesTouched(ctx, policies)).length,
  };
}

export async function policies(ctx: Context): Promise<PolicyVersion[]> {
  return (await currentPolicies(ctx.db)).map(showVersion);
}

export async function policy(ctx: Context, name: string): Promise<PolicyVersion> {
  const row = await currentPolicy(ctx.db, name);
  if (row === undefined) throw noPolicy(name);
  return showVersion(row);
}

export async function history(ctx: Context, name: string): Promise<PolicyVersion[]> {
  const rows = await policyHistory(ctx.db, name);
  if (rows.length === 0) throw noPolicy(name);
  return rows.map(showVersion);
}

export async function removePolicy(ctx: Context, actor: string, name: string): Promise<void> {
  await ctx.db.transaction().execute(async (tx) => {
    if (!(await deletePolicy(tx, name))) throw noPolicy(name);
    await record(ctx, tx, { actor, action: 'policy.delete', subject: name });
  });
  ctx.wake((await scopedDevices(ctx.db)).map((device) => device.id));
}

/** Sends a new message to these devices, or to all, though nothing has changed (B2). */
export async function push(
  ctx: Context,
  actor: string,
  only: readonly string[] | undefined,
): Promise<number> {
  const ids =
    only ?? (await scopedDevices(ctx.db)).filter((row) => row.state !== 'ended').map((row) => row.id);
  const next = pace();
  await ctx.db.transaction().execute(async (tx) => {
    for (const id of ids) {
      await next();
      await mustDevice(tx, id);
      await outdateMessage(tx, id);
    }
    await record(ctx, tx, { actor, action: 'policy.push', subject: '', detail: { devices: ids.length } });
  });
  ctx.wake(ids);
  return ids.length;
}

/** Which value holds for a device, and which policy it came from. */
export async function resolved(ctx: Context, id: string, database: string | undefined): Promise<Resolved> {
  const row = await mustDevice(ctx.db, id);
  const { rules } = await rulesOf(ctx.db, row, await policiesInForce(ctx));
  const { databases, settings } = database === undefined ? explain(rules) : explain(rules, [database]);
  const { groups, classes } = await factsOf(ctx.db, row);
  return {
    device: id,
    user: (await userById(ctx.db, row.user_id))?.name ?? row.user_id,
    ...{ groups: [...groups], classes: [...classes], databases: [...databases], settings: [...settings] },
  };
}

function readAll(texts: readonly PolicyText[]): Policy[] {
  const names = new Map<string, string>();
  return texts.map(({ source, file }) => {
    const policy = read(source, file);
    const earlier = names.get(policy.name);
    if (earlier !== undefined) {
      throw new ServerError('ERR_POLICY_INVALID', `${file}: policy ${policy.name} is in ${earlier} too`);
    }
    names.set(policy.name, file);
    return policy;
  });
}

function read(source: string, file: string): Policy {
  try {
    const policy = readPolicy(source, file);
    for (const { area } of policy.destinations ?? []) parseAreaUri(area);
    return policy;
  } catch (cause) {
    if (cause instanceof PolicyError) {
      throw new ServerError('ERR_POLICY_INVALID', cause.problems.join('\n'), { cause });
    }
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ServerError('ERR_POLICY_INVALID', `${file}: destinations: ${why}`, { cause });
  }
}

async function compare(db: Db, policies: readonly Policy[]): Promise<PolicyChange[]> {
  return Promise.all(
    policies.map(async (policy) => {
      const { name } = policy;
      const newest = (await policyHistory(db, name))[0];
      const current = newest?.state === 'current' ? (JSON.parse(newest.document) as Policy) : undefined;
      const found = differences(current, policy);
      const unchanged = current !== undefined && found.length === 0;
      return {
        ...{ name, version: (newest?.version ?? 0) + (unchanged ? 0 : 1), differences: found },
        change: current === undefined ? 'added' : unchanged ? 'unchanged' : 'changed',
      } as const;
    }),
  );
}

/** Ids of devices whose rules are others with these policies in place of theirs. */
async function devicesTouched(ctx: Context, policies: readonly Policy[]): Promise<string[]> {
  const { db } = ctx;
  const before = await policiesInForce(ctx);
  const replaced = new Set(policies.map(({ name }) => name));
  const after = [...before.filter(({ name }) => !replaced.has(name)), ...policies];
  const touched: string[] = [];
  const groups = await allGroups(db);
  const next = pace();
  for (const device of await scopedDevices(db)) {
    await next();
    if (device.state === 'ended') continue;
    const about = facts(device, groups.get(device.user_id) ?? []);
    if (!sameRules(rulesFor(before, about), rulesFor(after, about))) touched.push(device.id);
  }
  return touched;
}

/** By text, which is made once for all devices of the same rules. */
const sameRules = (one: DeviceRules, other: DeviceRules): boolean => textOf(one) === textOf(other);

const texts = new WeakMap<DeviceRules, string>();

function textOf(rules: DeviceRules): string {
  const text = texts.get(rules) ?? JSON.stringify(rules);
  texts.set(rules, text);
  return text;
}

const noPolicy = (name: string) => new ServerError('ERR_NOT_FOUND', `there is no policy ${name}`);

const showVersion = ({ name, version, applied, state, document }: PolicyRow): PolicyVersion => ({
  ...{ name, version, applied, state, document },
});
