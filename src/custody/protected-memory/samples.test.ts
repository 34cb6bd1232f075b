/** An enterprise server's half of the protocol, and a device in a temporary folder, for the tests of this folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { nodePlatform } from '../../platform/node.ts';
import {
  type ComposedMessage,
  certify,
  composeEnrolmentAnswer,
  composeEnrolmentRequest,
  composeMessage,
  type DeviceKeys,
  derivePolicyKey,
  deriveServerIdentity,
  type Enrolment,
  generateMessageKey,
  generateSigningKey,
  type HeldSections,
  type MessageParts,
  newId,
  nextSection,
  openEnrolmentAnswer,
  openEnrolmentRequest,
  openReport,
  type P256Public,
  type PolicyKey,
  publicOf,
  type Report,
  type SectionName,
  type SectionValues,
  type ServerIdentity,
} from '../../policy/message/index.ts';
import { ProtectedMemory } from './index.ts';

export const platform = nodePlatform;
export const NOW = 1_800_000_000_000;
export const DAY = 86_400_000;
export const id = (): string => newId(platform);
export const policyKey = (use: PolicyKey['use'] = 'user', database?: string): PolicyKey => ({
  kid: id(),
  use,
  ...(database !== undefined && { database }),
  k: platform.random(32).toBase64({ alphabet: 'base64url', omitPadding: true }),
});

const rules: SectionValues['rules'] = {
  classify: [],
  databases: { '*': { backup: { value: 'allow', policy: 'all' } } },
  classes: {},
  unencrypted: { value: 'refuse-database', policy: 'default' },
  destinations: [],
  schedule: {},
  retention: {},
  refresh: 3_600_000,
  expires: DAY,
  whenStale: { value: 'block', policy: 'default' },
};

/** What a server keeps of one device. */
export class TestServer {
  readonly identity: ServerIdentity;
  readonly root: Uint8Array;
  readonly user = { id: id(), name: 'Ada' };
  values: SectionValues = {
    rules,
    encryptionKeys: [],
    decryptionKeys: [],
    commands: [],
    trust: { devices: [], heads: [], knownAt: NOW },
  };
  device: string | undefined;
  messageKey: P256Public | undefined;
  signingKey: DeviceKeys['signingKey'] | undefined;
  held: HeldSections = {};
  lastSeq = 0;
  acknowledged = 0;
  number = 0;
  sections: { [S in SectionName]?: MessageParts['sections'][S] } = {};

  private constructor(identity: ServerIdentity, root: Uint8Array) {
    this.identity = identity;
    this.root = root;
  }

  static async start(): Promise<TestServer> {
    const root = platform.random(32);
    return new TestServer(await deriveServerIdentity(platform, root), root);
  }

  /** The whole of an enrolment, as both sides do it. */
  async enrol(keys: DeviceKeys): Promise<Enrolment> {
    const code = { url: 'http://127.0.0.1:1', keyHash: this.identity.keyHash, secret: platform.random(16) };
    const info = { os: 'linux', name: 'test', version: '0' };
    const request = await composeEnrolmentRequest(platform, code, this.identity, keys, info, NOW);
    const opened = await openEnrolmentRequest(platform, request, code.secret, this.identity);
    const key = await derivePolicyKey(platform, this.root, keys.device);
    const jwk = publicOf(keys.signingKey);
    const { identityKey } = this.identity;
    const certificate = await certify(identityKey, {
      device: keys.device,
      user: this.user.id,
      jwk,
      iat: NOW,
    });
    const parts = { request: opened, user: this.user, policyKey: publicOf(key), certificate, confirm: false };
    const { answer } = await composeEnrolmentAnswer(platform, code.secret, this.identity, parts, NOW);
    this.device = keys.device;
    this.messageKey = opened.messageKey;
    this.signingKey = keys.signingKey;
    const devices = [{ id: keys.device, user: this.user.id, certificate, state: 'active' as const }];
    this.values = { ...this.values, trust: { ...this.values.trust, devices } };
    return openEnrolmentAnswer(platform, answer, request, code, this.identity, keys);
  }

  async message(
    change: Partial<SectionValues> = {},
    parts: Partial<MessageParts> = {},
  ): Promise<ComposedMessage> {
    this.values = { ...this.values, ...change };
    const section = <S extends SectionName>(name: S) =>
      (this.sections[name] = nextSection(platform, name, this.values[name], this.sections[name], NOW));
    const message = await composeMessage(platform, {
      server: this.identity.id,
      policyKey: await derivePolicyKey(platform, this.root, this.device!),
      device: this.device!,
      messageKey: this.messageKey!,
      lastSeq: this.lastSeq,
      now: NOW,
      lifetime: DAY,
      sections: {
        rules: section('rules'),
        encryptionKeys: section('encryptionKeys'),
        decryptionKeys: section('decryptionKeys'),
        commands: section('commands'),
        trust: section('trust'),
      },
      held: this.held,
      grants: [],
      ...parts,
    });
    this.lastSeq = message.seq;
    return message;
  }

  /** Takes a report as a server does. */
  async take(sealed: string): Promise<Report> {
    const { report, newest, order } = await openReport(sealed, {
      server: this.identity.id,
      receiveKey: this.identity.receiveKey,
      device: this.device!,
      signingKey: publicOf(this.signingKey!),
      number: this.number,
      acknowledged: this.acknowledged,
      sent: this.lastSeq,
    });
    if (newest) [this.number, this.messageKey] = [report.number, report.messageKey];
    if (report.kind === 'acknowledgement' && order === 'new') {
      [this.acknowledged, this.held] = [report.seq, report.sections];
    }
    if (report.kind === 'failure' && order === 'new') this.held = report.sections;
    return report;
  }
}

export class TestDevice {
  readonly folder = mkdtempSync(join(tmpdir(), 'holdfast-memory-'));
  readonly file = join(this.folder, 'protected.db');
  readonly keys: DeviceKeys;
  time = NOW;
  /** ms of the clock that nobody can set. */
  uptime = 0;
  memory: ProtectedMemory;

  private constructor(keys: DeviceKeys) {
    this.keys = keys;
    this.memory = this.open();
  }

  static async make(): Promise<TestDevice> {
    return new TestDevice({
      device: id(),
      signingKey: await generateSigningKey(),
      messageKey: await generateMessageKey(),
    });
  }

  open(): ProtectedMemory {
    return new ProtectedMemory({
      ...{ file: this.file, platform },
      clock: () => this.time,
      monotonic: () => this.uptime,
    });
  }

  restart(): void {
    this.memory.close();
    this.memory = this.open();
  }

  /** Everything in the file. */
  dump(): Record<string, unknown[]> {
    const db = new DatabaseSync(this.file, { readOnly: true });
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
    const all = tables.map(({ name }) => [name, db.prepare(`SELECT * FROM ${name}`).all()]);
    db.close();
    return JSON.parse(JSON.stringify(Object.fromEntries(all))) as Record<string, unknown[]>;
  }

  remove(): void {
    this.memory.close();
    rmSync(this.folder, { recursive: true });
  }
}

/** A server, and a device that is enrolled there. */
export async function enrolled(): Promise<{ server: TestServer; device: TestDevice }> {
  const server = await TestServer.start();
  const device = await TestDevice.make();
  device.memory.enrol(await server.enrol(device.keys), device.keys);
  return { server, device };
}
