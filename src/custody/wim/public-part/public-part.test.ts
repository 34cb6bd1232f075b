import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toBase64Url } from '../../../lib/bytes.ts';
import { newScalars, wayInFromScalars } from '../software/index.ts';
import { fingerprintOf, parsePublicWayIn, publicWayInJson } from './index.ts';

const way = await wayInFromScalars('software', 'me', newScalars());
const other = await wayInFromScalars('software', 'me', newScalars());

test('a public part comes back as it was, and is told from others', async () => {
  const json = JSON.parse(JSON.stringify(publicWayInJson(way.public)));
  assert.deepEqual(await parsePublicWayIn({ ...json, more: 1 }, 'it'), way.public);
  assert.equal(JSON.stringify(json).includes('"d"'), false);
  assert.notEqual(fingerprintOf(way.public), fingerprintOf(other.public));
  const swapped = { ...way.public, decipher: way.public.signature, signature: way.public.decipher };
  assert.notEqual(fingerprintOf(way.public), fingerprintOf(swapped));
});

test('anything else is refused', async () => {
  const json = publicWayInJson(way.public);
  for (const bad of [
    null,
    'x',
    {},
    { ...json, kind: 'company' },
    { ...json, name: '' },
    { ...json, name: 'a\u001b[2J' },
    { ...json, decipher: undefined },
    { ...json, signature: { ...json.signature, x: 'AAAA' } },
    { ...json, certificates: 'x' },
    { ...json, certificates: { decipher: '*' } },
    { ...json, certificates: { decipher: toBase64Url(new Uint8Array(10)) } },
    { ...json, certificates: { decipher: toBase64Url(new Uint8Array(20_000)) } },
  ])
    await assert.rejects(parsePublicWayIn(bad, 'it'), { code: 'ERR_PUBLIC_PART' }, JSON.stringify(bad));
});
