/**
 * Makes the vectors beside this file anew: `node test/vectors/holdfast/policy-message/make.ts`. Keys, ids and
 * times are fixed; what is sealed differs with each run, because sealing takes a fresh key each time.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CompactSign } from 'jose/jws/compact/sign';
import { importJWK } from 'jose/key/import';
import { nodePlatform } from '../../../../src/platform/node.ts';
import {
  certify,
  composeEnrolmentAnswer,
  composeEnrolmentRequest,
  composeLogin,
  composeMessage,
  composePersonEntry,
  composeReport,
  composeTimeAnswer,
  type DeviceKeys,
  deriveServerIdentity,
  derivePolicyKey,
  type Ed25519Private,
  encodeEnrolmentCode,
  enrolmentId,
  type MessageParts,
  nextSection,
  openEnrolmentAnswer,
  openEnrolmentRequest,
  publicOf,
  type ReportBody,
  type SectionName,
  type SectionValues,
  sealMessage,
  thumbprint,
} from '../../../../src/policy/message/index.ts';

const platform = nodePlatform;
const NOW = 1_800_000_000_000;
const bytes = (length: number, start: number) => Uint8Array.from({ length }, (_, i) => (start + i) & 0xff);
const b64 = (value: Uint8Array) => value.toBase64({ alphabet: 'base64url', omitPadding: true });
const id = (start: number) => b64(bytes(16, start));

// Private keys whose halves are derived by the rule of the server's identity, so that every byte has a source.
const root = bytes(32, 0);
const server = await deriveServerIdentity(platform, root);
const borrowed = await deriveServerIdentity(platform, bytes(32, 32));
const older = (await deriveServerIdentity(platform, bytes(32, 64))).receiveKey;
const gone = (await deriveServerIdentity(platform, bytes(32, 96))).receiveKey;
const device: DeviceKeys = { device: id(0x10), signingKey: borrowed.identityKey, messageKey: borrowed.receiveKey };
const user = { id: id(0x20), name: 'Ada' };
const policyKey = await derivePolicyKey(platform, root, device.device);
const certificate = await certify(server.identityKey, {
  device: device.device,
  user: user.id,
  jwk: publicOf(device.signingKey),
  iat: NOW,
});

const userKey = { kid: id(0x30), use: 'user', k: b64(bytes(32, 0x40)) } as const;
const memosKey = { kid: id(0x31), use: 'database', database: 'Memos', k: b64(bytes(32, 0x60)) } as const;
const values: SectionValues = {
  rules: {
    classify: [{ source: 'folder', path: '**/Work/**', class: 'enterprise' }],
    databases: {
      '*': { backup: { value: 'allow', policy: 'everyone' }, encrypt: { value: 'user', policy: 'everyone' } },
      Memos: { encrypt: { value: 'database', policy: 'memos' } },
    },
    classes: {},
    unencrypted: { value: 'refuse-database', policy: 'default' },
    destinations: [{ area: 'https://area.example/areas/AAAAAAAAAAAAAAAAAAAAAA' }],
    schedule: { every: 86_400_000 },
    retention: {},
    refresh: 43_200_000,
    expires: 604_800_000,
    whenStale: { value: 'block', policy: 'default' },
  },
  encryptionKeys: [userKey, memosKey],
  decryptionKeys: [userKey, memosKey],
  commands: [],
  trust: {
    devices: [{ id: device.device, user: user.id, certificate, state: 'active' }],
    heads: [{ chain: id(0x50), device: device.device, counter: 3, hash: b64(bytes(32, 0x80)), time: NOW - 1000, area: 'AAAAAAAAAAAAAAAAAAAAAA' }],
    knownAt: NOW,
  },
};
const section = <S extends SectionName>(name: S) => nextSection(platform, name, values[name], undefined, 1);
const sections: MessageParts['sections'] = {
  rules: section('rules'),
  encryptionKeys: section('encryptionKeys'),
  decryptionKeys: section('decryptionKeys'),
  commands: section('commands'),
  trust: section('trust'),
};
const grants = [{ area: 'https://area.example/areas/AAAAAAAAAAAAAAAAAAAAAA', append: 'e30.e30.AA', read: 'e30.e30.AA' }];
const compose = (changed: Partial<MessageParts> = {}) =>
  composeMessage(platform, {
    ...{ server: server.id, policyKey, device: device.device, messageKey: device.messageKey },
    ...{ lastSeq: 0, now: NOW, lifetime: 604_800_000, sections, held: {}, grants },
    ...changed,
  });

const message = await compose();
const first = { seq: message.seq, hash: message.hash };
const heldSections = Object.fromEntries(
  Object.entries(sections).map(([name, { version, hash }]) => [name, { version, hash }]),
);
const second = await compose({ lastSeq: message.seq, held: heldSections, grants: [] });
const claims = JSON.parse(Buffer.from(message.jws.split('.')[1]!, 'base64url').toString()) as object;
const sign = async (payload: object, key: Ed25519Private, header: object = {}) =>
  new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', typ: 'holdfast-policy+jws', kid: await thumbprint(key), ...header })
    .sign(await importJWK({ ...key }, 'EdDSA'));
const forge = async (payload: object, key = policyKey, header: object = {}) =>
  sealMessage(await sign(payload, key, header), device.messageKey);
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const none = part({ alg: 'none', typ: 'holdfast-policy+jws', kid: await thumbprint(policyKey) });
const spoiled = { ...sections, rules: { ...sections.rules, text: `${sections.rules.text} ` } };
const [head, , ...rest] = message.sealed.split('.');

const cases = [
  { name: 'accepted', sealed: message.sealed, seq: message.seq, hash: message.hash },
  {
    name: 'accepted without the values that are held',
    sealed: second.sealed,
    last: first,
    sections: heldSections,
    ...{ seq: second.seq, hash: second.hash },
  },
  { name: 'sealed to the key before', sealed: (await compose({ messageKey: older })).sealed, seq: message.seq },
  { name: 'repeated', sealed: await sealMessage(message.jws, device.messageKey), last: first, repeated: true },
  { name: 'sealed to a key that is gone', sealed: (await compose({ messageKey: gone })).sealed, code: 'ERR_POLICY_NOT_FOR_THIS_KEY' },
  { name: 'wrapped key of another message', sealed: [head, second.sealed.split('.')[1], ...rest].join('.'), code: 'ERR_POLICY_NOT_FOR_THIS_KEY' },
  { name: 'alg none', sealed: await sealMessage(`${none}.${part(claims)}.`, device.messageKey), code: 'ERR_POLICY_SIGNER' },
  { name: 'signed by the identity key', sealed: await forge(claims, server.identityKey), code: 'ERR_POLICY_SIGNER' },
  { name: 'signed as a report', sealed: await forge(claims, policyKey, { typ: 'holdfast-report+jws' }), code: 'ERR_POLICY_SIGNER' },
  {
    name: 'signed by another key under this one’s name',
    sealed: await forge(claims, server.identityKey, { kid: await thumbprint(policyKey) }),
    code: 'ERR_POLICY_SIGNATURE',
  },
  { name: 'of another version', sealed: await forge({ ...claims, v: 2 }), code: 'ERR_POLICY_MALFORMED' },
  { name: 'for another device', sealed: (await compose({ device: id(0x11) })).sealed, code: 'ERR_POLICY_AUDIENCE' },
  { name: 'from another server', sealed: (await compose({ server: borrowed.id })).sealed, code: 'ERR_POLICY_AUDIENCE' },
  { name: 'older', sealed: message.sealed, last: { seq: second.seq, hash: second.hash }, code: 'ERR_POLICY_ROLLBACK' },
  { name: 'another with one sequence', sealed: (await compose({ grants: [] })).sealed, last: first, code: 'ERR_POLICY_EQUIVOCATION' },
  { name: 'expired', sealed: message.sealed, now: message.exp, code: 'ERR_POLICY_EXPIRED' },
  { name: 'demands the unknown', sealed: (await compose({ crit: ['rules.colour'] })).sealed, code: 'ERR_POLICY_CRITICAL' },
  { name: 'without a value that is not held', sealed: second.sealed, last: first, code: 'ERR_POLICY_SECTION' },
  { name: 'a value that its hash does not fit', sealed: (await compose({ sections: spoiled })).sealed, code: 'ERR_POLICY_SECTION' },
];

const code = { url: 'https://holdfast.example', keyHash: server.keyHash, secret: bytes(16, 0xa0) };
const info = { os: 'linux', name: 'phone', version: '1.0.0' };
const request = await composeEnrolmentRequest(platform, code, server, device, info, NOW);
const opened = await openEnrolmentRequest(platform, request, code.secret, server);
const { answer } = await composeEnrolmentAnswer(
  platform,
  code.secret,
  server,
  { request: opened, user, policyKey: publicOf(policyKey), certificate, confirm: true },
  NOW,
);
const enrolment = await openEnrolmentAnswer(platform, answer, request, code, server, device);

const reporter = {
  ...{ device: device.device, server: server.id, signingKey: device.signingKey, receiveKey: server.receiveKey },
  ...{ number: NOW, now: NOW, messageKey: older },
};
const report = await composeReport({
  ...reporter,
  body: {
    ...{ kind: 'acknowledgement', seq: message.seq, message: message.hash, sections: heldSections },
    ...{ keys: [userKey.kid, memosKey.kid], commands: [] },
  },
});
const bodies: ReportBody[] = [
  { kind: 'failure', code: 'ERR_POLICY_SECTION', seq: message.seq, sections: heldSections },
  { kind: 'head', chain: id(0x50), counter: 4, hash: b64(bytes(32, 0x81)), time: NOW, area: 'AAAAAAAAAAAAAAAAAAAAAA' },
  { kind: 'head', chain: id(0x51), counter: 1, hash: b64(bytes(32, 0x82)), time: NOW },
  { kind: 'databases', names: ['Address Book', 'Fotos für später'] },
];
const others = await Promise.all(
  bodies.map(async (body) => ({ body, report: await composeReport({ ...reporter, body }) })),
);
const question = { device: device.device, nonce: id(0x70) };
const time = { ...question, time: NOW, answer: await composeTimeAnswer(server.identityKey, question, NOW) };
const asked = { server: server.id, device: device.device, name: 'alice', nonce: id(0x71) };
const said = { user: id(0x72), record: b64(bytes(32, 0x83)) };
const person = { ...asked, ...said, time: NOW, entry: await composePersonEntry(server.identityKey, asked, said, NOW) };
const login = { device: device.device, server: server.id, method: 'GET', path: '/api/v1/devices/x/message?after=0' };
const token = await composeLogin(platform, device.signingKey, { ...login, body: new Uint8Array() }, NOW);

write('keys.json', {
  root: b64(root),
  server: { ...server, keyHash: b64(server.keyHash) },
  ...{ policyKey, device, user, certificate },
  olderMessageKey: older,
});
write('messages.json', { now: NOW, payload: claims, values, cases });
write('enrolment.json', {
  code: { ...code, keyHash: b64(code.keyHash), secret: b64(code.secret), text: encodeEnrolmentCode(platform, code) },
  id: enrolmentId(platform, code.secret),
  ...{ request, requestHash: opened.hash, answer, transcriptCode: enrolment.transcriptCode },
});
write('person.json', person);
write('reports.json', { report, seq: message.seq, others, login: { ...login, token, now: NOW }, time });

function write(name: string, value: object): void {
  writeFileSync(join(import.meta.dirname, name), `${JSON.stringify(value, null, 2)}\n`);
}
