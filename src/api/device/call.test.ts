import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat } from '../../lib/bytes.ts';
import { callDevice, type DeviceTransport, LineReader, MAX_LINE, operations, toLine } from './index.ts';

const answering = (...events: unknown[]): DeviceTransport => ({
  async call(_operation, _params, { onEvent }) {
    for (const event of events) onEvent(event);
  },
});

test('a call hands on what is said on the way, and gives the result', async () => {
  const said: unknown[] = [];
  const notice = { kind: 'notice', code: 'STALE', message: 'old' };
  const transport = answering(notice, { kind: 'result', value: { sources: [] } });
  const result = await callDevice(transport, 'sourceList', {}, { onEvent: (event) => said.push(event) });
  assert.deepEqual(result, { sources: [] });
  assert.deepEqual(said, [notice]);
});

test('a problem is thrown with its code and kind', async () => {
  const problem = {
    type: 'about:blank',
    title: 'Refused',
    status: 403,
    detail: 'policy sales denies it',
    code: 'ERR_DENIED',
    kind: 'refused',
  };
  await assert.rejects(callDevice(answering({ kind: 'problem', problem }), 'backup', {}), {
    name: 'ProblemError',
    code: 'ERR_DENIED',
    kind: 'refused',
    message: 'policy sales denies it',
  });
});

test('an answer without an end, with two ends, or of another shape is refused', async () => {
  const result = { kind: 'result', value: { sources: [] } };
  await assert.rejects(callDevice(answering(), 'sourceList', {}), { code: 'ERR_DEVICE_GONE' });
  await assert.rejects(callDevice(answering(result, result), 'sourceList', {}), { code: 'ERR_DEVICE_API' });
  await assert.rejects(callDevice(answering({ kind: 'result', value: 1 }), 'sourceList', {}), {
    code: 'ERR_DEVICE_API',
  });
  await assert.rejects(callDevice(answering({ kind: 'other' }), 'sourceList', {}), {
    code: 'ERR_DEVICE_API',
  });
});

test('lines: values come back from pieces of any size', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.array(fc.nat(20)), (values, sizes) => {
      const bytes = concat(...values.map(toLine));
      const reader = new LineReader();
      const read: unknown[] = [];
      let at = 0;
      for (const size of sizes) {
        read.push(...reader.push(bytes.subarray(at, at + size)));
        at += size;
      }
      read.push(...reader.push(bytes.subarray(at)));
      reader.end();
      assert.equal(JSON.stringify(read), JSON.stringify(values));
    }),
  );
});

test('lines: too long, no JSON, cut off', () => {
  const reader = new LineReader();
  const piece = new Uint8Array(MAX_LINE / 2).fill(0x61);
  assert.throws(
    () => {
      for (let i = 0; i < 3; i++) for (const _ of reader.push(piece));
    },
    { code: 'ERR_DEVICE_API' },
  );
  assert.throws(() => [...new LineReader().push(new TextEncoder().encode('{\n'))], {
    code: 'ERR_DEVICE_API',
  });
  const cut = new LineReader();
  assert.deepEqual([...cut.push(new TextEncoder().encode('1\n2'))], [1]);
  assert.throws(() => cut.end(), { code: 'ERR_DEVICE_GONE' });
});

test('parameters: unknown fields, relative paths, control characters and contradictions are refused', () => {
  const { sourceAdd, restore, backup } = operations;
  const source = { database: 'Address Book', kind: 'vcard', path: '/a/contacts.vcf' };
  assert.ok(sourceAdd.params.safeParse(source).success);
  assert.ok(!sourceAdd.params.safeParse({ ...source, path: 'contacts.vcf' }).success);
  assert.ok(!sourceAdd.params.safeParse({ ...source, database: '*' }).success);
  assert.ok(!sourceAdd.params.safeParse({ ...source, database: 'a\nb' }).success);
  assert.ok(!sourceAdd.params.safeParse({ ...source, more: 1 }).success);
  const set = 'AAAAAAAAAAAAAAAAAAAAAA';
  assert.ok(restore.params.safeParse({ set }).success);
  assert.ok(!restore.params.safeParse({ set, at: 1 }).success);
  assert.ok(!restore.params.safeParse({ set: '../../etc' }).success);
  assert.ok(!backup.params.safeParse({ items: [] }).success);
});
