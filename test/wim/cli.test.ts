/** `holdfast wim`: the real command line with a key file, and with a token. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openSoftwareWim, openTokenWayIn, readPublicPart } from '../../src/custody/wim/index.ts';
import { type Ended, holdfast } from '../e2e/cli-command.ts';
import { PIN, SO_PIN, softHsmMissing, startSoftHsm } from './kit/softhsm.ts';

describe('holdfast wim', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-wim-cli-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Secrets by name become files. */
  const wim = (args: readonly string[], secrets: { [flag: string]: string } = {}): Promise<Ended> => {
    const files = Object.entries(secrets).flatMap(([name, value]) => {
      const file = join(folder, `${name}.txt`);
      writeFileSync(file, `${value}\n`);
      return [`--${name}`, file];
    });
    return holdfast(['wim', ...args, ...files], { cwd: folder });
  };

  it('makes a key file, tells of it, and changes its passphrase', async () => {
    const made = await wim(['init', 'me.wim', '--name', 'my key'], { 'secret-file': 'correct horse' });
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stdout, /^fingerprint +([0-9a-f]{4} ){7}[0-9a-f]{4}$/m);
    const { public: part } = await openSoftwareWim(join(folder, 'me.wim'), 'correct horse');
    assert.deepEqual(part, await readPublicPart(join(folder, 'me.cert.json')));

    const shown = JSON.parse((await wim(['show', 'me.cert.json', '--json'])).stdout);
    assert.deepEqual([shown.name, shown.kind], ['my key', 'software']);
    assert(made.stdout.includes(shown.fingerprint));
    assert.equal((await wim(['certificate', 'me.cert.json'])).code, 2, 'a key file has no certificates');

    const again = await wim(['init', 'me.wim'], { 'secret-file': 'correct horse' });
    assert.equal(again.code, 2);
    assert.match(again.stderr, /never written over/);
    const change = (now: string): Promise<Ended> =>
      wim(['change-pin', 'me.wim'], { 'secret-file': now, 'new-secret-file': 'battery staple' });
    assert.equal((await change('wrong')).code, 5);
    assert.equal((await change('correct horse')).code, 0);
    await openSoftwareWim(join(folder, 'me.wim'), 'battery staple');
  });

  it('asks for nothing that was not said, and makes nothing then', async () => {
    const secret = { 'secret-file': 'correct horse' };
    for (const args of [['init', 'me.wim'], ['adopt', 'me'], ['unblock'], ['change-pin'], ['show']])
      assert.equal((await wim(args)).code, 2, args.join(' '));
    assert.equal((await wim(['init', 'me'], secret)).code, 2);
    assert.equal((await wim(['init', 'me.wim'], { 'secret-file': 'short' })).code, 2);
    const absent = await wim(['show', '--module', 'none.so']);
    assert.equal(absent.code, 2);
    assert.deepEqual(
      readdirSync(folder).filter((name) => !name.endsWith('.txt')),
      [],
    );
  });

  it('makes keys on a token, adopts them, changes and unblocks its PIN', {
    skip: softHsmMissing() ?? false,
  }, async () => {
    using hsm = startSoftHsm('blue');
    const token = ['--module', hsm.module, '--token', 'blue'];
    const made = await wim(['init', 'blue', ...token, '--name', 'blue key'], { 'secret-file': PIN });
    assert.equal(made.code, 0, made.stderr);
    const part = await readPublicPart(join(folder, 'blue.cert.json'));
    assert.deepEqual([part.kind, part.name], ['token', 'blue key']);
    const pem = await wim(['certificate', 'blue.cert.json']);
    assert.equal(pem.stdout.match(/BEGIN CERTIFICATE/g)?.length, 2);
    const tokens = await wim(['show', '--module', hsm.module]);
    assert.match(tokens.stdout, /^token +blue .*\n(key .*\n)*key +\w+ holdfast decipher: P-256/m);

    const adopted = await wim(['adopt', 'again', ...token], { 'secret-file': PIN });
    assert.equal(adopted.code, 0, adopted.stderr);
    const again = await readPublicPart(join(folder, 'again.cert.json'));
    assert.deepEqual(again.decipher, part.decipher);
    const wrong = await wim(['adopt', 'wrong', ...token], { 'secret-file': '000000' });
    assert.equal(wrong.code, 5);
    assert.match(wrong.stderr, /^holdfast: Wrong PIN\./);

    const changed = await wim(['change-pin', ...token], { 'secret-file': PIN, 'new-secret-file': '654321' });
    assert.equal(changed.code, 0, changed.stderr);
    const unblocked = await wim(['unblock', ...token], {
      'secret-file': SO_PIN,
      'new-secret-file': '222222',
    });
    assert.equal(unblocked.code, 0, unblocked.stderr);
    const way = await openTokenWayIn({ module: hsm.module }, part, async () => '222222');
    await way.close();
  });
});
