/**
 * An engine with everything real around it: a running storage area over HTTP, folders as sources, the catalogue in
 * SQLite. Only the keys are handed out here instead of by an enterprise server.
 */
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { parseAreaUri } from '../../src/api/area/index.ts';
import { keySigner, signGrant } from '../../src/api/grant/index.ts';
import {
  type DatabasePlan,
  type EngineContext,
  type EngineEvent,
  type Head,
  type KeyHolder,
  type RestoreReport,
  type RestoreRequest,
  type RewrapReport,
  type RewrapRequest,
  restore,
  rewrap,
  runBackup,
} from '../../src/backup/index.ts';
import { CryptoError, type Identity, type Recipient } from '../../src/crypto/index.ts';
import { recipientsBy } from '../../src/custody/index.ts';
import { phraseOf, wayInFromPhrase } from '../../src/custody/wim/index.ts';
import type { ItemClass } from '../../src/database/index.ts';
import { areaDestination } from '../../src/destinations/area/index.ts';
import { toBase64Url } from '../../src/lib/bytes.ts';
import { nodePlatform } from '../../src/platform/node.ts';
import type { DatabaseRule } from '../../src/policy/rules/index.ts';
import { addArea, start } from '../../src/programs/storage/index.ts';
import type { Destination } from '../../src/set/index.ts';
import { openSource, sourceForInto } from '../../src/sources/index.ts';
import { openState } from '../../src/state/index.ts';

export const RULE: DatabaseRule = {
  backup: 'allow',
  encrypt: 'user',
  plain: 'skip',
  custody: 'company',
  compress: 'on',
  pad: 'on',
  granularity: 'batch',
  into: 'allow',
  share: 'deny',
  'guard.removed': 30,
  'guard.changed': 60,
  'guard.atLeast': 25,
};

const id = (): string => toBase64Url(nodePlatform.random(16));

/** A user's own key: the public half to seal for, the private one to open, counting how often it is asked. */
export interface TestWay {
  readonly recipient: Recipient;
  readonly identity: Identity;
  readonly operations: () => number;
}

export async function testWay(): Promise<TestWay> {
  const way = await wayInFromPhrase(phraseOf(nodePlatform.random(32)));
  const { jwk, thumbprint } = way.public.decipher;
  return {
    recipient: { kind: 'ec', thumbprint, jwk: { ...jwk } },
    identity: { kind: 'operation', thumbprint, unwrap: (wrapped) => way.unwrap(wrapped) },
    operations: () => way.operations,
  };
}

/** A user's keys and heads, as the enterprise server would hand them out. */
export class TestUser {
  readonly id = id();
  readonly devices = new Map<string, JWK>();
  readonly heads: Head[] = [];
  readonly ended = new Set<string>();
  readonly ways: TestWay[] = [];
  key = nodePlatform.random(32);

  async identity(): Promise<Identity> {
    const thumbprint = await calculateJwkThumbprint({ kty: 'oct', k: toBase64Url(this.key) });
    return { kind: 'symmetric', thumbprint, key: this.key };
  }
}

export interface EngineWorld extends AsyncDisposable {
  /** Temporary, removed at the end. */
  readonly directory: string;
  /** Where the storage keeps its objects. */
  readonly storage: string;
  readonly areaUri: string;
  /** A directory of its own. @returns its path */
  place(): Promise<string>;
  device(user: TestUser): Promise<TestDevice>;
  /** One more area of the same storage, with nothing in it. @returns its URI */
  addArea(name: string): Promise<string>;
}

export async function engineWorld(): Promise<EngineWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-engine-'));
  const storage = join(directory, 'storage');
  const issuer = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const issuerJwk = await exportJWK(issuer.publicKey);
  const issuerPrivate = (await exportJWK(issuer.privateKey)) as JsonWebKey;
  const running = await start({ state: storage, listen: '127.0.0.1:0', log: 'silent' });
  const newArea = async (name: string): Promise<string> => {
    const area = await addArea(storage, { name, issuers: [issuerJwk] });
    return `${running.url}/areas/${area.id}/`;
  };
  const areaUri = await newArea('test');
  let devices = 0;
  let places = 0;
  return {
    directory,
    storage,
    areaUri,
    async place() {
      const path = join(directory, `place-${places++}`);
      await mkdir(path);
      return path;
    },
    addArea: newArea,
    async device(user) {
      const grant = async (jwk: JWK, area: string, right: 'append' | 'read' | 'delete', prefix: string) =>
        signGrant(keySigner(issuerPrivate), {
          issuer: await calculateJwkThumbprint(issuerJwk),
          device: jwk as never,
          area: parseAreaUri(area).area,
          prefix,
          rights: [right],
          issuedAt: Date.now(),
          expiresAt: Date.now() + (right === 'delete' ? 600_000 : 3_600_000),
        });
      const keys = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
      const jwk = await exportJWK(keys.publicKey);
      const device = id();
      user.devices.set(device, jwk);
      const sign = keySigner((await exportJWK(keys.privateKey)) as JsonWebKey);
      const accessTo = async (uri: string, deletes = `${user.id}/${device}/`): Promise<Access> => {
        const grants = {
          append: await grant(jwk, uri, 'append', `${user.id}/${device}/`),
          read: await grant(jwk, uri, 'read', `${user.id}/`),
          delete: await grant(jwk, uri, 'delete', deletes),
        };
        return { uri, grants: () => grants, sign };
      };
      const state = join(directory, `state-${devices++}.db`);
      return new TestDevice(user, device, state, await accessTo(areaUri), accessTo);
    },
    async [Symbol.asyncDispose]() {
      await running.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

type Access = Pick<Parameters<typeof areaDestination>[0], 'uri' | 'grants' | 'sign'>;

export class TestDevice {
  readonly user: TestUser;
  readonly id: string;
  access: Access;
  readonly #accessTo: (uri: string, deletes?: string) => Promise<Access>;
  readonly events: EngineEvent[] = [];
  state: string;
  keyrings = new Map<string, Uint8Array>();
  rule: DatabaseRule = RULE;
  /** What is at hand to open with: the company's key, and ways in of the user's. */
  hands: { company: boolean; ways: readonly TestWay[] } = { company: true, ways: [] };
  now: () => number = Date.now;
  /** What stands between the device and its area. */
  through: ((real: Destination) => Destination) | undefined;
  #copies = 0;
  #signal = new AbortController();

  constructor(
    user: TestUser,
    device: string,
    state: string,
    access: Access,
    accessTo: (uri: string, deletes?: string) => Promise<Access>,
  ) {
    this.user = user;
    this.id = device;
    this.state = state;
    this.access = access;
    this.#accessTo = accessTo;
  }

  /** Works with another area from now on. */
  async use(area: string): Promise<void> {
    this.access = await this.#accessTo(area);
  }

  /** May delete what any of the user's devices has stored, as a way in allows. */
  async useAll(): Promise<void> {
    this.access = await this.#accessTo(this.access.uri, `${this.user.id}/`);
  }

  /** Wraps what is stored for the ways in that the user has now. */
  async rewrap(request: Partial<RewrapRequest> = {}): Promise<RewrapReport> {
    const engine = await this.engine();
    const state = openState(this.state);
    try {
      const report = await rewrap(engine, {
        catalogue: state.catalogue(engine.destination.label),
        recipients: ({ custody, side }) =>
          custody === 'company' || side === 'company'
            ? undefined
            : engine.keys.recipients({
                ...{ custody, database: 'Files', class: 'personal', encrypt: 'user' },
                ...(side && { side }),
              }),
        mayRemove: async () => engine.destination.appendOnly !== true,
        ...request,
      });
      if (report.head) this.report(report.head);
      return report;
    } finally {
      state.close();
      await engine.destination.close();
    }
  }

  /** A copy of its state as it is now. @returns its path */
  async copyState(): Promise<string> {
    const copy = `${this.state}-copy-${this.#copies++}`;
    await copyFile(this.state, copy);
    return copy;
  }

  abort(): void {
    this.#signal.abort();
  }

  async engine(): Promise<EngineContext> {
    const identity = await this.user.identity();
    const keys: KeyHolder = {
      device: this.id,
      sign: (typ, payload) => this.access.sign(typ, payload),
      recipients: ({ custody, side }) =>
        recipientsBy(custody, side, {
          company() {
            if (identity.kind !== 'symmetric') throw new TypeError('a company key is symmetric');
            return [identity];
          },
          user: () => {
            if (this.user.ways.length === 0) throw new CryptoError('ERR_NO_KEY', 'no way in');
            return this.user.ways.map(({ recipient }) => recipient);
          },
        }),
      identities: () => [
        ...(this.hands.company ? [identity] : []),
        ...this.hands.ways.map((way) => way.identity),
      ],
      keyring: (chain) => this.keyrings.get(chain),
      keepKeyring: (chain, state) => void this.keyrings.set(chain, state),
      forgetKeyring: (chain) => void this.keyrings.delete(chain),
    };
    const area = areaDestination({ ...this.access, prefix: `${this.user.id}/`, retry: { attempts: 1 } });
    return {
      platform: nodePlatform,
      clock: this.now,
      destination: this.through?.(area) ?? area,
      keys,
      trust: {
        signer: async (device) => this.user.devices.get(device) as JsonWebKey | undefined,
        ended: (device) => this.user.ended.has(device),
        heads: () => this.user.heads,
        knownAt: 0,
      },
      report: (event) => void this.events.push(event),
      signal: this.#signal.signal,
    };
  }

  /** Backs up a folder as one database. */
  async backup(
    path: string,
    options: {
      kind?: string;
      database?: string;
      label?: string;
      classify?: (path: string) => ItemClass;
    } & Partial<Pick<Parameters<typeof runBackup>[1], 'items' | 'full' | 'dryRun' | 'allowEmpty'>> = {},
  ) {
    const {
      kind = 'folder',
      database = 'Files',
      label = 'home',
      classify = () => 'personal',
      ...rest
    } = options;
    const engine = await this.engine();
    const state = openState(this.state);
    const plan: DatabasePlan = {
      database,
      label,
      source: openSource({ kind: kind as 'folder', path, label }),
      classify,
      rules: () => this.rule,
    };
    try {
      const report = await runBackup(engine, {
        catalogue: state.catalogue(engine.destination.label),
        plans: [plan],
        policy: 1,
        ...rest,
      });
      if (report.set) this.report(report.set);
      return report;
    } finally {
      await plan.source.close();
      state.close();
      await engine.destination.close();
    }
  }

  /** What the server would learn and hand out to the user's other devices. */
  report({
    chain,
    counter,
    hash,
    time,
  }: {
    chain: string;
    counter: number;
    hash: string;
    time: number;
  }): void {
    const { area } = parseAreaUri(this.access.uri);
    this.user.heads.push({ device: this.id, chain, counter, hash, time, area });
  }

  /** Restores into a directory, one folder per database. */
  async restore(
    into: string,
    request: Partial<Omit<RestoreRequest, 'writerFor'>> = {},
  ): Promise<RestoreReport> {
    const engine = await this.engine();
    try {
      return await restore(engine, {
        ...request,
        writerFor: ({ sourceKind, database }) =>
          sourceForInto(sourceKind, join(into, database)).writer({ keepBoth: false, dryRun: false }),
      });
    } finally {
      await engine.destination.close();
    }
  }
}
