import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPrivate } from './admin.ts';

test('the token goes over https, or to this computer', () => {
  for (const url of [
    'https://server.example',
    'http://127.0.0.1:7410',
    'http://127.9.9.9',
    'http://localhost:1',
    'http://LOCALHOST',
    'http://[::1]:7410',
    'http://2130706433', // 127.0.0.1, as URLs write it too
  ])
    assert.ok(isPrivate(url), url);
  for (const url of [
    'http://server.example',
    'http://127.0.0.1.example',
    'http://127.example',
    'http://localhost.example',
    'http://10.0.0.1',
    'http://[::2]',
    'http://[::ffff:10.0.0.1]',
    'http://localhost@server.example',
  ])
    assert.ok(!isPrivate(url), url);
});
