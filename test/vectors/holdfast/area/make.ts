/** Makes `vectors.json` anew: `node test/vectors/holdfast/area/make.ts`. The keys are those of RFC 8032 §7.1. */
import { writeFileSync } from 'node:fs';
import {
  ENDED_TYP,
  GRANT_TYP,
  keySigner,
  PROOF_TYP,
  publicKey,
  thumbprint,
} from '../../../../src/api/grant/index.ts';
import { hash } from '../../../storage-kit.ts';

const issuer = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
};
const device = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw',
  d: 'TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs',
};
const area = 'AAECAwQFBgcICQoLDA0ODw';
const now = 1_800_000_000_000;
const body = 'what the device stores';

const open = ({ d: _, ...key }: typeof issuer) => publicKey(key);
const sign = async (key: typeof issuer, typ: string, payload: unknown): Promise<string> =>
  keySigner(key)(typ, Buffer.from(JSON.stringify(payload)));

const claims = {
  iss: await thumbprint(open(issuer)),
  cnf: { jwk: open(device) },
  area,
  prefix: 'EBESExQVFhcYGRobHB0eHw/',
  rights: ['append', 'read'],
  quota: 1_000_000,
  iat: now / 1000,
  exp: now / 1000 + 3600,
  jti: 'ICEiIyQlJicoKSorLC0uLw',
};
const grant = await sign(issuer, GRANT_TYP, claims);
const badClaims = {
  'an unknown claim': { ...claims, only: 'sundays' },
  'another area': { ...claims, area: 'EBESExQVFhcYGRobHB0eHw' },
  'iss is not kid': { ...claims, iss: await thumbprint(open(device)) },
  'a prefix that ends within a component': { ...claims, prefix: 'EBES' },
  'longer than 400 days': { ...claims, exp: claims.iat + 400 * 86_400 + 1 },
  'delete for longer than 15 minutes': { ...claims, rights: ['delete'], exp: claims.iat + 901 },
  'no rights': { ...claims, rights: [] },
  'a quota too deep': { ...claims, prefix: 'a/b/c/d/' },
};

const path = `${claims.prefix}D/C/m/0000000001-S`;
const common = { v: 1, area, grant: hash(grant), iat: now };
const proofs = [
  { op: 'append', path, digest: hash(body) },
  { op: 'read', path, range: '0-99' },
  { op: 'read', path },
  { op: 'list', path: claims.prefix, after: path, limit: 100 },
  { op: 'delete', path, nonce: 'MDEyMzQ1Njc4OTo7PD0-Pw' },
  { op: 'nonce', path: '' },
];
const ended = { v: 1, iss: claims.iss, area, ended: [await thumbprint(open(device))], iat: now };

const signed = async (payload: Record<string, unknown>) => ({
  payload: { ...payload, ...common },
  jws: await sign(device, PROOF_TYP, { ...payload, ...common }),
});
const vectors = {
  keys: { issuer, device },
  area,
  now,
  body,
  grant: { claims, jwt: grant, hash: hash(grant) },
  badGrants: await Promise.all(
    Object.entries(badClaims).map(async ([why, payload]) => ({ why, jwt: await sign(issuer, GRANT_TYP, payload) })),
  ),
  proofs: await Promise.all(proofs.map(signed)),
  badProofs: await Promise.all([
    { why: 'an unknown member', ...(await signed({ op: 'read', path, method: 'GET' })) },
    { why: 'a deletion without nonce', ...(await signed({ op: 'delete', path })) },
    { why: 'a nonce where none belongs', ...(await signed({ op: 'read', path, nonce: 'MDEyMzQ1Njc4OTo7PD0-Pw' })) },
    { why: 'a path that is none', ...(await signed({ op: 'read', path: 'a/../b' })) },
  ]),
  ended: { payload: ended, jws: await sign(issuer, ENDED_TYP, ended) },
};
writeFileSync(new URL('vectors.json', import.meta.url), `${JSON.stringify(vectors, undefined, 2)}\n`);
