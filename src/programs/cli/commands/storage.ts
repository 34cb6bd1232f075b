import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { reason, usage } from '../errors.ts';
import { act, type Context } from '../invocation.ts';
import { bytes } from '../output/index.ts';
import { flag, parseListen } from '../settings/index.ts';
import { parseBytes } from './amounts.ts';
import { serve } from './serving.ts';

/** `storage`: the program behind storage areas, and the areas it keeps. */
export function addStorageCommands(program: Command): void {
  const storage = program.command('storage').description('run a storage, say which areas it keeps');

  const start = storage.command('start').description('serve the areas of a storage over HTTP');
  stateFlag(start);
  flag(start, 'storage', '--listen <HOST:PORT>', 'address to listen at; default: 127.0.0.1:7420');
  flag(start, 'storage', '--url <URL>', 'how others reach it, where that differs');
  flag(start, 'storage', '--log <LEVEL>', 'silent, error, warn, info or debug; default: warn');
  act(start, startStorage);

  const area = storage.command('area').description('the areas of a storage');
  const add = area.command('add <NAME>').description('make an area, print its URI');
  stateFlag(add);
  flag(add, 'storage', '--trust <URL>…', 'enterprise server whose devices may store here; may be repeated');
  flag(
    add,
    'storage',
    '--issuer-file <FILE>…',
    'the same by a file with public keys (JWK or JWK Set), such as device owner --issuers writes; may be repeated',
  );
  flag(add, 'storage', '--quota <SIZE>', 'at most so much, for example 50G; default: no limit');
  flag(add, 'storage', '--append-only', 'keep everything: no grant deletes anything there');
  act(add, addArea);
  act(stateFlag(area.command('list').description('the areas and whom they trust')), listAreas);

  const trust = area.command('trust <AREA>').description('trust one more issuer of grants');
  stateFlag(trust);
  flag(trust, 'storage', '--issuer-file <FILE>…', 'its public keys (JWK or JWK Set); may be repeated');
  act(trust, (context) => changeIssuers(context, 'trust'));
  const revoke = area
    .command('revoke <AREA>')
    .description('no grant of this issuer counts any more; what is stored stays');
  stateFlag(revoke);
  flag(revoke, 'storage', '--issuer-file <FILE>…', 'its public keys (JWK or JWK Set); may be repeated');
  flag(revoke, 'storage', '--thumbprint <TEXT>…', 'or their thumbprints, as area list shows them');
  act(revoke, (context) => changeIssuers(context, 'revoke'));
}

const stateFlag = (command: Command): Command =>
  flag(command, 'storage', '--state <DIR>', 'state directory of the storage');

const stateOf = ({ settings }: Context): string => resolve(settings.required('state'));

/** How much a storage may log, from nothing to everything. */
const LEVELS = ['silent', 'error', 'warn', 'info', 'debug'];

async function startStorage(context: Context): Promise<void> {
  const { settings } = context;
  const [listen, url] = [settings.text('listen'), settings.text('url')];
  if (listen !== undefined) parseListen(listen);
  const log = settings.text('log') ?? 'warn';
  if (!LEVELS.includes(log)) throw usage(`--log ${log}: wanted is one of ${LEVELS.join(', ')}`);
  const { start } = await import('../../storage/index.ts');
  const running = await start({
    state: stateOf(context),
    log,
    ...(listen === undefined ? {} : { listen }),
    ...(url === undefined ? {} : { url }),
  });
  await serve(context, 'storage', running);
}

async function addArea(context: Context): Promise<void> {
  const { args, settings, output } = context;
  const state = stateOf(context);
  const quota = settings.text('quota');
  const issuers = [
    ...(await Promise.all(settings.list('trust').map((url) => serverKey(url, context.signal)))),
    ...(await Promise.all(settings.list('issuer-file').map(keyFile))).flat(),
  ];
  const { addArea: add } = await import('../../storage/index.ts');
  const area = await add(state, {
    name: args[0] ?? '',
    issuers,
    ...(quota === undefined ? {} : { quota: parseBytes('--quota', quota) }),
    appendOnly: settings.on('append-only'),
  });
  if (issuers.length === 0)
    output.notice('ERR_NO_ISSUER', 'nobody may store here yet: no server was named by --trust');
  output.result(area, area.uri);
}

/** The key that a server signs grants with. */
async function serverKey(url: string, signal: AbortSignal): Promise<unknown> {
  const { serverIdentity } = await import('../connections/index.ts');
  return (await serverIdentity(url, signal)).identityKey;
}

/** One key, or all of a set (RFC 7517 §5). */
async function keyFile(file: string): Promise<readonly unknown[]> {
  try {
    const found = JSON.parse(await readFile(resolve(file), 'utf8'));
    return Array.isArray(found?.keys) ? found.keys : [found];
  } catch (cause) {
    throw usage(`--issuer-file ${file}: no public key (JWK) can be read: ${reason(cause)}`, { cause });
  }
}

/** `area trust` and `area revoke`: whose grants count. */
async function changeIssuers(context: Context, change: 'trust' | 'revoke'): Promise<void> {
  const [area = ''] = context.args;
  const state = stateOf(context);
  const { addIssuer, removeIssuer } = await import('../../storage/index.ts');
  const keys = (await Promise.all(context.settings.list('issuer-file').map(keyFile))).flat();
  const prints = change === 'revoke' ? context.settings.list('thumbprint') : [];
  if (keys.length + prints.length === 0) context.settings.required('issuer-file');
  let summary: Awaited<ReturnType<typeof addIssuer>> | undefined;
  for (const key of keys)
    summary =
      change === 'trust'
        ? await addIssuer(state, area, key)
        : await removeIssuer(state, area, await thumbprintOf(key));
  for (const print of prints) summary = await removeIssuer(state, area, print);
  context.output.result(summary!, `${summary!.name} trusts ${summary!.issuers.join(' ') || 'nobody'}`);
}

async function thumbprintOf(key: unknown): Promise<string> {
  const { publicKey, thumbprint } = await import('../../../api/grant/index.ts');
  return thumbprint(publicKey(key));
}

async function listAreas(context: Context): Promise<void> {
  const { listAreas: list } = await import('../../storage/index.ts');
  context.output.list(
    await list(stateOf(context)),
    [
      { title: 'NAME' },
      { title: 'URI' },
      { title: 'QUOTA', right: true },
      { title: 'DELETES' },
      { title: 'TRUSTS' },
    ],
    (area) => [
      area.name,
      area.uri,
      area.quota === undefined ? 'none' : bytes(area.quota),
      area.appendOnly ? 'never' : 'by grant',
      area.issuers.join(' ') || 'nobody',
    ],
    'no areas yet; holdfast storage area add NAME makes one',
  );
}
