/** What a vendor's library can do to us, and what it gets to see. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, initToken, openTokenWayIn, showTokens } from '../../src/custody/wim/index.ts';
import { isOnPath, PIN, pkcs11Missing, type SoftHsm, softHsmMissing, startSoftHsm } from './kit/softhsm.ts';
import { sealedFor } from './kit/way-in.ts';

const root = join(import.meta.dirname, '../..');

/** Within some seconds. */
async function ends(pid: number): Promise<boolean> {
  assert(pid > 0);
  for (let i = 0; i < 100; i++) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await sleep(50);
  }
  return false;
}

describe('a PKCS#11 module', { skip: pkcs11Missing() ?? false }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-module-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const noCompiler = isOnPath('gcc') ? false : 'gcc is not installed (npm run provision)';

  /** A library of one function, which every PKCS#11 module has. */
  function library(name: string, body: string): string {
    const path = join(folder, `${name}.so`);
    const source = `#include <unistd.h>\n#include <stdlib.h>\nunsigned long C_GetFunctionList(void **list) { ${body} }\n`;
    execFileSync('gcc', ['-shared', '-fPIC', '-x', 'c', '-', '-o', path], { input: source });
    return path;
  }

  it('that is not there, or none, is said', async () => {
    const absent = { code: 'ERR_TOKEN_MODULE', kind: 'usage' };
    await assert.rejects(showTokens(join(folder, 'none.so')), {
      ...absent,
      message: /There is no PKCS#11 module at/,
    });
    writeFileSync(join(folder, 'text.so'), 'no library');
    await assert.rejects(showTokens(join(folder, 'text.so')), absent);
  });

  it('that crashes is an error, and not the end', { skip: noCompiler }, async () => {
    const crash = { code: 'ERR_TOKEN_CRASHED', kind: 'failed' };
    await assert.rejects(showTokens(library('aborts', 'abort();')), { ...crash, message: /SIGABRT/ });
    await assert.rejects(showTokens(library('faults', '*(volatile int *)0 = 1; return 0;')), {
      ...crash,
      message: /SIGSEGV/,
    });
    await assert.rejects(showTokens(library('exits', '_exit(0);')), crash);
  });

  it('that hangs ends when the program has ended', { skip: noCompiler }, async () => {
    const path = library('hangs', 'for (;;) pause();');
    const script = `
      import { readFileSync } from 'node:fs';
      import { showTokens } from './src/custody/wim/index.ts';
      setTimeout(() => {
        console.log(readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim());
        process.kill(process.pid, 'SIGKILL');
      }, 1500);
      await showTokens('${path}');
    `;
    const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: root,
      encoding: 'utf8',
    });
    assert.equal(signal, 'SIGKILL');
    assert(await ends(Number(stdout.trim())));
  });

  it('needs pkcs11js: without it the error says what to install', () => {
    // A copy that finds all packages but this one.
    const copy = join(folder, 'without');
    cpSync(join(root, 'src'), join(copy, 'src'), { recursive: true });
    writeFileSync(join(copy, 'package.json'), '{"type":"module"}');
    mkdirSync(join(copy, 'node_modules'));
    for (const name of ['jose', '@scure', '@noble'])
      symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name));
    const script = `
      import { showTokens, wayInFromPhrase } from './src/custody/wim/index.ts';
      await wayInFromPhrase('${'zoo '.repeat(23)}vote');
      await showTokens('/usr/lib/softhsm/libsofthsm2.so').catch(({ code, kind, message }) => console.log(code, kind, message));
    `;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: copy,
      encoding: 'utf8',
    });
    assert.match(stdout, /^ERR_PKCS11JS_MISSING usage .*npm install pkcs11js/, stderr);
  });

  it('gets the PIN by IPC alone: neither arguments nor environment', {
    skip: softHsmMissing() ?? false,
  }, async () => {
    using hsm: SoftHsm = startSoftHsm('wim');
    process.env.HOLDFAST_WIM_PIN = PIN;
    try {
      const way = await initToken({ module: hsm.module }, 'me', async () => PIN);
      const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
      assert.equal(children.length, 1);
      for (const what of ['cmdline', 'environ']) {
        const seen = readFileSync(`/proc/${children[0]}/${what}`, 'utf8');
        assert(seen.includes(what === 'cmdline' ? 'main.ts' : 'SOFTHSM2_CONF'));
        assert(!seen.includes(PIN), what);
      }
      await way.close();
    } finally {
      delete process.env.HOLDFAST_WIM_PIN;
    }
  });

  it('whose process is killed is started again for the next operation', {
    skip: softHsmMissing() ?? false,
  }, async () => {
    using hsm: SoftHsm = startSoftHsm('wim');
    const place = { module: hsm.module };
    const made = await initToken(place, 'me', async () => PIN);
    await made.close();
    const way = await openTokenWayIn(place, made.public, async () => PIN);
    const sealed = await sealedFor(way.public);
    const [child] = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
    process.kill(Number(child), 'SIGKILL');
    await assert.rejects(sealed.opens(identityOf(way)), { code: 'ERR_TOKEN_CRASHED' });
    assert(await sealed.opens(identityOf(way)));
    await way.close();
  });

  it('does not keep a program alive, nor outlive it', { skip: softHsmMissing() ?? false }, async () => {
    using hsm: SoftHsm = startSoftHsm('wim');
    const script = `
      import { readFileSync } from 'node:fs';
      import { initToken } from './src/custody/wim/index.ts';
      await initToken({ module: '${hsm.module}' }, 'me', async () => '${PIN}');
      console.log(readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim());
    `;
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: root,
      encoding: 'utf8',
      timeout: 20_000,
    });
    assert.equal(status, 0);
    assert(await ends(Number(stdout.trim())));
  });
});
