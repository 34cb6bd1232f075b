/** Parts for the tests of this program: a running server, and a simulated device that plays its side for real. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  type AdminClient,
  adminClient,
  type DeviceClient,
  deviceClient,
  enrolmentClient,
} from '../../api/client/index.ts';
import type { MakeCode, ReportAnswer } from '../../api/server/index.ts';
import { nodePlatform as platform } from '../../platform/node.ts';
import {
  composeEnrolmentRequest,
  composeLogin,
  composeReport,
  type Enrolment,
  type EnrolmentRequest,
  generateMessageKey,
  generateSigningKey,
  type HeldSections,
  newId,
  openEnrolmentAnswer,
  openMessage,
  type P256Private,
  parseEnrolmentCode,
  publicOf,
  type ReportBody,
  type SectionValues,
} from '../../policy/message/index.ts';
import { type Log, type RunningServer, type ServerConfig, start } from './index.ts';

export const silent: Log = { info() {}, warn() {}, error() {} };

export interface World {
  readonly state: string;
  server: RunningServer;
  admin: AdminClient;
  readonly token: string;
  restart(): Promise<void>;
}

export async function world(t: TestContext, config: Partial<ServerConfig> = {}): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-server-'));
  const state = join(directory, 'state');
  const options = { state, log: silent, heartbeat: 100, ...config };
  const server = await start(options);
  t.after(async () => {
    await made.server.close();
    await rm(directory, { recursive: true });
  });
  const token = (await readFile(server.adminToken, 'utf8')).trim();
  const made: World = {
    ...{ state, server, token, admin: adminClient({ url: server.url, token }) },
    async restart() {
      await made.server.close();
      made.server = await start({ ...options, port: server.port });
    },
  };
  return made;
}

/** What a device accepted last. */
interface Accepted {
  readonly seq: number;
  readonly hash: string;
  readonly grants: readonly { readonly area: string; readonly append: string; readonly read: string }[];
}

export interface SimulatedDevice {
  readonly id: string;
  readonly enrolment: Enrolment;
  readonly request: EnrolmentRequest;
  readonly client: DeviceClient;
  /** Values of all sections, as accepted. */
  readonly values: { -readonly [S in keyof SectionValues]?: SectionValues[S] };
  accepted: Accepted | undefined;
  /** Fetches the newest message and accepts it. @returns whether there was one */
  fetch(): Promise<boolean>;
  /** Acknowledges what was accepted last, with a fresh message key. */
  acknowledge(change?: Partial<ReportBody>): Promise<ReportAnswer>;
  report(body: ReportBody): Promise<ReportAnswer>;
  /** Reports a failure, with what is held. */
  fail(code: string): Promise<ReportAnswer>;
  /** A report that is not sent. */
  compose(body: ReportBody): Promise<string>;
  login(request: { method: string; path: string; body: Uint8Array; version?: string }): Promise<string>;
}

export async function enrolDevice(
  { admin, server }: World,
  wish: MakeCode,
  name = 'phone',
): Promise<SimulatedDevice> {
  return enrolBy(server.url, (await admin.makeCode(wish)).code, name);
}

export async function enrolBy(url: string, text: string, name = 'phone'): Promise<SimulatedDevice> {
  const code = parseEnrolmentCode(platform, text);
  const keys = {
    device: newId(platform),
    signingKey: await generateSigningKey(),
    messageKey: await generateMessageKey(),
  };
  const enrolling = enrolmentClient({ url });
  const identity = await enrolling.identity();
  const info = { os: 'android', name, version: '1.0' };
  const request = await composeEnrolmentRequest(platform, code, identity, keys, info, Date.now());
  const answer = await enrolling.enrol(request);
  const enrolment = await openEnrolmentAnswer(platform, answer, request, code, identity, keys);

  const messageKeys: P256Private[] = [keys.messageKey];
  let sections: HeldSections = {};
  let number = 0;
  const login: SimulatedDevice['login'] = (parts) =>
    composeLogin(
      platform,
      keys.signingKey,
      { device: keys.device, server: identity.id, ...parts },
      Date.now(),
    );
  const device: SimulatedDevice = {
    ...{ id: keys.device, enrolment, request, login, values: {}, accepted: undefined },
    client: deviceClient({ url, device: keys.device, login, firstPause: 10 }),
    async fetch() {
      const got = await device.client.message(device.accepted?.seq ?? 0);
      if (got === undefined) return false;
      const opened = await openMessage(
        platform,
        got.message,
        {
          ...{ server: identity.id, device: keys.device, user: enrolment.user.id },
          ...{ identityKey: identity.identityKey, policyKey: enrolment.policyKey },
        },
        { messageKeys, sections, ...(device.accepted ? { last: device.accepted } : {}) },
        Date.now(),
      );
      assert.equal(opened.kind, 'new');
      if (opened.kind !== 'new') return false;
      assert.equal(opened.seq, got.seq);
      sections = opened.sections;
      Object.assign(device.values, opened.values);
      device.accepted = { seq: opened.seq, hash: opened.hash, grants: opened.grants };
      return true;
    },
    async acknowledge(change = {}) {
      assert.ok(device.accepted);
      messageKeys.unshift(await generateMessageKey());
      messageKeys.splice(3);
      return device.report({
        ...{ kind: 'acknowledgement', seq: device.accepted.seq, message: device.accepted.hash, sections },
        keys: device.values.decryptionKeys?.map((key) => key.kid) ?? [],
        commands: device.values.commands?.map(({ id }) => ({ id, result: 'done' as const })) ?? [],
        ...change,
      } as ReportBody);
    },
    fail: (code) => device.report({ kind: 'failure', code, sections }),
    report: async (body) => device.client.report(await device.compose(body)),
    async compose(body) {
      number = Math.max(number + 1, Date.now());
      return composeReport({
        ...{ device: keys.device, server: identity.id, number, now: Date.now(), body },
        ...{ signingKey: keys.signingKey, receiveKey: identity.receiveKey },
        messageKey: publicOf(messageKeys[0]!),
      });
    },
  };
  return device;
}

export const area = (id: string): string => `http://127.0.0.1:9/areas/${id.padEnd(22, 'A')}`;

export const policyText = (change: object = {}): { file: string; source: string } => ({
  file: 'base.yaml',
  source: JSON.stringify({
    name: 'base',
    scope: { global: true },
    databases: {
      Messages: { backup: 'allow', encrypt: 'database', custody: 'company' },
      Games: { backup: 'deny' },
      '*': { backup: 'allow', encrypt: 'user', custody: 'company' },
    },
    destinations: [{ area: area('one') }],
    ...change,
  }),
});
