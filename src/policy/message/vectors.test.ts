import assert from 'node:assert/strict';
import {
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  verify,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  composePersonEntry,
  derivePolicyKey,
  deriveServerIdentity,
  type Ed25519Private,
  type EnrolmentAnswer,
  type EnrolmentRequest,
  encodeEnrolmentCode,
  enrolmentId,
  type HeldPolicy,
  openEnrolmentAnswer,
  openEnrolmentRequest,
  openMessage,
  openPersonEntry,
  openReport,
  openTimeAnswer,
  type P256Private,
  type PersonEntry,
  type PersonQuestion,
  parseEnrolmentCode,
  publicOf,
  type ReportBody,
  type SectionValues,
  verifyCertificate,
  verifyLogin,
} from './index.ts';
import { platform } from './samples.test.ts';

const read = <T>(name: string): T =>
  JSON.parse(
    readFileSync(new URL(`../../../test/vectors/holdfast/policy-message/${name}`, import.meta.url), 'utf8'),
  ) as T;
const bytes = (text: string) => Uint8Array.fromBase64(text, { alphabet: 'base64url' });

interface Keys {
  readonly root: string;
  readonly server: { id: string; keyHash: string; identityKey: Ed25519Private; receiveKey: P256Private };
  readonly policyKey: Ed25519Private;
  readonly device: { device: string; signingKey: Ed25519Private; messageKey: P256Private };
  readonly user: { id: string; name: string };
  readonly certificate: string;
  readonly olderMessageKey: P256Private;
}
interface Case {
  readonly name: string;
  readonly sealed: string;
  readonly last?: NonNullable<HeldPolicy['last']>;
  readonly sections?: HeldPolicy['sections'];
  readonly now?: number;
  readonly seq?: number;
  readonly hash?: string;
  readonly repeated?: true;
  readonly code?: string;
}

const keys = read<Keys>('keys.json');
const messages = read<{ now: number; payload: object; values: SectionValues; cases: Case[] }>(
  'messages.json',
);

describe('the vectors of policy messages', () => {
  it('derive the keys of the server', async () => {
    const { id, keyHash, identityKey, receiveKey } = await deriveServerIdentity(platform, bytes(keys.root));
    assert.deepEqual(
      { id, keyHash, identityKey, receiveKey },
      { ...keys.server, keyHash: bytes(keys.server.keyHash) },
    );
    assert.deepEqual(await derivePolicyKey(platform, bytes(keys.root), keys.device.device), keys.policyKey);
    const certificate = await verifyCertificate(keys.server.identityKey, keys.certificate);
    assert.deepEqual([certificate.device, certificate.user], [keys.device.device, keys.user.id]);
  });

  for (const one of messages.cases) {
    it(`${one.name}: ${one.code ?? 'accepted'}`, async () => {
      const pinned = {
        ...{ server: keys.server.id, device: keys.device.device, user: keys.user.id },
        ...{ identityKey: keys.server.identityKey, policyKey: keys.policyKey },
      };
      const held: HeldPolicy = {
        messageKeys: [keys.device.messageKey, keys.olderMessageKey],
        sections: one.sections ?? {},
        ...(one.last && { last: one.last }),
      };
      const opening = openMessage(platform, one.sealed, pinned, held, one.now ?? messages.now);
      if (one.code) return assert.rejects(opening, { code: one.code });
      const opened = await opening;
      assert.equal(opened.kind, one.repeated ? 'repeated' : 'new');
      if (one.seq) assert.equal(opened.seq, one.seq);
      if (opened.kind === 'new' && one.hash) assert.equal(opened.hash, one.hash);
      if (opened.kind === 'new' && !one.sections) assert.deepEqual(opened.values, messages.values);
    });
  }

  it('open by the steps of the RFCs alone', () => {
    const jws = decrypt(messages.cases[0]!.sealed, keys.device.messageKey);
    const [header, payload, signature] = jws.split('.') as [string, string, string];
    const key = createPublicKey({ key: publicOf(keys.policyKey) as unknown as JsonWebKey, format: 'jwk' });
    assert(verify(null, Buffer.from(`${header}.${payload}`), key, bytes(signature)));
    assert.deepEqual(JSON.parse(Buffer.from(payload, 'base64url').toString()), messages.payload);
    assert.equal(createHash('sha256').update(jws).digest('base64url'), messages.cases[0]!.hash);
  });

  it('enrol', async () => {
    const vector = read<{
      code: { url: string; keyHash: string; secret: string; text: string };
      id: string;
      request: EnrolmentRequest;
      requestHash: string;
      answer: EnrolmentAnswer;
      transcriptCode: string;
    }>('enrolment.json');
    const code = parseEnrolmentCode(platform, vector.code.text);
    assert.equal(encodeEnrolmentCode(platform, code), vector.code.text);
    const { url, keyHash, secret } = vector.code;
    assert.deepEqual(code, { url, keyHash: bytes(keyHash), secret: bytes(secret) });
    assert.equal(enrolmentId(platform, code.secret), vector.id);
    const server = { ...keys.server, keyHash: bytes(keys.server.keyHash) };
    const opened = await openEnrolmentRequest(platform, vector.request, code.secret, server);
    assert.deepEqual([opened.hash, opened.device], [vector.requestHash, keys.device.device]);
    const enrolment = await openEnrolmentAnswer(
      platform,
      vector.answer,
      vector.request,
      code,
      server,
      keys.device,
    );
    assert.deepEqual(enrolment.policyKey, publicOf(keys.policyKey));
    assert.equal(enrolment.transcriptCode, vector.transcriptCode);
  });

  it('look somebody up', async () => {
    type Person = PersonQuestion & PersonEntry & { readonly time: number; readonly entry: string };
    const { user, record, time, entry, ...asked } = read<Person>('person.json');
    const { identityKey } = keys.server;
    assert.equal(await composePersonEntry(identityKey, asked, { user, record }, time), entry);
    assert.deepEqual(await openPersonEntry(publicOf(identityKey), entry, asked, time), { user, record });
  });

  it('report, ask for the time and log in', async () => {
    const { report, seq, others, login, time } = read<{
      report: string;
      seq: number;
      others: { body: ReportBody; report: string }[];
      time: { device: string; nonce: string; time: number; answer: string };
      login: { device: string; server: string; method: string; path: string; token: string; now: number };
    }>('reports.json');
    const signingKey = publicOf(keys.device.signingKey);
    const { device } = keys.device;
    const from = { server: keys.server.id, receiveKey: keys.server.receiveKey, device, signingKey };
    const opened = await openReport(report, { ...from, number: 0, acknowledged: 0, sent: seq });
    assert.equal(opened.order, 'new');
    assert.deepEqual(opened.report.messageKey, publicOf(keys.olderMessageKey));
    for (const one of others) {
      const taken = await openReport(one.report, { ...from, number: 0, acknowledged: 0, sent: seq });
      const { v, iss, aud, number, iat, messageKey, ...body } = taken.report;
      assert.deepEqual(body, one.body);
    }
    assert.equal(await openTimeAnswer(keys.server.identityKey, time.answer, time), time.time);
    const request = { ...login, body: new Uint8Array() };
    const who = await verifyLogin(platform, login.token, request, async () => signingKey, login.now);
    assert.equal(who.device, device);
  });
});

/** RFC 7516 §5.2 with RFC 7518 §4.6 and §5.3, without any library for it. */
function decrypt(jwe: string, key: P256Private): string {
  const [protectedHeader, wrapped, iv, ciphertext, tag] = jwe.split('.') as [
    string,
    string,
    string,
    string,
    string,
  ];
  const header = JSON.parse(Buffer.from(protectedHeader, 'base64url').toString()) as Record<string, never>;
  const secret = diffieHellman({
    privateKey: createPrivateKey({ key: { ...key }, format: 'jwk' }),
    publicKey: createPublicKey({ key: header.epk!, format: 'jwk' }),
  });
  const number = (value: number) => Buffer.from([0, 0, 0, value]);
  const algorithm = Buffer.from('ECDH-ES+A256KW');
  const info = [number(algorithm.length), algorithm, number(0), number(0), Buffer.from([0, 0, 1, 0])];
  const agreed = createHash('sha256')
    .update(Buffer.concat([number(1), secret, ...info]))
    .digest();
  const unwrap = createDecipheriv('id-aes256-wrap', agreed, Buffer.alloc(8, 0xa6));
  const contentKey = Buffer.concat([unwrap.update(bytes(wrapped)), unwrap.final()]);
  const decipher = createDecipheriv('aes-256-gcm', contentKey, bytes(iv));
  decipher.setAAD(Buffer.from(protectedHeader)).setAuthTag(bytes(tag));
  return decipher.update(bytes(ciphertext), undefined, 'utf8') + decipher.final('utf8');
}
