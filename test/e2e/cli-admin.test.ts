/** What an administrator types, at a real server: results, and what happens when it makes no sense. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Ended, holdfast, type Serving, serving } from './cli-command.ts';

const directory = await mkdtemp(join(tmpdir(), 'holdfast-cli-admin-'));
const state = join(directory, 'server');
let server: Serving;

before(async () => {
  server = await serving(['server', 'start', '--state', state, '--listen', '127.0.0.1:0']);
});
after(async () => {
  const code = await server.stop();
  await rm(directory, { recursive: true });
  assert.equal(code, 0);
});

const admin = (...args: string[]): Promise<Ended> => {
  const env = { HOLDFAST_ADMIN_SERVER: server.url, HOLDFAST_ADMIN_TOKEN_FILE: join(state, 'admin-token') };
  return holdfast(['admin', ...args], { env });
};

async function json(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await admin(...args, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

const names = (rows: unknown): string[] => (rows as { name: string }[]).map((row) => row.name);

const policy = (name: string, more = ''): string =>
  `name: ${name}\nscope: { global: true }\ndatabases:\n  Pictures: { backup: allow }\n${more}`;

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

test('people: added, listed, put into groups, removed', async () => {
  assert.equal((await admin('user', 'list')).stdout, 'none\n');
  assert.deepEqual(await json('user', 'list'), []);
  const added = await admin('user', 'add', 'alice');
  assert.match(added.stdout, /^user alice \([A-Za-z0-9_-]{22}\)\n$/);
  await json('user', 'add', 'bob');
  for (const name of ['sales', 'board']) await json('group', 'add', name);
  await json('group', 'order', 'board', 'sales');
  assert.deepEqual(await json('group', 'add-member', 'sales', 'alice'), { group: 'sales', added: 'alice' });
  assert.deepEqual(names(await json('group', 'list')), ['board', 'sales']);
  assert.match((await admin('user', 'list')).stdout, /^NAME +GROUPS.*\nalice +sales .*\nbob +- /);
  await json('user', 'remove', 'bob');
  assert.deepEqual(names(await json('user', 'list')), ['alice']);
  const twice = await admin('user', 'add', 'alice');
  assert.equal(twice.code, 2, twice.stderr);
  assert.match(twice.stderr, /^holdfast: .*alice/);
});

test('a broken policy file: exit 2, file and line named, nothing applied', async () => {
  const good = await file('good.yaml', policy('good'));
  const broken: [string, RegExp][] = [
    [policy('broken', '  Messages: { backup: perhaps }\n'), /broken\.yaml.*\b5\b.*backup/],
    [policy('broken', 'sched: { every: 24h }\n'), /broken\.yaml.*\b5\b.*sched/],
    [policy('broken', 'refresh: often\n'), /broken\.yaml.*\b5\b.*refresh/],
    ['name: [\n', /broken\.yaml.*\b[12]\b/],
  ];
  for (const [text, expected] of broken) {
    const { code, stdout, stderr } = await admin('policy', 'apply', good, await file('broken.yaml', text));
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, expected);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
    assert.deepEqual(await json('policy', 'list'), []);
  }
  const missing = await admin('policy', 'apply', good, join(directory, 'missing.yaml'));
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /missing\.yaml: the policy file cannot be read/);
});

test('policies: diff changes nothing, apply does; history, show, delete', async () => {
  const path = await file('everyone.yaml', policy('everyone'));
  const diff = await admin('policy', 'diff', path);
  assert.match(diff.stdout, /^everyone: added, version 1\n/);
  assert.deepEqual(await json('policy', 'list'), []);
  await json('policy', 'apply', path);
  await file('everyone.yaml', policy('everyone', 'refresh: 6h\n'));
  const changed = await admin('policy', 'apply', path);
  assert.match(changed.stdout, /^everyone: changed, version 2\n {2}refresh: .*"6h"/);
  assert.deepEqual(
    ((await json('policy', 'history', 'everyone')) as { version: number }[]).map((row) => row.version).sort(),
    [1, 2],
  );
  assert.equal(JSON.parse((await admin('policy', 'show', 'everyone')).stdout).name, 'everyone');
  assert.deepEqual(await json('policy', 'push'), { devices: 0 });
  await json('policy', 'delete', 'everyone');
  assert.deepEqual(await json('policy', 'list'), []);
});

test('an enrolment code goes into a file of mode 0600, never over another', async () => {
  const out = join(directory, 'alice.code');
  const made = await admin('device', 'code', 'alice', '--out', out, '--expires', '15m', '--json');
  assert.equal(made.code, 0, made.stderr);
  const { code: shown, expires } = JSON.parse(made.stdout);
  assert.equal(shown, undefined);
  assert.ok(Math.abs(expires - Date.now() - 15 * 60_000) < 60_000);
  assert.equal((await stat(out)).mode & 0o777, 0o600);
  const before = await readFile(out, 'utf8');
  assert.ok(before.length > 40);
  assert.equal((await admin('device', 'code', 'alice', '--out', out)).code, 2);
  assert.equal(await readFile(out, 'utf8'), before);
  assert.equal((await admin('device', 'code', 'alice', '--expires', 'soon')).code, 2);
  const over = await admin('device', 'code', 'alice', '--out', out);
  assert.match(
    over.stderr,
    /^holdfast: --out \S+alice\.code: cannot be written: there is a file by that name already$/m,
  );
});

test('enrolment codes are listed without their secret, and withdrawn', async () => {
  const made = (await json('device', 'code', 'alice', '--class', 'byod')) as { id: string; code: string };
  const states = async () => {
    const rows = (await json('device', 'codes')) as { id: string; state: string; classes: string[] }[];
    return rows.filter(({ id }) => id === made.id).map(({ state, classes }) => [state, ...classes]);
  };
  assert.deepEqual(await states(), [['open', 'byod']]);
  const listed = await admin('device', 'codes');
  assert.match(listed.stdout, new RegExp(`^${made.id} +alice +open +.* byod +-$`, 'm'));
  assert.ok(!listed.stdout.includes(made.code));
  const withdrawn = await admin('device', 'withdraw', made.id);
  assert.deepEqual([withdrawn.code, withdrawn.stdout], [0, `code ${made.id} is good no longer\n`]);
  assert.deepEqual(await states(), [['withdrawn', 'byod']]);
  assert.equal((await admin('device', 'withdraw', 'A'.repeat(22))).code, 2);
  const code = await file('withdrawn.code', made.code);
  const device = join(directory, 'withdrawn-device');
  assert.equal((await holdfast(['device', 'enrol', '--state', device, '--code-file', code])).code, 5);
});

test('keys and the audit log', async () => {
  assert.deepEqual(await json('key', 'list'), []);
  const which = await admin('key', 'rotate');
  assert.equal(which.code, 2);
  assert.match(which.stderr, /^holdfast: which key: /);
  const gone = 'A'.repeat(22);
  const warned = await admin('key', 'erase', gone);
  assert.equal(warned.code, 2);
  assert.match(warned.stderr, /can no longer be restored there, .*--yes/);
  const unknown = await admin('key', 'erase', gone, '--yes');
  assert.deepEqual([unknown.code, unknown.stderr], [2, `holdfast: there is no key ${gone}\n`]);
  const lines = (await admin('audit', 'list', '--json')).stdout.trim().split('\n');
  const entries = lines.map((line) => JSON.parse(line));
  assert.deepEqual([entries[0].kind, entries[0].seq, entries[0].action], ['entry', 1, 'user.add']);
  const later = (await admin('audit', 'list', '--json', '--after', String(entries.length - 1))).stdout;
  assert.equal(JSON.parse(later).seq, entries.length);
});

test('an export of the audit log: every entry, each hash that of the entry before', async () => {
  const { stdout } = await admin('audit', 'export');
  const entries = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { seq: number; hash: string; previous: string; kind?: string });
  assert.ok(entries.length > 10);
  for (const [n, entry] of entries.entries())
    assert.deepEqual([entry.seq, entry.previous, entry.kind], [n + 1, entries[n - 1]?.hash ?? '', undefined]);
  const out = join(directory, 'audit.jsonl');
  const said = await json('audit', 'export', '--out', out);
  assert.deepEqual(said, { entries: entries.length, last: entries.length, file: out });
  assert.equal(await readFile(out, 'utf8'), stdout);
  assert.equal((await stat(out)).mode & 0o777, 0o600);
  assert.equal((await admin('audit', 'export', '--out', out)).code, 2);
  const rest = await admin('audit', 'export', '--after', String(entries.length - 1));
  assert.equal(rest.stdout, `${stdout.trim().split('\n').at(-1)}\n`);
});

test('what a server does not take is said without a word of its parser', async () => {
  const { code, stderr } = await admin('user', 'add', '');
  assert.deepEqual([code, stderr], [2, 'holdfast: name: must not be empty\n']);
});

test('a wrong token is 5, a server that is not there 1', async () => {
  const token = await file('token', 'not the token');
  const wrong = await holdfast(['admin', 'user', 'list', '--server', server.url, '--token-file', token]);
  assert.equal(wrong.code, 5, wrong.stderr);
  const secret = await holdfast(['admin', 'user', 'list', '--server', server.url], {
    env: { HOLDFAST_ADMIN_TOKEN: await readFile(join(state, 'admin-token'), 'utf8') },
  });
  assert.equal(secret.code, 0, secret.stderr);
  const gone = await holdfast([
    'admin',
    'user',
    'list',
    '--server',
    'http://127.0.0.1:9',
    '--token-file',
    token,
  ]);
  assert.equal(gone.code, 1, gone.stderr);
  assert.match(gone.stderr, /^holdfast: .*127\.0\.0\.1:9/);
});

test('a new token of the administrator, and the old one counts no longer', async (t) => {
  const own = join(directory, 'other-server');
  const tokenFile = join(own, 'admin-token');
  const command = ['server', 'start', '--state', own, '--listen', '127.0.0.1:0'];
  assert.equal(await (await serving(command)).stop(), 0);
  const old = await readFile(tokenFile, 'utf8');
  const again = await serving([...command, '--new-admin-token']);
  t.after(() => again.stop());
  const token = await readFile(tokenFile, 'utf8');
  assert.notEqual(token, old);
  const list = ['admin', 'user', 'list', '--server', again.url];
  assert.equal((await holdfast(list, { env: { HOLDFAST_ADMIN_TOKEN: token } })).code, 0);
  assert.equal((await holdfast(list, { env: { HOLDFAST_ADMIN_TOKEN: old } })).code, 5);
});

test('the token does not go over http to another computer, unless that is said', async () => {
  const other = server.url.replace('127.0.0.1', '0.0.0.0');
  const refused = await admin('user', 'list', '--server', other);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /over http anyone on the way could read .* https, or say --insecure-http/);
  const said = await admin('user', 'list', '--server', other, '--insecure-http');
  assert.equal(said.code, 0, said.stderr);
  const env = { HOLDFAST_ADMIN_TOKEN_FILE: join(state, 'admin-token'), HOLDFAST_ADMIN_INSECURE_HTTP: 'true' };
  const byEnvironment = await holdfast(['admin', 'user', 'list', '--server', other], { env });
  assert.equal(byEnvironment.code, 0, byEnvironment.stderr);
});
