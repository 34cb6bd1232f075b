/** A running storage with one area, keys, and raw requests to it: for tests that need to ask wrongly, too. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AREA_HEADERS, formatDigest, NONCE_PATH } from '../src/api/area/index.ts';
import {
  type GrantInput,
  keySigner,
  type ProofSubject,
  type PublicKey,
  publicKey,
  type Signer,
  signGrant,
  signProof,
  thumbprint,
} from '../src/api/grant/index.ts';
import { addArea, type RunningStorage, type StorageConfig, start } from '../src/programs/storage/index.ts';

export interface Key {
  readonly open: PublicKey;
  readonly sign: Signer;
  readonly kid: string;
}

export async function makeKey(): Promise<Key> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const open = publicKey(await crypto.subtle.exportKey('jwk', pair.publicKey));
  return {
    open,
    sign: keySigner(await crypto.subtle.exportKey('jwk', pair.privateKey)),
    kid: await thumbprint(open),
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as JSON, if it is. */
  readonly json: Record<string, unknown>;
}

export interface RawRequest {
  readonly method: string;
  /** As sent: not normalised. */
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array;
}

/** One request on a connection of its own. */
export function raw(port: number, { method, path, headers = {}, body }: RawRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body ? { 'content-length': `${body.length}` } : {};
    const request = httpRequest({
      port,
      host: '127.0.0.1',
      method,
      path,
      headers: { ...length, ...headers },
      agent: false,
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const all = Buffer.concat(chunks);
        const json =
          /json/.test(response.headers['content-type'] ?? '') && all.length > 0
            ? JSON.parse(all.toString())
            : {};
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: all, json });
        request.destroy();
      });
    });
    request.end(body);
  });
}

export const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
export const hash = (bytes: Uint8Array | string): string => sha256(Buffer.from(bytes)).toString('base64url');
export const bytes = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

/** What a request can be given wrongly. */
export interface Wrong {
  readonly grant?: string;
  readonly key?: Key;
  readonly subject?: Partial<ProofSubject>;
  readonly time?: number;
  readonly headers?: Record<string, string>;
}

/** A storage, an area in it, an issuer, a device with one grant for everything below `USER/`. */
export class StorageKit {
  readonly directory: string;
  readonly issuer: Key;
  readonly device: Key;
  storage: RunningStorage;
  area = '';
  grant = '';
  /** The time of grants and proofs, where it is not the system's. */
  #now: number | undefined;

  private constructor(directory: string, issuer: Key, device: Key, storage: RunningStorage) {
    this.directory = directory;
    this.issuer = issuer;
    this.device = device;
    this.storage = storage;
  }

  static async start(config: Partial<StorageConfig> = {}, quota?: number): Promise<StorageKit> {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-storage-'));
    const storage = await start({ state: directory, listen: '127.0.0.1:0', log: 'silent', ...config });
    const kit = new StorageKit(directory, await makeKey(), await makeKey(), storage);
    const input = { name: 'test', issuers: [kit.issuer.open], ...(quota === undefined ? {} : { quota }) };
    kit.area = (await addArea(directory, input)).id;
    kit.grant = await kit.makeGrant();
    return kit;
  }

  get now(): number {
    return this.#now ?? Date.now();
  }

  set now(time: number) {
    this.#now = time;
  }

  /** Ends the storage and starts it again on the same state. */
  async restart(config: Partial<StorageConfig> = {}): Promise<void> {
    await this.storage.close();
    this.storage = await start({ state: this.directory, listen: '127.0.0.1:0', log: 'silent', ...config });
  }

  async close(): Promise<void> {
    await this.storage.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  makeGrant(changes: Partial<GrantInput> = {}, sign = this.issuer.sign): Promise<string> {
    return signGrant(sign, {
      issuer: this.issuer.kid,
      device: this.device.open,
      area: this.area,
      prefix: 'USER/',
      rights: ['append', 'read', 'delete'],
      issuedAt: this.now,
      expiresAt: this.now + 10 * 60_000,
      ...changes,
    });
  }

  async headers(
    subject: Omit<ProofSubject, 'area' | 'grant'>,
    wrong: Wrong = {},
  ): Promise<Record<string, string>> {
    const grant = wrong.grant ?? this.grant;
    const whole = { area: this.area, grant: hash(grant), ...subject, ...wrong.subject };
    return {
      [AREA_HEADERS.grant]: grant,
      [AREA_HEADERS.proof]: await signProof((wrong.key ?? this.device).sign, whole, wrong.time ?? this.now),
      ...wrong.headers,
    };
  }

  url = (rest: string): string => `/areas/${this.area}/${rest}`;

  async put(path: string, body: Uint8Array, wrong: Wrong = {}, method = 'PUT'): Promise<Answer> {
    const proved = await this.headers({ op: 'append', path, digest: hash(body) }, wrong);
    const headers = { [AREA_HEADERS.digest]: formatDigest(sha256(body)), ...proved };
    return raw(this.storage.port, { method, path: this.url(path), headers, body });
  }

  async get(path: string, range?: string, wrong: Wrong = {}, method = 'GET'): Promise<Answer> {
    const proved = await this.headers({ op: 'read', path, ...(range ? { range } : {}) }, wrong);
    const headers = { ...(range ? { range: `bytes=${range}` } : {}), ...proved };
    return raw(this.storage.port, { method, path: this.url(path), headers });
  }

  async list(
    query: { prefix?: string; after?: string; limit?: number } = {},
    wrong: Wrong = {},
  ): Promise<Answer> {
    const { prefix = '', ...rest } = query;
    const headers = await this.headers({ op: 'list', path: prefix, ...rest }, wrong);
    const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, `${value}`]));
    return raw(this.storage.port, { method: 'GET', path: this.url(`?${search}`), headers });
  }

  async nonce(wrong: Wrong = {}): Promise<Answer> {
    const headers = await this.headers({ op: 'nonce', path: '' }, wrong);
    return raw(this.storage.port, { method: 'GET', path: this.url(NONCE_PATH), headers });
  }

  async remove(path: string, nonce?: string, wrong: Wrong = {}, method = 'DELETE'): Promise<Answer> {
    const fresh = nonce ?? String((await this.nonce(wrong)).json.nonce);
    const headers = await this.headers({ op: 'delete', path, nonce: fresh }, wrong);
    return raw(this.storage.port, { method, path: this.url(path), headers });
  }
}
