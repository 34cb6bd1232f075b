import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryLine } from './records.ts';

test('a line of the audit log in a file is the same JSON, and nothing that a terminal would obey', () => {
  const entry = {
    ...{ seq: 1, time: 2, actor: 'server', action: 'key.make', subject: 'x', previous: '', hash: 'h' },
    detail: { database: 'Fo\u202etos\u2066\u009b2J\u001b[31m', names: ['\u200f'] },
  };
  const line = entryLine(entry);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
  assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/);
  assert.deepEqual(JSON.parse(line), entry);
});
