import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { DescribedKey, DescribedToken, DescribedWay } from '../../device/wim/index.ts';
import { usage } from '../errors.ts';
import { act, type Context } from '../invocation.ts';
import { flag } from '../settings/index.ts';
import { addWimUseCommand } from './own-keys.ts';
import { secret } from './way.ts';
import { addWimListCommands } from './wim-list.ts';

const room = () => import('../../device/wim/index.ts');

/** `wim`: key files and tokens, the user's own ways in (N4, N4a). */
export function addWimCommands(program: Command): void {
  const wim = program.command('wim').description('your own keys: in a key file, or on a token');

  const init = wim
    .command('init <FILE>')
    .description(
      'make keys: FILE.wim is a key file under a passphrase; with --module they are made on a token',
    );
  nameFlag(tokenFlags(init));
  flag(init, 'device', '--keys <KIND>', 'on a token: ec (P-256, the default) or rsa (RSA-2048)');
  secretFlag(init, 'the new passphrase; with --module, the PIN');
  act(init, runInit);

  const adopt = wim
    .command('adopt <FILE>')
    .description(
      'take keys that are on a token already (PIV: slots 9D and 9C); FILE.cert.json gets the public part',
    );
  nameFlag(tokenFlags(adopt));
  flag(adopt, 'device', '--decipher <ID>', 'which key opens, as wim show says it; needed when several could');
  flag(adopt, 'device', '--signature <ID>', 'which key signs');
  secretFlag(adopt, 'the PIN');
  act(adopt, runAdopt);

  const show = wim
    .command('show [FILE]')
    .description('what FILE.cert.json tells, or what --module has in its slots');
  act(moduleFlag(show), runShow);

  const certificate = wim
    .command('certificate <FILE>')
    .description('the certificates of FILE.cert.json, as PEM');
  act(certificate, async (context) => {
    const way = await (await room()).showWay(fileOf(context));
    const found = [way.decipher, way.signature].flatMap(({ certificate: pem }) => pem ?? []);
    if (found.length === 0) throw usage(`${fileOf(context)}: these keys have no certificates`);
    context.output.result(found, () => found.join('').trimEnd());
  });

  const phrase = wim
    .command('phrase <FILE>')
    .description('write 24 new words into FILE, mode 0600: a recovery phrase for device init --phrase-file');
  act(phrase, async (context) => {
    const file = fileOf(context);
    await (await room()).makePhrase(file);
    context.output.result(
      { file },
      `${file} has a new recovery phrase; copy it to paper, then delete the file`,
    );
  });

  addWimUseCommand(wim);

  const change = wim
    .command('change-pin [FILE]')
    .description('change the passphrase of the key file FILE, or the PIN of the token of --module');
  tokenFlags(change);
  secretFlag(change, 'what opens it now');
  newSecretFlag(change);
  act(change, runChange);

  const unblock = wim.command('unblock').description('give a token whose PIN is locked a new one');
  tokenFlags(unblock);
  secretFlag(unblock, "the PUK, or the security officer's PIN");
  newSecretFlag(unblock);
  act(unblock, async (context) => {
    const place = required(context);
    const code = await secret(context, 'secret-file', 'PUK');
    await (await room()).unblockToken(place, code, await newSecret(context, 'new-secret-file', 'New PIN'));
    context.output.result({ unblocked: true }, 'the token has a new PIN');
  });
  addWimListCommands(wim);
}

async function runInit(context: Context): Promise<void> {
  const place = placeOf(context);
  const [file, name] = [fileOf(context), nameOf(context)];
  if (place === undefined) {
    if (!file.endsWith('.wim'))
      throw usage(`${file}: a key file is called NAME.wim; for a token name its --module`);
    const passphrase = await newSecret(context, 'secret-file', 'New passphrase');
    said(context, await (await room()).makeKeyFile(file, name, passphrase), file);
    return;
  }
  const kind = context.settings.text('keys') ?? 'ec';
  if (kind !== 'ec' && kind !== 'rsa') throw usage(`--keys ${kind}: ec or rsa`);
  const part = publicPart(file);
  said(context, await (await room()).makeOnToken(place, part, name, kind, typing(context)), part);
}

async function runAdopt(context: Context): Promise<void> {
  const place = required(context);
  const { settings } = context;
  const [decipher, signature] = [settings.text('decipher'), settings.text('signature')];
  const choice = {
    ...(decipher !== undefined && { decipher }),
    ...(signature !== undefined && { signature }),
  };
  const part = publicPart(fileOf(context));
  said(context, await (await room()).adopt(place, part, nameOf(context), choice, typing(context)), part);
}

async function runShow(context: Context): Promise<void> {
  const module = context.settings.text('module');
  if (context.args[0] !== undefined) {
    const way = await (await room()).showWay(fileOf(context));
    context.output.result(way, () => describeWay(way));
    return;
  }
  if (module === undefined) throw usage('name a FILE.cert.json, or a PKCS#11 module by --module');
  const tokens = await (await room()).showModule(resolve(module));
  context.output.result(tokens, () => tokens.map(describeToken).join('\n') || 'no token is in any slot');
}

async function runChange(context: Context): Promise<void> {
  const place = placeOf(context);
  if ((place === undefined) === (context.args[0] === undefined))
    throw usage('name a key file, or a token by --module');
  const { changeFilePassphrase, changeTokenPin } = await room();
  if (place === undefined) {
    const old = await secret(context, 'secret-file', 'Passphrase');
    await changeFilePassphrase(
      fileOf(context),
      old,
      await newSecret(context, 'new-secret-file', 'New passphrase'),
    );
  } else {
    const old = await secret(context, 'secret-file', 'PIN');
    await changeTokenPin(place, old, await newSecret(context, 'new-secret-file', 'New PIN'));
  }
  context.output.result({ changed: true }, place ? 'the PIN is changed' : 'the passphrase is changed');
}

const moduleFlag = (command: Command): Command =>
  flag(
    command,
    'device',
    '--module <FILE>',
    'PKCS#11 module of the token, such as /usr/lib/…/opensc-pkcs11.so',
  );

const tokenFlags = (command: Command): Command =>
  flag(moduleFlag(command), 'device', '--token <NAME>', 'label or serial number, when several tokens are in');

const nameFlag = (command: Command): Command =>
  flag(command, 'device', '--name <NAME>', "what these keys are to be called; default: the computer's name");

const secretFlag = (command: Command, what: string): Command =>
  flag(
    command,
    'device',
    '--secret-file <FILE>',
    `file with ${what} (or HOLDFAST_DEVICE_SECRET, or a prompt)`,
  );

const newSecretFlag = (command: Command): Command =>
  flag(command, 'device', '--new-secret-file <FILE>', 'file with the new one (or a prompt)');

interface Place {
  readonly module: string;
  readonly token?: string;
}

function placeOf({ settings }: Context): Place | undefined {
  const [module, token] = [settings.text('module'), settings.text('token')];
  if (module === undefined) return undefined;
  return { module: resolve(module), ...(token !== undefined && { token }) };
}

const required = (context: Context): Place => {
  context.settings.required('module');
  return placeOf(context)!;
};

const fileOf = ({ args }: Context): string => resolve(args[0] ?? '');

const publicPart = (file: string): string => (file.endsWith('.cert.json') ? file : `${file}.cert.json`);

const nameOf = ({ settings }: Context): string => settings.text('name') ?? hostname();

const typing =
  (context: Context) =>
  (token: string, why: 'login' | 'signature', lastTry: boolean): Promise<string> => {
    const purpose = why === 'signature' ? ', to sign' : '';
    return secret(context, 'secret-file', `PIN of ${token}${purpose}${lastTry ? ' (the last try)' : ''}`);
  };

/** Typed twice: nobody knows it but the one who types. */
async function newSecret(context: Context, name: string, prompt: string): Promise<string> {
  const first = await secret(context, name, prompt);
  const typed =
    context.settings.text(name) === undefined && process.stdin.isTTY && !context.output.options.json;
  if (!typed || context.settings.secret('HOLDFAST_DEVICE_SECRET') !== undefined) return first;
  if ((await secret(context, name, `${prompt}, once more`)) !== first)
    throw usage(`${prompt}: these were two`);
  return first;
}

function said({ output }: Context, way: DescribedWay, file: string): void {
  output.result({ file, ...way }, () => `${file}\n${describeWay(way)}`);
}

const describeWay = ({ name, fingerprint, decipher, signature }: DescribedWay): string =>
  [
    `name         ${name}`,
    `fingerprint  ${fingerprint}`,
    `opens by     ${describeKey(decipher)}`,
    `signs by     ${describeKey(signature)}`,
  ].join('\n');

const describeKey = ({ type, thumbprint, certificate }: DescribedKey): string =>
  `${type}, ${thumbprint}${certificate === undefined ? '' : ', with a certificate'}`;

function describeToken({ label, serial, reader, initialized, locked, keys }: DescribedToken): string {
  const state = initialized ? (locked ? ', PIN locked' : '') : ', not set up';
  return [
    `token        ${label || 'without a label'} (${serial || 'no serial number'}) in ${reader}${state}`,
    ...keys.map((key) => `key          ${key.id} ${key.label || 'without a label'}: ${describeKey(key)}`),
  ].join('\n');
}
