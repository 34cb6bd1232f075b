import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { BaseError } from '../../../lib/errors.ts';
import { stateFlag, withDevice } from '../connections/index.ts';
import { CliError, reason, usage } from '../errors.ts';
import { act, type Context } from '../invocation.ts';
import { count, dateTime, printable } from '../output/index.ts';
import { flag, type Settings } from '../settings/index.ts';
import {
  describeEnd,
  describePeople,
  describeRestore,
  describeShared,
  describeShares,
  vouchedBy,
} from './share-words.ts';
import { requiredWay, way, wayFlags } from './way.ts';

/** `share`: what this device's person shares with others, and what others share with them (N11). */
export function addShareCommands(program: Command): void {
  const share = program.command('share').description('share items with other people');

  const card = share.command('card').description('your card: whoever is to share with you needs it');
  flag(
    stateFlag(card),
    'device',
    '--out <FILE>',
    'where the card goes; without it, only your fingerprint is shown',
  );
  act(nameFlag(card), writeCard);

  const create = share.command('create').description('share items with another person');
  wayFlags(stateFlag(create));
  flag(
    create,
    'device',
    '--to <WHO>',
    'who may read: a file with their card (holdfast share card), or a colleague by name (user:NAME)',
  );
  flag(create, 'device', '--database <NAME>…', 'share what is in this database; may be repeated');
  flag(create, 'device', '--item <UID>…', 'only this item, as holdfast ls shows it; may be repeated');
  flag(create, 'device', '--area <URI>', 'storage area; default: the first one');
  flag(
    create,
    'device',
    '--out <FILE>',
    'where the invitation goes, which you give to that person; colleagues need none',
  );
  fingerprintFlags(nameFlag(create));
  act(create, createShare);

  act(
    stateFlag(
      share.command('people').description('with whom you can share, and by what it is known who they are'),
    ),
    (context) =>
      withDevice(context, async (call) => {
        const result = await call('sharePeople', {});
        context.output.result(result, () => describePeople(context.output, result));
      }),
  );

  const update = share.command('update <SHARE>').description('share the items as they are now');
  wayFlags(stateFlag(update));
  flag(update, 'device', '--card <FILE>', 'a newer card of that person');
  flag(update, 'device', '--out <FILE>', 'write a new invitation, which renews the access (with --wim)');
  act(update, updateShare);

  act(
    stateFlag(share.command('list').description('what you share, and what is shared with you')),
    (context) =>
      withDevice(context, async (call) => {
        const result = await call('shareList', {});
        context.output.result(result, () => describeShares(context.output, result));
      }),
  );

  const end = share.command('end <SHARE>').description('share nothing more; what was read stays read');
  act(wayFlags(stateFlag(end)), endShare);

  const accept = share
    .command('accept <INVITATION>')
    .description("accept what somebody shares with you: a file, or a colleague's name or id of a share");
  act(fingerprintFlags(stateFlag(accept)), acceptShare);

  const restore = share.command('restore <SHARE>').description('fetch what is shared with you');
  wayFlags(stateFlag(restore));
  flag(restore, 'device', '--into <DIR>', 'write there; otherwise into sources labelled "LABEL from PERSON"');
  flag(restore, 'device', '--database <NAME>…', 'only this database; may be repeated');
  flag(restore, 'device', '--item <UID>…', 'only this item; may be repeated');
  flag(restore, 'device', '--keep-both', 'write a changed item beside what is there');
  flag(restore, 'device', '--dry-run', 'say what would be done');
  act(restore, restoreShare);
}

const nameFlag = (command: Command): Command =>
  flag(command, 'device', '--name <NAME>', 'how you are called there; default: the name of your account');

function fingerprintFlags(command: Command): Command {
  flag(
    command,
    'device',
    '--fingerprint <HEX>',
    'what that person reads to you as theirs (or a prompt), the first time',
  );
  return flag(command, 'device', '--as <NAME>', 'how you call that person; default: as they call themselves');
}

const ownName = (settings: Settings): string => settings.text('name') ?? userInfo().username;

async function writeCard(context: Context): Promise<void> {
  const { settings, output } = context;
  await withDevice(context, async (call) => {
    const result = await call('shareCard', { name: ownName(settings) });
    const file = settings.text('out');
    if (file !== undefined) await write('out', file, result.card);
    const read = `your fingerprint, to be read to whoever uses your card: ${result.fingerprint}`;
    output.result(result, file === undefined ? read : `${file} is your card\n${read}`);
  });
}

async function createShare(context: Context): Promise<void> {
  const { settings, output } = context;
  const to = settings.required('to');
  const user = colleagueIn(to);
  const card = user === undefined ? await read('to', to) : undefined;
  const out = user === undefined ? settings.required('out') : undefined;
  const databases = [...settings.list('database')];
  if (databases.length === 0) throw usage('say what is to be shared, by --database');
  const items = [...settings.list('item')];
  const area = settings.text('area');
  const params = {
    ...(card === undefined ? { user, ...(await way(context)) } : { card, way: await requiredWay(context) }),
    ...{ databases, name: ownName(settings) },
    ...called(settings),
    ...(items.length > 0 && { items }),
    ...(area !== undefined && { to: area }),
  };
  await withDevice(context, async (call) => {
    const result = await compared(context, (more) => call('shareCreate', { ...params, ...more }));
    if (out !== undefined) await write('out', out, result.invitation!.text);
    output.result({ kind: 'result', ...result }, () => describeShared(output, result, out));
    if (!result.complete) throw notAll('shared', result.leftOutCount);
  });
}

async function updateShare(context: Context): Promise<void> {
  const { settings, output } = context;
  const out = settings.text('out');
  const card = settings.text('card');
  if (out !== undefined && settings.text('wim') === undefined)
    throw usage('a new invitation needs a way in: name one by --wim');
  const params = {
    share: context.args[0]!,
    ...(out !== undefined && (await way(context))),
    ...(card !== undefined && { card: await read('card', card) }),
  };
  await withDevice(context, async (call) => {
    const result = await call('shareUpdate', params);
    if (out !== undefined) {
      if (!result.invitation)
        throw usage(`${result.person} needs no invitation: they find it by holdfast share list`);
      await write('out', out, result.invitation.text);
    }
    output.result({ kind: 'result', ...result }, () => describeShared(output, result, out));
    if (!result.complete) throw notAll('shared', result.leftOutCount);
  });
}

async function endShare(context: Context): Promise<void> {
  const params = { share: context.args[0]!, ...(await way(context)) };
  await withDevice(context, async (call) => {
    const result = await call('shareEnd', params);
    context.output.result({ kind: 'result', ...result }, () => describeEnd(result));
  });
}

async function acceptShare(context: Context): Promise<void> {
  const { settings, output, args } = context;
  const [named] = args as [string];
  const offer = colleagueIn(named);
  const what = offer === undefined ? { invitation: await read(undefined, named) } : { offer };
  await withDevice(context, async (call) => {
    const result = await compared(context, (more) =>
      call('shareAccept', { ...what, ...called(settings), ...more }),
    );
    const until =
      result.expires === undefined ? 'until they end it' : `access until ${dateTime(result.expires)}`;
    output.result(result, () =>
      printable(
        `share ${result.share} from ${result.person} is accepted: number ${result.set.counter} of ${dateTime(result.set.time)}, ${until}${vouchedBy(result)}; fetch it: holdfast share restore ${result.share} --wim FILE --into DIR`,
      ),
    );
  });
}

/** A file by that name is a card or an invitation; `user:` says that it is none. */
function colleagueIn(text: string): string | undefined {
  if (text.startsWith('user:')) return text.slice('user:'.length);
  return existsSync(resolve(text)) || /[./\\]/.test(text) ? undefined : text;
}

async function restoreShare(context: Context): Promise<void> {
  const { settings, output, args } = context;
  const into = settings.text('into');
  const [databases, items] = [[...settings.list('database')], [...settings.list('item')]];
  const params = {
    ...{ share: args[0]!, way: await requiredWay(context) },
    ...{ keepBoth: settings.on('keep-both'), dryRun: settings.on('dry-run') },
    ...(into !== undefined && { into: resolve(into) }),
    ...(databases.length > 0 && { databases }),
    ...(items.length > 0 && { items }),
  };
  await withDevice(context, async (call) => {
    const result = await call('shareRestore', params);
    output.result({ kind: 'result', ...result }, () => describeRestore(output, result));
    if (!result.complete) throw notAll('restored', result.leftOutCount);
  });
}

const called = (settings: Settings): { fingerprint?: string; as?: string } => {
  const [fingerprint, as] = [settings.text('fingerprint'), settings.text('as')];
  return { ...(fingerprint !== undefined && { fingerprint }), ...(as !== undefined && { as }) };
};

/** Asked for only when the person is not known; what is typed comes from them, never from this screen. */
async function compared<T>(
  { output }: Context,
  work: (more: { fingerprint?: string }) => Promise<T>,
): Promise<T> {
  try {
    return await work({});
  } catch (error) {
    const isAsked = error instanceof BaseError && error.code === 'ERR_FINGERPRINT_NEEDED';
    if (!isAsked || !process.stdin.isTTY || output.options.json) throw error;
    const { isCancel, text } = await import('@clack/prompts');
    const typed = await text({ message: 'The fingerprint that they read to you', output: process.stderr });
    if (isCancel(typed) || !typed) throw error;
    return work({ fingerprint: typed });
  }
}

async function read(name: string | undefined, file: string): Promise<string> {
  return readFile(resolve(file), 'utf8').catch((cause: unknown) => {
    const what = name === undefined ? file : `--${name} ${file}`;
    throw usage(`${what}: cannot be read: ${reason(cause)}`, { cause });
  });
}

async function write(name: string, file: string, text: string): Promise<void> {
  await writeFile(resolve(file), text).catch((cause: unknown) => {
    throw usage(`--${name} ${file}: cannot be written: ${reason(cause)}`, { cause });
  });
}

const notAll = (done: string, leftOut: number): CliError =>
  new CliError(
    'ERR_PARTIAL',
    `not everything was ${done}: ${count(leftOut, 'entry', 'entries')} left out, as listed`,
  );
