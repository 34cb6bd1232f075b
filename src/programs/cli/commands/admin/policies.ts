import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { PolicyChanges, PolicyFile, Resolved } from '../../../../api/server/index.ts';
import { reason, usage } from '../../errors.ts';
import { count, dateTime, type Output } from '../../output/index.ts';
import { flag } from '../../settings/index.ts';
import { on } from './on.ts';

/** `admin policy` (B2). */
export function addPolicyAdmin(admin: Command): void {
  const policy = admin.command('policy').description('what may be backed up, under whose key, and where');

  on(
    policy,
    'apply <FILE...>',
    'make what these files say the policy; a broken one changes nothing',
    async (client, { args, output }) => {
      const all = await client.applyPolicies(await Promise.all(args.map(policyFile)));
      output.result(all, () => describeChanges(all, 'get a new policy'));
    },
  );
  on(policy, 'diff <FILE...>', 'what applying these files would change', async (client, { args, output }) => {
    const all = await client.diffPolicies(await Promise.all(args.map(policyFile)));
    output.result(all, () => describeChanges(all, 'would get a new policy'));
  });
  on(policy, 'list', 'the policies in force', async (client, { output }) => {
    const columns = [{ title: 'NAME' }, { title: 'VERSION', right: true }, { title: 'APPLIED' }];
    output.list(await client.policies(), columns, (row) => [
      row.name,
      String(row.version),
      dateTime(row.applied),
    ]);
  });
  on(policy, 'show <NAME>', 'a policy as it is in force', async (client, { args, output }) => {
    const found = await client.policy(args[0] ?? '');
    output.result(found, JSON.stringify(JSON.parse(found.document), undefined, 2));
  });
  on(policy, 'history <NAME>', 'all versions of a policy', async (client, { args, output }) => {
    const columns = [{ title: 'VERSION', right: true }, { title: 'STATE' }, { title: 'APPLIED' }];
    output.list(await client.policyHistory(args[0] ?? ''), columns, (row) => [
      String(row.version),
      row.state,
      dateTime(row.applied),
    ]);
  });
  on(policy, 'delete <NAME>', 'end a policy', async (client, { args, output }) => {
    const [name = ''] = args;
    await client.deletePolicy(name);
    output.result({ deleted: name }, `policy ${name} no longer holds`);
  });

  const resolving = on(
    policy,
    'resolve <DEVICE>',
    'what holds for a device, and which policy says so',
    async (client, { args, settings, output }) => {
      const resolved = await client.resolvePolicy(args[0] ?? '', settings.text('database'));
      output.result(resolved, () => describeResolved(output, resolved));
    },
  );
  flag(resolving, 'admin', '--database <NAME>', 'only this database');

  const push = on(policy, 'push', 'send the policy again, now', async (client, { settings, output }) => {
    const devices = settings.list('device');
    const pushed = await client.push(devices.length > 0 ? { devices: [...devices] } : {});
    output.result(
      pushed,
      `a new message for ${count(pushed.devices, 'device')}: who is connected gets it now, who is not with the next request`,
    );
  });
  flag(push, 'admin', '--device <ID>…', 'only to this device; may be repeated');
}

async function policyFile(file: string): Promise<PolicyFile> {
  try {
    return { source: await readFile(resolve(file), 'utf8'), file };
  } catch (cause) {
    throw usage(`${file}: the policy file cannot be read: ${reason(cause)}`, { cause });
  }
}

function describeChanges({ policies, devices }: PolicyChanges, verb: string): string {
  const lines = policies.flatMap((policy) => [
    `${policy.name}: ${policy.change}, version ${policy.version}`,
    ...policy.differences.map(({ path, before, after }) => `  ${path}: ${show(before)} -> ${show(after)}`),
  ]);
  return [...lines, `${count(devices, 'device')} ${verb}`].join('\n');
}

const show = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

function describeResolved(output: Output, resolved: Resolved): string {
  const columns = [
    { title: 'DATABASE' },
    { title: 'CLASS' },
    { title: 'FIELD' },
    { title: 'VALUE' },
    { title: 'FROM' },
  ];
  const rows = resolved.databases.map((row) => [
    row.database,
    row.class,
    row.field,
    row.value,
    row.scope ? `${row.policy} (${row.scope})` : row.policy,
  ]);
  const settings = resolved.settings.map((row) => ['', '', row.setting, row.value, row.policy]);
  const who = `device ${resolved.device} of ${resolved.user}; groups: ${resolved.groups.join(', ') || 'none'}; classes: ${resolved.classes.join(', ') || 'none'}`;
  return `${who}\n${output.table(columns, [...rows, ...settings])}`;
}
