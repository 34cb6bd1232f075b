/** The real command line: what it says and how it ends when what was typed makes no sense. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { holdfast, spawnHoldfast } from './cli-command.ts';

const directory = await mkdtemp(join(tmpdir(), 'holdfast-cli-'));
after(() => rm(directory, { recursive: true }));

const state = join(directory, 'none');
const empty = join(directory, 'empty');
await writeFile(empty, '');
const occupied = join(directory, 'occupied');
await mkdir(occupied);
await writeFile(join(occupied, 'letter'), 'mine');

test('help and version', async () => {
  const [help, version] = await Promise.all([holdfast(['--help']), holdfast(['--version'])]);
  assert.equal(help.code, 0);
  for (const word of [
    'quickstart',
    'device',
    'source',
    'backup',
    'restore',
    'sets',
    'ls',
    'diff',
    'verify',
    'server',
    'admin',
  ])
    assert.match(help.stdout, new RegExp(`^ {2}${word}\\b`, 'm'));
  assert.equal(version.code, 0);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
});

test('help explains the command that is named, however deep', async () => {
  for (const words of [
    ['help', 'device', 'enrol'],
    ['device', 'help', 'enrol'],
    ['device', 'enrol', '--help'],
  ])
    assert.match((await holdfast(words)).stdout, /^Usage: holdfast device enrol /);
  assert.match((await holdfast(['help'])).stdout, /^Usage: holdfast \[/);
});

test('help and version load nothing but the command tree', () => {
  const tell =
    'import { registerHooks } from "node:module"; registerHooks({ resolve(name, context, next) { const found = next(name, context); process.stderr.write(found.url + "\\n"); return found; } });';
  const program = fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url));
  for (const flag of ['--help', '--version']) {
    const args = ['--import', `data:text/javascript,${tell}`, program, flag];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.equal(status, 0);
    const packages = [...stderr.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].map(([, name]) => name);
    assert.deepEqual([...new Set(packages)], ['commander']);
  }
});

test('what makes no sense: exit 2 and one line that names it', async () => {
  const cases: [string[], RegExp][] = [
    [['backup', '--frobnicate'], /^holdfast: unknown option '--frobnicate'$/m],
    [['frobnicate'], /^holdfast: unknown command 'frobnicate'$/m],
    [['admin', 'user', 'frobnicate'], /^holdfast: unknown command 'frobnicate'/m],
    [['admin'], /^holdfast: admin needs one of: user, group, device, policy, key, audit$/m],
    [['source', 'add', 'Pictures'], /^holdfast: missing required argument 'KIND'$/m],
    [['backup', '-fPbclbQeNMMv9oSQPvFzg'], /too many arguments for 'backup'.*$/m],
    [['diff', '-fPbclbQeNMMv9oSQPvFz'], /unknown option '-fPbclbQeNMMv9oSQPvFz'$/m],
    [['sets', 'too', 'many'], /^holdfast: too many arguments for 'sets'/m],
    [['server', 'start'], /^holdfast: --state <DIR> is missing \(or set HOLDFAST_SERVER_STATE\)$/m],
    [['server', 'start', '--state', state, '--listen', 'here'], /^holdfast: --listen here: /m],
    [
      ['admin', 'user', 'list', '--server', 'nowhere', '--token-file', 'x'],
      /^holdfast: nowhere is not the URL/m,
    ],
    [
      ['admin', 'user', 'list', '--server', 'http://127.0.0.1:9'],
      /^holdfast: --token-file <FILE> is missing \(or set HOLDFAST_ADMIN_TOKEN_FILE or HOLDFAST_ADMIN_TOKEN\)$/m,
    ],
    [
      ['device', 'enrol', '--state', state, '--code-file', 'missing'],
      /^holdfast: --code-file missing: cannot be read: it does not exist$/m,
    ],
    [
      ['server', 'start', '--state', occupied],
      /^holdfast: .*occupied is not empty, and not a server's state/m,
    ],
    [
      ['storage', 'start', '--state', occupied],
      /^holdfast: .*occupied is not empty, and not a storage's state/m,
    ],
    [['storage', 'area', 'add', 'a', '--state', occupied], /^holdfast: .*occupied is not empty/m],
    [['storage', 'area', 'list', '--state', state], /^holdfast: .*none is not a storage's state directory/m],
    [['storage', 'start', '--state', state, '--listen', 'here'], /^holdfast: --listen here: /m],
    [
      ['storage', 'start', '--state', state, '--log', 'loud'],
      /^holdfast: --log loud: wanted is one of silent/m,
    ],
    [
      ['device', 'enrol', '--state', state],
      /^holdfast: --code-file <FILE> is missing \(or set HOLDFAST_DEVICE_CODE_FILE or HOLDFAST_DEVICE_CODE\)$/m,
    ],
    [
      ['device', 'enrol', '--state', state, '--code-file', empty],
      /^holdfast: --code-file .*: there is nothing in it$/m,
    ],
    [
      ['quickstart', '--once', '--state', empty],
      /^holdfast: --state .*empty: cannot be used: there is a file by that name already$/m,
    ],
    [
      ['device', 'status', '--state', join(empty, 'x')],
      /^holdfast: \S+empty.x cannot be used as state directory: a part of the path is no directory$/m,
    ],
    [
      ['storage', 'area', 'add', 'a', '--state', state, '--issuer-file', empty],
      /^holdfast: --issuer-file \S+empty: no public key \(JWK\) can be read: it is not JSON$/m,
    ],
    [['help', 'device', 'bogus'], /^holdfast: help: there is no command 'device bogus'$/m],
    [['device', 'help', 'bogus'], /^holdfast: help: there is no command 'device bogus'$/m],
    [['help', 'bogus'], /^holdfast: help: there is no command 'bogus'$/m],
    [['storage', 'area', 'add', 'a', '--state', state, '--quota', 'much'], /^holdfast: --quota much: /m],
    [
      ['backup', '--config', join(directory, 'missing.yaml')],
      /^holdfast: .*missing\.yaml: the configuration file cannot be read: it does not exist$/m,
    ],
    [['completion', 'tcsh'], /^holdfast: completion: tcsh is none of bash, zsh, fish$/m],
    [
      ['quickstart', '--data', join(directory, 'missing')],
      /^holdfast: --data .*missing: there is no such directory$/m,
    ],
  ];
  for (const [args, expected] of cases) {
    const { code, stdout, stderr } = await holdfast(args);
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, expected);
    const lines = stderr.trim().split('\n');
    assert.equal(lines.filter((line) => !line.startsWith('try: ')).length, 1, stderr);
    assert.equal(stdout, '');
  }
  assert.deepEqual(await readdir(occupied), ['letter']);
});

test('with --json a failure is problem details', async () => {
  const { code, stdout, stderr } = await holdfast(['backup', '--frobnicate', '--json']);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  const { type, title, detail, ...rest } = JSON.parse(stderr);
  assert.deepEqual(rest, { code: 'ERR_USAGE', kind: 'usage', exit: 2, hint: 'holdfast backup --help' });
  assert.deepEqual([typeof type, typeof title], ['string', 'string']);
  assert.match(detail, /--frobnicate/);
});

test('a device that does not exist: sources 2, backup and restore 5, and no trace of it', async () => {
  const status = await holdfast(['device', 'status', '--state', state, '--json']);
  assert.equal(status.code, 0, status.stderr);
  assert.equal(JSON.parse(status.stdout).enrolment, 'none');
  const missing = join(directory, 'nothing');
  const source = await holdfast(['source', 'add', 'Pictures', 'folder', missing, '--state', state]);
  assert.equal(source.code, 2, source.stderr);
  assert.match(source.stderr, /^holdfast: .*nothing/);
  for (const command of [
    ['backup'],
    ['restore'],
    ['sets'],
    ['ls'],
    ['diff'],
    ['verify'],
    ['device', 'refresh'],
    ['device', 'databases'],
  ]) {
    const { code, stderr } = await holdfast([...command, '--state', state]);
    assert.equal(code, 5, `${command.join(' ')}: ${stderr}`);
  }
  await assert.rejects(lstat(state), { code: 'ENOENT' });
});

test('flag over environment over file', async () => {
  const elsewhere = join(directory, 'a file');
  await writeFile(elsewhere, '');
  const config = join(directory, 'config.yaml');
  await writeFile(config, `device:\n  state: ${JSON.stringify(elsewhere)}\njson: true\n`);
  const env = { HOLDFAST_CONFIG: config };
  const fromFile = await holdfast(['device', 'status'], { env });
  assert.equal(JSON.parse(fromFile.stderr).exit, fromFile.code);
  assert.match(fromFile.stderr, /a file/);
  const fromEnvironment = await holdfast(['device', 'status'], {
    env: { ...env, HOLDFAST_DEVICE_STATE: state },
  });
  assert.equal(JSON.parse(fromEnvironment.stdout).enrolment, 'none');
  const flag = await holdfast(['device', 'status', '--state', elsewhere], {
    env: { HOLDFAST_DEVICE_STATE: state },
  });
  assert.notEqual(flag.code, 0);
});

test('a reader that has gone is no failure', async () => {
  const child = spawnHoldfast(['--help']);
  child.stdout?.destroy();
  let stderr = '';
  child.stderr?.on('data', (text) => (stderr += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  assert.deepEqual([code, stderr], [0, '']);
});

const shells = { bash: ['-n'], zsh: ['-n'], fish: ['--no-execute'] } as const;

for (const [shell, check] of Object.entries(shells)) {
  const installed = spawnSync(shell, ['--version']).status === 0;
  test(`completion for ${shell} is a script`, {
    skip: installed ? false : `${shell} is not installed`,
  }, async () => {
    const { code, stdout } = await holdfast(['completion', shell]);
    assert.equal(code, 0);
    const script = join(directory, `completion.${shell}`);
    await writeFile(script, stdout);
    const { status, stderr } = spawnSync(shell, [...check, script], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });
}

test('completion for bash offers what there is', async () => {
  const { stdout } = await holdfast(['completion', 'bash']);
  const complete = (words: string[]): string[] => {
    const script = `${stdout}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _holdfast; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout: said } = spawnSync('bash', ['--norc', '-c', script], {
      encoding: 'utf8',
      cwd: directory,
    });
    return said.trim().split('\n').sort();
  };
  assert.deepEqual(complete(['holdfast', 'ba']), ['backup']);
  assert.deepEqual(complete(['holdfast', 'admin', 'group', 'r']), ['remove', 'remove-member']);
  assert.deepEqual(complete(['holdfast', '--json', 'restore', '--d']), [
    '--database',
    '--device',
    '--dry-run',
  ]);
});
