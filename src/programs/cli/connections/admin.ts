import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { AdminClient } from '../../../api/client/index.ts';
import { reason, usage } from '../errors.ts';
import type { Context } from '../invocation.ts';
import { flag } from '../settings/index.ts';
import { serverUrl } from './identity.ts';

/** The flags of every command that an administrator gives. */
export function adminFlags(command: Command): Command {
  flag(command, 'admin', '--server <URL>', 'enterprise server');
  flag(
    command,
    'admin',
    '--insecure-http',
    'send the token over http to another computer: anyone on the way can read it',
  );
  return flag(
    command,
    'admin',
    '--token-file <FILE>',
    'file with the token (or HOLDFAST_ADMIN_TOKEN, or a prompt)',
  );
}

/** Works at a server with the administrator's token. */
export async function withAdmin(
  context: Context,
  work: (admin: AdminClient) => Promise<void>,
): Promise<void> {
  const url = serverUrl(context.settings.required('server'));
  if (!isPrivate(url) && !context.settings.on('insecure-http'))
    throw usage(
      `--server ${url}: over http anyone on the way could read the administrator's token, and be the administrator; use https, or say --insecure-http where nobody else is on the way`,
    );
  const token = await adminToken(context);
  const { adminClient } = await import('../../../api/client/index.ts');
  const { httpFetch } = await import('../../../transport/http/index.ts');
  await work(adminClient({ url, token, fetch: httpFetch, signal: context.signal }));
}

/** Is what is sent there out of others' reach: sealed, or never on a network? */
export function isPrivate(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

async function adminToken({ settings, output }: Context): Promise<string> {
  const file = settings.text('token-file');
  if (file !== undefined) {
    try {
      return (await readFile(resolve(file), 'utf8')).trim();
    } catch (cause) {
      throw usage(`--token-file ${file}: cannot be read: ${reason(cause)}`, { cause });
    }
  }
  const token = settings.secret('HOLDFAST_ADMIN_TOKEN');
  if (token !== undefined) return token.trim();
  if (!process.stdin.isTTY || output.options.json)
    return settings.required('token-file', 'HOLDFAST_ADMIN_TOKEN');
  const { isCancel, password } = await import('@clack/prompts');
  const typed = await password({ message: 'Token of the administrator', output: process.stderr });
  if (isCancel(typed) || typed === undefined) throw usage('no token was given');
  return typed.trim();
}
