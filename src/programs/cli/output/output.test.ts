import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BaseError } from '../../../lib/errors.ts';
import { CliError } from '../errors.ts';
import { bytes, count, describeFailure, duration, Output, ProgressLine, printable, table } from './index.ts';
import { width } from './table.ts';

class Sink {
  text = '';
  readonly isTTY: boolean;
  constructor(isTTY = false) {
    this.isTTY = isTTY;
  }
  write(text: string): void {
    this.text += text;
  }
}

const plain = { json: false, quiet: false, verbose: false };

test('sizes, counts and durations are readable', () => {
  assert.deepEqual([0, 1023, 1024, 123_456, 8 * 2 ** 20, 117 * 2 ** 30].map(bytes), [
    '0 B',
    '1.0 KiB',
    '1.0 KiB',
    '121 KiB',
    '8.0 MiB',
    '117 GiB',
  ]);
  assert.deepEqual([count(1, 'item'), count(2300, 'item')], ['1 item', '2,300 items']);
  assert.deepEqual([12, 4200, 59_960, 60_000, 200_000, 3_600_000, 18_600_000, 273_600_000].map(duration), [
    '12 ms',
    '4.2 s',
    '1 m',
    '1 m',
    '3 m 20 s',
    '1 h',
    '5 h 10 m',
    '3 d 4 h',
  ]);
});

test('nothing from elsewhere reaches a terminal unescaped', () => {
  assert.equal(printable('a\u001b[2Jb\u202ec\u0085'), 'a\\u001b[2Jb\\u202ec\\u0085');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
      assert.doesNotMatch(printable(text), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    }),
  );
});

test('neither does what is for people in several lines, nor JSON, nor the stack of an error', () => {
  const hostile = 'a\u001b[2J\u009b1m\u202eb';
  const [out, err] = [new Sink(true), new Sink(true)];
  const verbose = new Output({ ...plain, verbose: true }, out, err);
  verbose.result({}, `user ${hostile}\n\tkept\r\n`);
  verbose.say(hostile);
  verbose.failure(new CliError('ERR_USAGE', 'x', { cause: new Error(hostile) }));
  assert.equal(out.text.split('\n')[0], 'user a\\u001b[2J\\u009b1m\\u202eb');
  assert.equal(out.text.split('\n')[1], '\tkept\r');
  const json = new Sink(true);
  const output = new Output({ ...plain, json: true }, json, json);
  output.result({ hostile }, '');
  output.failure(new CliError('ERR_USAGE', hostile));
  assert.deepEqual(JSON.parse(json.text.split('\n')[0]!), { hostile });
  assert.equal(JSON.parse(json.text.split('\n')[1]!).detail, hostile);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  for (const text of [out.text, err.text, json.text]) assert.doesNotMatch(text, /[\u001b\u009b\u202e]/);
});

test('columns line up whatever stands in them', () => {
  const name = fc.string({ unit: fc.constantFrom('a', '健', 'é', 'e\u0301', '🙂', '\n'), maxLength: 8 });
  fc.assert(
    fc.property(fc.array(fc.tuple(name, name), { maxLength: 5 }), (rows) => {
      const lines = table(
        [{ title: 'A', right: true }, { title: 'B' }, { title: 'C' }],
        rows.map((r) => [...r, 'x']),
      ).split('\n');
      assert.equal(lines.length, rows.length + 1);
      assert.equal(new Set(lines.map(width)).size, 1);
    }),
  );
});

test('every kind of failure has its exit code', () => {
  const kinds = ['failed', 'usage', 'partial', 'refused', 'no-key', 'integrity', 'interrupted'] as const;
  const exits = kinds.map((kind) => describeFailure(new BaseError('ERR_X', kind, 'x')).exit);
  assert.deepEqual(exits, [1, 2, 3, 4, 5, 6, 130]);
  assert.equal(describeFailure(new TypeError('x')).exit, 1);
  assert.equal(describeFailure('odd').exit, 1);
  assert.equal(describeFailure(new DOMException('stop', 'AbortError')).exit, 130);
});

test('a failure is one line and a hint; with --json a problem', () => {
  const error = new CliError('ERR_USAGE', 'no\nsuch\u001b thing', { hint: 'holdfast --help' });
  const err = new Sink();
  assert.equal(new Output(plain, new Sink(), err).failure(error), 2);
  assert.equal(err.text, 'holdfast: no; such\\u001b thing\ntry: holdfast --help\n');
  const json = new Sink();
  new Output({ ...plain, json: true }, new Sink(), json).failure(error);
  assert.deepEqual(JSON.parse(json.text), {
    type: 'urn:holdfast:problem:err-usage',
    title: 'Not understood',
    detail: 'no; such\u001b thing',
    code: 'ERR_USAGE',
    kind: 'usage',
    exit: 2,
    hint: 'holdfast --help',
  });
});

test('results are text or one JSON value, entries and notices lines with a kind', () => {
  const out = new Sink();
  const err = new Sink();
  const text = new Output(plain, out, err);
  text.list([{ a: 1 }], [{ title: 'A' }], (v) => [String(v.a)]);
  text.list([], [{ title: 'A' }], () => [], 'nothing yet');
  text.notice('ERR_N', 'careful');
  assert.deepEqual([out.text, err.text], ['A\n1\nnothing yet\n', 'note: careful\n']);
  const lines = new Sink();
  const json = new Output({ ...plain, json: true }, lines, new Sink());
  json.entry({ kind: 'entry' }, 'x');
  json.notice('ERR_N', 'careful');
  json.progress({ phase: 'backup', items: 1, bytes: 2 });
  json.list([{ a: 1 }], [], () => []);
  assert.deepEqual(
    lines.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { kind: 'entry' },
      { kind: 'notice', code: 'ERR_N', message: 'careful' },
      { kind: 'progress', phase: 'backup', items: 1, bytes: 2 },
      [{ a: 1 }],
    ],
  );
});

test('once nobody reads, nothing more is written', () => {
  const out = new Sink();
  const output = new Output(plain, out, new Sink());
  output.deafen();
  output.result({}, 'x');
  assert.deepEqual([out.text, output.deaf], ['', true]);
});

test('progress: one changing line on a terminal, a line now and then elsewhere', () => {
  let now = 1000;
  const step = { phase: 'backup', database: 'Photos', items: 3, bytes: 2048 };
  const terminal = new Sink(true);
  const shown = new ProgressLine(terminal, () => now);
  shown.step(step);
  shown.step(step);
  now += 100;
  shown.step({ ...step, items: 4 });
  shown.clear();
  const first = '\r\u001b[Kbackup Photos: 3 items, 2.0 KiB, 0 ms';
  assert.equal(terminal.text, `${first}\r\u001b[Kbackup Photos: 4 items, 2.0 KiB, 100 ms\r\u001b[K`);

  const log = new Sink();
  const line = new ProgressLine(log, () => now);
  line.step(step);
  now += 10_000;
  line.step(step);
  line.step(step);
  line.clear();
  assert.equal(log.text, 'backup Photos: 3 items, 2.0 KiB, 10.0 s\n');
});
