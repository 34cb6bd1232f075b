/** A way in as it is typed: which one, and the secret that opens it, which never stands on the command line. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { WayParams } from '../../../api/device/index.ts';
import { reason, usage } from '../errors.ts';
import type { Context } from '../invocation.ts';
import { flag } from '../settings/index.ts';

export function wayFlags(command: Command): Command {
  flag(
    command,
    'device',
    '--wim <FILE>',
    'your way in: a key file NAME.wim, a token NAME.cert.json with --module, or the word phrase',
  );
  flag(command, 'device', '--module <FILE>', 'PKCS#11 module of the token');
  flag(command, 'device', '--token <NAME>', 'its label or serial number, when several are in');
  return flag(
    command,
    'device',
    '--secret-file <FILE>',
    'file with its passphrase, PIN or words (or HOLDFAST_DEVICE_SECRET, or a prompt)',
  );
}

/** Only when one was named. */
export async function way(context: Context): Promise<{ way?: WayParams }> {
  const named = context.settings.text('wim');
  return named === undefined ? {} : { way: await wayNamed(context, named, 'secret-file') };
}

export const requiredWay = (context: Context): Promise<WayParams> =>
  wayNamed(context, context.settings.required('wim'), 'secret-file');

/** @param secretFlag the flag that names the file of its secret */
export async function wayNamed(context: Context, named: string, secretFlag: string): Promise<WayParams> {
  if (named === 'phrase')
    return { kind: 'phrase', words: await secret(context, secretFlag, 'Recovery phrase (24 words)') };
  if (named.endsWith('.cert.json')) return tokenNamed(context, named, secretFlag);
  const passphrase = await secret(context, secretFlag, `Passphrase of ${named}`);
  return { kind: 'software', path: resolve(named), passphrase };
}

async function tokenNamed(context: Context, named: string, secretFlag: string): Promise<WayParams> {
  const { settings } = context;
  const token = settings.text('token');
  return {
    kind: 'token',
    part: resolve(named),
    module: resolve(
      (secretFlag === 'new-secret-file' ? settings.text('new-module') : undefined) ??
        settings.required('module'),
    ),
    ...(token !== undefined && { token }),
    pin: await secret(context, secretFlag, `PIN of ${named}`),
  };
}

/** From a file, the environment or a prompt. */
export async function secret(context: Context, secretFlag: string, prompt: string): Promise<string> {
  const { settings, output } = context;
  const file = settings.text(secretFlag);
  if (file !== undefined) {
    const text = await readFile(resolve(file), 'utf8').catch((cause: unknown) => {
      throw usage(`--${secretFlag} ${file}: cannot be read: ${reason(cause)}`, { cause });
    });
    const line = text.replace(/\r?\n$/, '');
    if (line === '') throw usage(`--${secretFlag} ${file}: there is nothing in it`);
    return line;
  }
  const given = secretFlag === 'secret-file' ? settings.secret('HOLDFAST_DEVICE_SECRET') : undefined;
  if (given !== undefined) return given;
  if (!process.stdin.isTTY || output.options.json)
    return settings.required(secretFlag, secretFlag === 'secret-file' ? 'HOLDFAST_DEVICE_SECRET' : undefined);
  const { isCancel, password } = await import('@clack/prompts');
  const typed = await password({ message: prompt, output: process.stderr });
  if (isCancel(typed) || !typed) throw usage(`${prompt}: nothing was given`);
  return typed;
}
