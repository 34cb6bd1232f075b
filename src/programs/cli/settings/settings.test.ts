import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Command } from 'commander';
import { CliError } from '../errors.ts';
import { Flag, flag, noConfig, parseListen, readConfig, Settings } from './index.ts';

const directory = await mkdtemp(join(tmpdir(), 'holdfast-settings-'));
after(() => rm(directory, { recursive: true }));

function parsed(argv: string[]): Command {
  const program = new Command('holdfast');
  flag(program, 'global', '--json', 'x');
  const command = program.command('backup').action(() => {});
  flag(command, 'device', '--state <DIR>', 'x');
  flag(command, 'device', '--database <NAME>…', 'x');
  flag(command, 'device', '--dry-run', 'x');
  program.parse(argv, { from: 'user' });
  return command;
}

const flags = (command: Command): Flag[] =>
  [...command.options, ...(command.parent?.options ?? [])].filter((o) => o instanceof Flag);

async function config(text: string): Promise<ReturnType<typeof readConfig>> {
  const file = join(directory, 'config.yaml');
  await writeFile(file, text);
  return readConfig(file, flags(parsed(['backup'])));
}

const failsWith = (pattern: RegExp) => (error: unknown) =>
  error instanceof CliError && error.kind === 'usage' && pattern.test(error.message);

test('flag over environment over file over nothing', async () => {
  const file = await config('device:\n  state: /file\n  dry-run: true\njson: true\n');
  const env = { HOLDFAST_DEVICE_STATE: '/env' };
  const state = (argv: string[], e: NodeJS.ProcessEnv, f: typeof file) =>
    new Settings(parsed(argv), e, f).text('state');
  assert.equal(state(['backup', '--state', '/flag'], env, file), '/flag');
  assert.equal(state(['backup'], env, file), '/env');
  assert.equal(state(['backup'], { HOLDFAST_DEVICE_STATE: '' }, file), '/file');
  assert.equal(state(['backup'], {}, noConfig), undefined);
  const settings = new Settings(parsed(['backup']), { HOLDFAST_DEVICE_DRY_RUN: 'no' }, file);
  assert.deepEqual([settings.on('json'), settings.on('dry-run')], [true, false]);
});

test('a flag of every command may stand before and behind the command', () => {
  for (const argv of [
    ['--json', 'backup'],
    ['backup', '--json'],
  ])
    assert.equal(new Settings(parsed(argv), {}, noConfig).on('json'), true);
});

test('lists come from repeated flags, commas in the environment, lists in the file', async () => {
  const flagged = new Settings(parsed(['backup', '--database', 'A, B', '--database', 'C']), {}, noConfig);
  assert.deepEqual(flagged.list('database'), ['A, B', 'C']);
  const env = new Settings(parsed(['backup']), { HOLDFAST_DEVICE_DATABASE: 'A, B' }, noConfig);
  assert.deepEqual(env.list('database'), ['A', 'B']);
  const file = new Settings(parsed(['backup']), {}, await config('device: { database: [A, B] }'));
  assert.deepEqual(file.list('database'), ['A', 'B']);
});

test('what is missing or makes no sense is named', async () => {
  const settings = new Settings(parsed(['backup']), { HOLDFAST_JSON: 'maybe' }, noConfig);
  assert.throws(() => settings.required('state'), failsWith(/--state <DIR>.*HOLDFAST_DEVICE_STATE/));
  assert.throws(() => settings.on('json'), failsWith(/HOLDFAST_JSON=maybe/));
  await assert.rejects(config('device:\n  sate: x\n'), failsWith(/config\.yaml:2: .*device\.sate/));
  await assert.rejects(
    config('device:\n  dry-run: perhaps\n'),
    failsWith(/:2: device\.dry-run .*true or false/),
  );
  await assert.rejects(config('device:\n  state: [a]\n'), failsWith(/:2: device\.state .*text/));
  await assert.rejects(config('device: {\n'), failsWith(/config\.yaml:\d+: not YAML/));
  await assert.rejects(config('- a\n'), failsWith(/mapping/));
  await assert.rejects(readConfig(join(directory, 'none.yaml'), []), failsWith(/none\.yaml/));
  assert.equal((await config('')).size, 0);
});

test('addresses to listen at', () => {
  assert.deepEqual(parseListen('127.0.0.1:7410'), { host: '127.0.0.1', port: 7410 });
  assert.deepEqual(parseListen('[::1]:0'), { host: '::1', port: 0 });
  assert.deepEqual(parseListen('example.org:80'), { host: 'example.org', port: 80 });
  for (const bad of ['', 'x', '80', 'a:b', '::1:80', '127.0.0.1:99999'])
    assert.throws(() => parseListen(bad), failsWith(/HOST:PORT/));
});
