/** A card reader with a virtual PIV card in it, behind pcscd and OpenSC: all of a real one but the plastic. */
import { execFileSync, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isOnPath, pkcs11Missing } from '../softhsm.ts';
import type { Order } from './host.ts';
import type { CardKey } from './keys.ts';
import type { CardContent } from './piv.ts';

export type { CardContent } from './piv.ts';
export { PIN, PUK } from './piv.ts';

const MODULES = ['/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so', '/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so'];

export interface Reader {
  /** OpenSC's. */
  readonly module: string;
  /** A card that was in before keeps its state. */
  insert(name: string, content?: CardContent): Promise<void>;
  remove(): Promise<void>;
  /** The card goes in the middle of its next private-key operation. */
  vanish(): Promise<void>;
  /** Path of a configuration for OpenSC with which it unblocks PINs. */
  readonly unblocking: string;
  /** Private-key operations of the card, as it counts them. */
  operations(): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Why there is none here; undefined when there is. */
export function readerMissing(): string | undefined {
  const absent = ['pcscd', 'unshare', 'ip', 'openssl'].filter((name) => !isOnPath(name));
  if (!MODULES.some(existsSync)) absent.push('opensc');
  if (!existsSync('/etc/reader.conf.d/vpcd')) absent.push('vsmartcard-vpcd');
  if (absent.length > 0) return `not installed: ${absent.join(', ')} (npm run provision)`;
  return process.getuid?.() === 0 ? pkcs11Missing() : 'a network namespace of its own takes root';
}

/** In the new namespaces: loopback, and pcscd's folder in ours, where its socket is to be seen. */
const ENTER = 'ip link set lo up && mkdir -p /run/pcscd && mount --bind "$1" /run/pcscd && exec "$2" "$3"';

/** OpenSC takes a PUK only when it is told how. */
const OPENSC_CONF =
  'app opensc-pkcs11 {\n  pkcs11 {\n    user_pin_unblock_style = set_pin_in_unlogged_session;\n  }\n}\n';

/** Sets `PCSCLITE_CSOCK_NAME` of this process until it is disposed. */
export async function startReader(): Promise<Reader> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-pcsc-'));
  const namespaces = ['--net', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'];
  const script = ['sh', '-c', ENTER, 'sh', folder, process.execPath, join(import.meta.dirname, 'host.ts')];
  const host = spawn('unshare', [...namespaces, ...script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => host.once('exit', () => resolve()));
  const failed = new Promise<never>((_, reject) => {
    host.once('error', reject);
    host.once('exit', (code) => reject(new Error(`the reader has ended (${code})`)));
  });
  failed.catch(() => {});
  const message = (): Promise<{ ready?: boolean; done?: number; failed?: string }> =>
    Promise.race([
      new Promise<object>((resolve) => host.once('message', (value) => resolve(value as object))),
      failed,
    ]);
  const order = async (what: Order): Promise<number> => {
    const answer = message();
    host.send(what);
    const { done, failed } = await answer;
    if (done === undefined) throw new Error(failed);
    return done;
  };
  const before = process.env.PCSCLITE_CSOCK_NAME;
  process.env.PCSCLITE_CSOCK_NAME = join(folder, 'pcscd.comm');
  const unblocking = join(folder, 'opensc.conf');
  writeFileSync(unblocking, OPENSC_CONF);
  const reader: Reader = {
    unblocking,
    module: MODULES.find(existsSync)!,
    async insert(name, content) {
      await reader.remove();
      await order(content ? { kind: 'insert', name, content } : { kind: 'insert', name });
      await noticed(true);
    },
    async remove() {
      await order({ kind: 'remove' });
      await noticed(false);
    },
    vanish: async () => void (await order({ kind: 'vanish' })),
    operations: () => order({ kind: 'operations' }),
    async [Symbol.asyncDispose]() {
      if (before === undefined) delete process.env.PCSCLITE_CSOCK_NAME;
      else process.env.PCSCLITE_CSOCK_NAME = before;
      host.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const first = await message();
  if (first.ready) return reader;
  await reader[Symbol.asyncDispose]();
  throw new Error(first.failed ?? 'the reader does not begin');
}

/** pcscd looks for cards about twice a second. */
async function noticed(there: boolean): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const list = execFileSync('opensc-tool', ['--list-readers'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    if (/^0\s+Yes/m.test(list) === there) return;
    await sleep(50);
  }
  throw new Error(`pcscd does not notice that the card is ${there ? 'in' : 'out'}`);
}

/** A key and a certificate for it, by OpenSSL. */
export function makeCardKey(kind: 'ec' | 'rsa', name: string): CardKey {
  const key = kind === 'ec' ? ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['rsa:2048'];
  const args = [
    'req',
    '-x509',
    '-newkey',
    ...key,
    '-nodes',
    '-keyout',
    '-',
    '-days',
    '36500',
    '-subj',
    `/CN=${name}`,
  ];
  const pem = execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const [privateKey, certificate] = [
    /-----BEGIN PRIVATE[\s\S]*PRIVATE KEY-----/,
    /-----BEGIN CERT[\s\S]*CERTIFICATE-----/,
  ].map((part) => part.exec(pem)![0]);
  return { privateKey: privateKey!, certificate: new X509Certificate(certificate!).raw.toString('base64') };
}
