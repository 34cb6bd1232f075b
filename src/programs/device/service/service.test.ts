import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import {
  installService,
  planService,
  refuseUntrusted,
  type ServiceWish,
  uninstallService,
  whose,
} from './index.ts';

const scratch = await mkdtemp(join(tmpdir(), 'holdfast-service-'));
after(() => rm(scratch, { recursive: true }));

const wish = (more: Partial<ServiceWish> = {}): ServiceWish => ({
  platform: 'linux',
  system: false,
  node: process.execPath,
  program: '/opt/holdfast/bin/holdfast.js',
  state: '/home/ann/.local/share/holdfast',
  home: join(scratch, 'ann'),
  config: join(scratch, 'ann', '.config'),
  ...more,
});

/** A unit as systemd.syntax(7) says: sections of `Key=value` lines. */
function parseUnit(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let section = '';
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name] = /^\[(\w+)\]$/.exec(line) ?? [];
    if (name) {
      section = name;
      continue;
    }
    const at = line.indexOf('=');
    assert.ok(section !== '' && at > 0, `not a line of a unit: ${line}`);
    const key = `${section}.${line.slice(0, at)}`;
    assert.ok(!found.has(key), `${key} twice`);
    found.set(key, line.slice(at + 1));
  }
  return found;
}

/** What systemd makes of a command line: systemd.service(5), "Command lines", as far as it is used here. */
function words(line: string): string[] {
  const found = [...line.matchAll(/"((?:[^"\\]|\\.)*)"(?: |$)/gy)];
  assert.equal(found.map(([all]) => all).join(''), line);
  return found.map(([, text]) =>
    text!
      .replace(/\\(.)/g, '$1')
      .replace(/%(.?)/g, (_, next) => {
        assert.equal(next, '%', 'a specifier');
        return '%';
      })
      .replace(/\$(.?)/g, (_, next) => {
        assert.equal(next, '$', 'a variable');
        return '$';
      }),
  );
}

test('a unit of the user', () => {
  const plan = planService(wish());
  assert.equal(plan.path, join(scratch, 'ann/.config/systemd/user/holdfast.service'));
  const unit = parseUnit(plan.text);
  assert.deepEqual(words(unit.get('Service.ExecStart')!), [
    process.execPath,
    '/opt/holdfast/bin/holdfast.js',
    'device',
    'run',
    '--state',
    '/home/ann/.local/share/holdfast',
  ]);
  assert.deepEqual(
    ['Service.NoNewPrivileges', 'Service.SuccessExitStatus', 'Install.WantedBy'].map((key) => unit.get(key)),
    ['yes', '130', 'default.target'],
  );
  assert.equal(unit.get('Service.User'), undefined);
  assert.ok(plan.enable.some((line) => line.includes('enable --now holdfast.service')));
});

test('a unit of the system: an account of its own, its own state, nothing else to write', () => {
  const plan = planService(wish({ system: true }));
  assert.equal(plan.path, '/etc/systemd/system/holdfast.service');
  const unit = parseUnit(plan.text);
  const values: Record<string, string> = {
    User: 'holdfast',
    StateDirectory: 'holdfast',
    StateDirectoryMode: '0700',
    NoNewPrivileges: 'yes',
    ProtectSystem: 'strict',
    ProtectHome: 'read-only',
    CapabilityBoundingSet: 'CAP_DAC_READ_SEARCH',
  };
  for (const [key, value] of Object.entries(values)) assert.equal(unit.get(`Service.${key}`), value, key);
  assert.equal(words(unit.get('Service.ExecStart')!).at(-1), '/var/lib/holdfast');
  assert.equal(unit.get('Install.WantedBy'), 'multi-user.target');
});

test('whatever the paths, they arrive as they are, or are refused', () => {
  const paths = fc.oneof(fc.string(), fc.stringMatching(/^[%$"'\\ a-z]{0,20}$/)).map((text) => `/${text}`);
  fc.assert(
    fc.property(paths, paths, (program, state) => {
      const refused = [program, state].some((path) => [...path].some((c) => c < ' ' || c === '\u007f'));
      const plan = () => planService(wish({ program, state }));
      if (refused) return void assert.throws(plan, { code: 'ERR_USAGE' });
      const line = parseUnit(plan().text).get('Service.ExecStart')!;
      assert.deepEqual(words(line), [process.execPath, program, 'device', 'run', '--state', state]);
    }),
  );
  assert.throws(() => planService(wish({ node: '/opt/$x/node' })), { code: 'ERR_USAGE' });
  assert.throws(() => planService(wish({ state: 'relative' })), { code: 'ERR_USAGE' });
});

test('systemd itself takes them', async (t) => {
  const run = promisify(execFile);
  const version = await run('systemd-analyze', ['--version']).catch(() => undefined);
  if (!version) return t.diagnostic('there is no systemd-analyze here: the units were parsed only');
  const program = join(scratch, 'run "it" 100% $x', 'holdfast.js');
  await mkdir(join(program, '..'));
  await writeFile(program, '');
  for (const system of [false, true]) {
    const path = join(scratch, `${system ? 'system' : 'user'}-holdfast.service`);
    await writeFile(path, planService(wish({ system, program })).text);
    const { stderr, stdout } = await run('systemd-analyze', [
      'verify',
      '--man=no',
      '--recursive-errors=no',
      path,
    ]);
    assert.equal(
      `${stdout}${stderr}`
        .split('\n')
        .filter((line) => line.includes('holdfast.service'))
        .join('\n'),
      '',
    );
  }
});

test('an agent of launchd', () => {
  const state = '/Users/ann/a & <b>';
  const plan = planService(wish({ platform: 'darwin', state, home: "/Users/ann's" }));
  assert.equal(plan.path, "/Users/ann's/Library/LaunchAgents/holdfast.device.plist");
  assert.match(plan.text, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<!-- Written by: holdfast /);
  const strings = [...plan.text.matchAll(/<string>([^<]*)<\/string>/g)].map(([, text]) => text);
  assert.deepEqual(strings, [
    'holdfast.device',
    process.execPath,
    '/opt/holdfast/bin/holdfast.js',
    'device',
    'run',
    '--state',
    '/Users/ann/a &amp; &lt;b&gt;',
    'Background',
  ]);
  assert.deepEqual(plan.enable, [
    "launchctl bootstrap gui/$(id -u) '/Users/ann'\\''s/Library/LaunchAgents/holdfast.device.plist'",
  ]);
});

test('where no file of ours would help, it says so', () => {
  for (const platform of ['win32', 'android', 'freebsd'])
    assert.throws(() => planService(wish({ platform })), { kind: 'usage', message: /docs\/device\.md/ });
  assert.throws(() => planService(wish({ platform: 'darwin', system: true })), { kind: 'usage' });
});

test('written, replaced by a newer one of ours, removed', async () => {
  const plan = planService(wish({ config: join(scratch, 'one') }));
  assert.equal(await installService(plan), 'written');
  assert.equal(await readFile(plan.path, 'utf8'), plan.text);
  assert.equal((await stat(plan.path)).mode & 0o777, 0o644 & ~process.umask());
  assert.equal(await installService(plan), 'unchanged');
  const newer = planService(wish({ config: join(scratch, 'one'), state: '/elsewhere' }));
  assert.equal(await installService(newer), 'written');
  assert.deepEqual(await readdir(join(plan.path, '..')), ['holdfast.service']);
  assert.equal(await uninstallService(plan), true);
  assert.equal(await uninstallService(plan), false);
});

test('a file that is not from here, was changed, or is a link is left alone; so is an enabled service', async () => {
  const plan = planService(wish({ config: join(scratch, 'two') }));
  await installService(plan);
  const refused = { code: 'ERR_SERVICE', kind: 'usage' };
  for (const text of ['[Service]\nExecStart=/bin/true\n', plan.text.replace('Nice=10', 'Nice=19'), '']) {
    await writeFile(plan.path, text);
    await assert.rejects(installService(plan), refused);
    await assert.rejects(uninstallService(plan), refused);
    assert.equal(await readFile(plan.path, 'utf8'), text);
  }
  assert.deepEqual([whose(plan.text), whose(`${plan.text}\n`)], ['ours', 'changed']);
  await rm(plan.path);
  await symlink('/dev/null', plan.path);
  await assert.rejects(installService(plan), refused);
  await rm(plan.path);

  await installService(plan);
  await mkdir(join(plan.enabledBy!, '..'));
  await symlink(plan.path, plan.enabledBy!);
  await assert.rejects(uninstallService(plan), { ...refused, message: /disable --now/ });
  assert.equal(await readFile(plan.path, 'utf8'), plan.text);
});

test('only what root alone can change runs with the right to read everything', async (t) => {
  if (process.getuid?.() !== 0) {
    const own = join(scratch, 'own');
    await writeFile(own, '');
    await assert.rejects(refuseUntrusted(own), { code: 'ERR_SERVICE', message: /belongs to the account/ });
    return t.diagnostic('not root: files of root alone cannot be made here');
  }
  const folder = join(scratch, 'trusted');
  const file = join(folder, 'holdfast.js');
  await mkdir(folder);
  await writeFile(file, '');
  await refuseUntrusted(file);
  await chmod(folder, 0o777);
  await assert.rejects(refuseUntrusted(file), { code: 'ERR_SERVICE', message: /written to by others/ });
});
