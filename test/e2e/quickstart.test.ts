/** The quickstart as a newcomer runs it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { holdfast, spawnHoldfast } from './cli-command.ts';

const directory = await mkdtemp(join(tmpdir(), 'holdfast-quickstart-test-'));
after(() => rm(directory, { recursive: true }));

const last = (stdout: string) => JSON.parse(stdout.trim().split('\n').at(-1) ?? '');

test('--once shows everything and ends with 0; the same directory serves twice', async () => {
  const state = join(directory, 'state');
  for (let round = 0; round < 2; round++) {
    const { code, stdout, stderr } = await holdfast(['quickstart', '--once', '--json', '--state', state]);
    assert.equal(code, 0, stderr);
    const { kind, held, shown } = last(stdout);
    assert.deepEqual([kind, held], ['result', true]);
    const outcomes: string[] = shown.map(
      (row: { what: string; outcome: string }) => `${row.what}: ${row.outcome}`,
    );
    for (const expected of [
      /^Pictures is the same.*files/,
      /^Voice Mail, .*exit 4/,
      /bob.*exit 5/,
      /revoked.*exit 5/,
      /never enrolled.*exit 5/,
      /altered.*exit 6/,
    ])
      assert.ok(
        outcomes.some((outcome) => expected.test(outcome)),
        `${expected} in ${outcomes.join('\n')}`,
      );
  }
  assert.ok((await readdir(state)).includes('alice-phone'));
});

test('a directory with something else in it is left alone', async () => {
  const state = join(directory, 'other');
  await cp(fileURLToPath(new URL('../../examples/policies', import.meta.url)), state, { recursive: true });
  const before = await readdir(state);
  const { code, stderr } = await holdfast(['quickstart', '--once', '--state', state]);
  assert.equal(code, 2, stderr);
  assert.deepEqual(await readdir(state), before);
});

test('it fails when something does not come out as expected', async () => {
  const data = join(directory, 'data');
  // A phone without voice mail: what is to be shown as locked is not there.
  await cp(fileURLToPath(new URL('../../examples/phone', import.meta.url)), data, {
    recursive: true,
    filter: (path) => !path.includes('Voice Mail'),
  });
  await writeFile(join(data, 'ignored.txt'), 'no database');
  const { code, stdout, stderr } = await holdfast(['quickstart', '--once', '--data', data]);
  assert.equal(code, 1, stderr);
  assert.match(stdout, /✗ Voice Mail/);
  assert.match(stderr, /^holdfast: quickstart: /m);
});

test('without --once it keeps running, until Ctrl+C ends it with 0 and nothing is left', async () => {
  const temporary = await mkdtemp(join(directory, 'tmp-'));
  const child = spawnHoldfast(['quickstart'], { env: { TMPDIR: temporary } });
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    if (said.includes('Ctrl+C ends it')) return;
    said += text;
    if (said.includes('Ctrl+C ends it')) child.kill('SIGINT');
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, said);
  assert.match(said, /^enterprise server {3}http:\/\/127\.0\.0\.1:\d+ /m);
  assert.deepEqual(await readdir(temporary), []);
});
