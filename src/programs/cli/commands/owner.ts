import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { OwnerResult, WayParams } from '../../../api/device/index.ts';
import { type Call, stateFlag, withDevice } from '../connections/index.ts';
import { reason, usage } from '../errors.ts';
import { act, type Context } from '../invocation.ts';
import { dateTime } from '../output/index.ts';
import { flag } from '../settings/index.ts';
import { wayFlags, wayNamed } from './way.ts';

/** `device init` and `device owner`: a device that belongs to a person, without any server (U4, U5). */
export function addOwnerCommands(device: Command): void {
  const init = device.command('init').description('make this the device of a person, without a server');
  stateFlag(init);
  wayFlags(init);
  wayBackFlags(init);
  flag(init, 'device', '--from <URI>', 'your place in a storage area: adds this device to those you have');
  act(init, runInit);

  const owner = device.command('owner').description('whose device this is: ways in, devices');
  stateFlag(owner);
  flag(
    owner,
    'device',
    '--issuers <FILE>',
    'write the public keys that a storage area has to trust (storage area add --issuer-file FILE)',
  );
  act(owner, (context) =>
    withDevice(context, async (call) => {
      const result = await call('owner', {});
      const file = context.settings.text('issuers');
      if (file !== undefined) await writeIssuers(file, result);
      context.output.result(result, () => describeOwner(result));
    }),
  );
}

/** U5: a way back, and what the device is called among those of its owner. */
export function wayBackFlags(command: Command): void {
  flag(command, 'device', '--name <NAME>', "what this device is to be called; default: the computer's name");
  flag(command, 'device', '--second <FILE>', 'a second key file as the way back');
  flag(command, 'device', '--second-secret-file <FILE>', 'file with its passphrase (or a prompt)');
  flag(
    command,
    'device',
    '--phrase-file <FILE>',
    'file with a recovery phrase as the way back; without any, a new one is shown and asked back',
  );
  flag(command, 'device', '--alone', 'refuse a way back: who loses the only way in has lost everything');
}

async function runInit(context: Context): Promise<void> {
  const { settings, output } = context;
  const from = settings.text('from');
  await withDevice(context, async (call) => {
    const ways = [await wayNamed(context, settings.required('wim'), 'secret-file')];
    const alone = settings.on('alone');
    if (from === undefined && !alone) ways.push(await wayBack(context, call));
    const result = await call('init', {
      name: settings.text('name') ?? hostname(),
      ways,
      ...(alone && { alone: true as const }),
      ...(from !== undefined && { from }),
    });
    output.result(result, () => describeOwner(result));
  });
}

/** U5: a way back first. */
export async function wayBack(context: Context, call: Call): Promise<WayParams> {
  const { settings } = context;
  const second = settings.text('second');
  if (second !== undefined) return wayNamed(context, second, 'second-secret-file');
  if (settings.text('phrase-file') !== undefined) return wayNamed(context, 'phrase', 'phrase-file');
  return { kind: 'phrase', words: await newPhrase(context, call) };
}

/** Shown once, and asked back: what was not written down is no way back. */
export async function newPhrase({ output }: Context, call: Call): Promise<string> {
  if (!process.stdin.isTTY || output.options.json)
    throw usage(
      'a way back is missing: name a second key file by --second, a phrase by --phrase-file, or refuse one by --alone',
    );
  const { words } = await call('phrase', {});
  const { isCancel, note, text } = await import('@clack/prompts');
  const list = words.split(' ').map((word, i) => `${String(i + 1).padStart(2)}. ${word}`);
  const rows = Array.from({ length: 6 }, (_, i) =>
    [0, 6, 12, 18].map((column) => list[i + column]!.padEnd(14)).join(''),
  );
  note(rows.join('\n'), 'Your recovery phrase. Write it on paper: it is shown only now.', {
    output: process.stderr,
  });
  for (;;) {
    const typed = await text({ message: 'Type all 24 words', output: process.stderr });
    if (isCancel(typed)) throw usage('the recovery phrase was not confirmed; nothing was made');
    if (typed.trim().toLowerCase().split(/\s+/).join(' ') === words) break;
    output.notice('PHRASE_DIFFERS', 'these are not the words that were shown');
  }
  process.stderr.write('\u001b[2J\u001b[3J\u001b[H'); // The words shall not stay on the screen.
  return words;
}

/** A JWK Set (RFC 7517 §5). */
async function writeIssuers(file: string, { ways }: OwnerResult): Promise<void> {
  const set = { keys: ways.map(({ issuer }) => issuer) };
  await writeFile(resolve(file), `${JSON.stringify(set, null, 2)}\n`).catch((cause: unknown) => {
    throw usage(`--issuers ${file}: cannot be written: ${reason(cause)}`, { cause });
  });
}

const kinds = { token: 'token', software: 'key file', phrase: 'recovery phrase' } as const;

export function describeOwner({ user, version, time, ways, devices, alone }: OwnerResult): string {
  return [
    `owner        ${user}`,
    `record       version ${version} of ${dateTime(time)}`,
    ...ways.map(({ kind, name }) => `way in       ${name}${name === kinds[kind] ? '' : ` (${kinds[kind]})`}`),
    ...(alone ? ['way back     none: refused'] : []),
    ...devices.map(
      ({ id, name, state, own }) =>
        `device       ${name} (${id})${own ? ', this one' : ''}${state === 'ended' ? ', ended' : ''}`,
    ),
  ].join('\n');
}
