import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toBase64Url } from '../../lib/bytes.ts';
import {
  AreaUriError,
  areaUri,
  formatDigest,
  isObjectPath,
  isPathPrefix,
  isPlace,
  parseAreaUri,
  parseDigest,
} from './index.ts';

const area = 'AAECAwQFBgcICQoLDA0ODw';

test('paths: only plain components', () => {
  for (const good of ['a', 'a/b', 'USER/DEVICE/CHAIN/m/0000000001-SET', '-', '_', 'x'.repeat(128)]) {
    assert.ok(isObjectPath(good), good);
  }
  const tricks = [
    '',
    '/',
    'a/',
    '/a',
    'a//b',
    '.',
    '..',
    'a/../b',
    'a.b',
    '%2e',
    'a\\b',
    'a b',
    'ä',
    'a\n',
    'a\0',
  ];
  const long = ['x'.repeat(129), `${'abcdefg/'.repeat(64)}a`, Array(17).fill('a').join('/')];
  for (const bad of [...tricks, ...long]) assert.ok(!isObjectPath(bad), bad);
});

test('places end between components, prefixes need not', () => {
  assert.deepEqual(['', 'a/', 'a/b/', 'a', '/', 'a//'].map(isPlace), [true, true, true, false, false, false]);
  assert.deepEqual(['', 'a/', 'a/b', '/', 'a//', '..'].map(isPathPrefix), [
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('URIs: what is written is what is read', () => {
  for (const base of ['http://127.0.0.1:8080', 'https://backup.example', 'https://backup.example/deep/er']) {
    for (const place of ['', 'USER/']) {
      assert.deepEqual(parseAreaUri(areaUri({ base, area, place })), { base, area, place });
    }
  }
  assert.equal(parseAreaUri(`http://h/areas/${area}/USER`).place, 'USER/');
});

test('URIs that are none are refused', () => {
  const bad = [
    'x',
    `ftp://h/areas/${area}`,
    `http://h/areas/short`,
    `http://h/${area}`,
    `http://u:p@h/areas/${area}`,
    `http://h/areas/${area}?x=1`,
    `http://h/areas/${area}#x`,
    `http://h/areas/${area}/a%2Fb`,
    `http://h/areas/${area}//`,
  ];
  for (const uri of bad) assert.throws(() => parseAreaUri(uri), AreaUriError, uri);
});

test('digests: what is written is what is read, beside others', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      assert.equal(parseDigest(formatDigest(bytes)), toBase64Url(bytes));
      assert.equal(parseDigest(`sha-512=:AAAA:, ${formatDigest(bytes)}`), toBase64Url(bytes));
      assert.equal(parseDigest(`${formatDigest(bytes)}, ${formatDigest(bytes)}`), undefined);
    }),
  );
  for (const bad of [undefined, '', 'sha-256=', 'sha-256=:AAAA:', 'md5=:AAAA:', 'sha-256=abc']) {
    assert.equal(parseDigest(bad), undefined);
  }
});
