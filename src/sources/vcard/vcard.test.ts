import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import {
  bytesOf,
  everything,
  type Item,
  inDirectory,
  list,
  shownUids,
  sourceContract,
  textItem,
  write,
} from '../../../test/contracts/source.ts';
import { type SkippedItem, SourceError } from '../../database/index.ts';
import { concat, fromUtf8, utf8 } from '../../lib/bytes.ts';
import { vcardSource } from './index.ts';

const card = (uid: string | undefined, name: string, eol = '\r\n'): string =>
  ['BEGIN:VCARD', 'VERSION:4.0', ...(uid ? [`UID:${uid}`] : []), `FN:${name}`, 'END:VCARD', ''].join(eol);

const sample = (number: number, version: number): Item =>
  textItem(`sample-${number}`, card(`sample-${number}`, `Version ${version}`), {
    title: `Version ${version}`,
    type: 'text/vcard',
    attributes: { position: 1000 + number },
  });

const many = [
  card('zz', 'Last by uid'),
  card('aa', 'First', '\n'),
  card(undefined, 'No uid'),
  card(undefined, 'No uid'),
  card('aa', 'Second of the same uid'),
  card('twin', 'Twin'),
  card('twin', 'Twin'),
  'BEGIN:VCARD\nVERSION:2.1\nN:A;B\nAGENT:\nBEGIN:VCARD\nUID:inner\nN:C\nEND:VCARD\nREV:20200101T000000Z\nEND:VCARD\n',
  card('http://example.com/contacts/ä/', 'Odd uid'),
].join('');

sourceContract({
  kind: 'vcard',
  open: (directory) => vcardSource({ path: join(directory, 'contacts.vcf') }),
  fill: (directory) => writeFile(join(directory, 'contacts.vcf'), `\ufeff${many}`),
  sample,
  staged: true,
});

const inFile = (text: string | Uint8Array, run: (path: string) => Promise<void>): Promise<void> =>
  inDirectory(async (directory) => {
    const path = join(directory, 'contacts.vcf');
    await writeFile(path, text);
    await run(path);
  });

const isError = (code: string) => (error: unknown) => error instanceof SourceError && error.code === code;

test('uids: of the card, else of its content', () =>
  inFile(many, async (path) => {
    const uids = shownUids(await list(vcardSource({ path })));
    assert.equal(uids.length, 9);
    assert.deepEqual(
      uids.filter((uid) => !uid.startsWith('sha256:')),
      ['aa', 'http://example.com/contacts/ä/', 'twin', 'zz'],
    );
    assert.equal(uids.filter((uid) => /^sha256:[0-9a-f]{32}$/.test(uid)).length, 3);
    assert.equal(uids.filter((uid) => /^sha256:[0-9a-f]{32}#2$/.test(uid)).length, 2);
    const forged = card(
      uids.find((uid) => uid.startsWith('sha256:')),
      'Forged',
    );
    await writeFile(path, many + forged);
    assert.equal(new Set(shownUids(await list(vcardSource({ path })))).size, 10);
  }));

test('a file restored into nothing is the same file', () =>
  inFile(many, async (path) => {
    const all = await everything(vcardSource({ path }));
    await inDirectory(async (directory) => {
      const copy = join(directory, 'new', 'folder', 'copy.vcf');
      await write(vcardSource({ path: copy }), all);
      assert.equal(await readFile(copy, 'utf8'), many);
      assert.equal((await stat(copy)).mode & 0o777, 0o600);
    });
  }));

test('everything around a replaced card stays', async () => {
  const before = `\ufeff# mine\n\n${card('a', 'A')}\njunk\n${card('b', 'B', '\n')}trailing`;
  await inFile(before, async (path) => {
    await chmod(path, 0o640);
    const b = textItem('b', card('b', 'New', '\n').trimEnd());
    const c = textItem('c', card('c', 'C'));
    assert.deepEqual(await write(vcardSource({ path }), [c, b]), ['added', 'replaced']);
    const after = `\ufeff# mine\n\n${card('a', 'A')}\njunk\n${card('b', 'New', '\n')}trailing\n${card('c', 'C')}`;
    assert.equal(await readFile(path, 'utf8'), after);
    assert.equal((await stat(path)).mode & 0o777, 0o640);
  });
});

test('new cards come in order of position, each on its own line', () =>
  inFile(card('a', 'A').trimEnd(), async (path) => {
    const at = (uid: string, position: number, text: string): Item =>
      textItem(uid, text, { attributes: { position } });
    const unended = 'BEGIN:VCARD\nUID:n\nFN:N';
    await write(vcardSource({ path }), [
      at('z', 1, card('z', 'Z').trimEnd()),
      at('n', 2, unended),
      at('c', 3, card('c', 'C')),
    ]);
    assert.equal(
      await readFile(path, 'utf8'),
      `${card('a', 'A')}${card('z', 'Z')}${unended}\nEND:VCARD\n${card('c', 'C')}`,
    );
    const again = [at('n', 2, unended), at('c', 3, card('c', 'C').trimEnd())];
    assert.deepEqual(
      await write(vcardSource({ path }), again),
      ['kept', 'kept'],
      'line ends and END do not count',
    );
  }));

test('keeping both gives the restored card a uid of its own', () =>
  inFile(card('a', 'Mine'), async (path) => {
    await write(vcardSource({ path }), [textItem('a', card('a', 'Restored'))], {
      keepBoth: true,
      dryRun: false,
    });
    const text = await readFile(path, 'utf8');
    assert.ok(text.startsWith(card('a', 'Mine')));
    assert.match(
      text.slice(card('a', 'Mine').length),
      /^BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:[0-9a-f-]{36}\r\nFN:Restored\r\n/,
    );
  }));

test('a second card of one uid is found again', () =>
  inFile(card('a', 'One') + card('a', 'Two'), async (path) => {
    const all = await everything(vcardSource({ path }));
    await writeFile(path, card('a', 'Two') + card('a', 'One'));
    assert.deepEqual(await write(vcardSource({ path }), all), ['kept', 'kept']);
    await writeFile(path, card('a', 'Two'));
    assert.deepEqual(await write(vcardSource({ path }), all), ['replaced', 'added']);
    assert.deepEqual(await write(vcardSource({ path }), all), ['kept', 'kept']);
    assert.equal(await readFile(path, 'utf8'), card('a', 'One') + card('a', 'Two'));
  }));

test('a card that was kept does not give way to a changed one of its uid', () =>
  inDirectory(async (directory) => {
    const [from, to] = [join(directory, 'from.vcf'), join(directory, 'to.vcf')];
    const restore = async (): Promise<readonly string[]> =>
      write(vcardSource({ path: to }), await everything(vcardSource({ path: from })));
    await writeFile(from, card('zz', 'New A') + card('zz', 'B'));
    // The other way round: here it is B that is called zz.
    await writeFile(to, card('zz', 'B') + card('zz', 'A'));
    assert.deepEqual(await restore(), ['kept', 'added']);
    const restored = await readFile(to, 'utf8');
    assert.equal(restored, card('zz', 'B') + card('zz', 'A') + card('zz', 'New A'));
    assert.deepEqual(await restore(), ['kept', 'kept']);
    assert.equal(await readFile(to, 'utf8'), restored);
  }));

test('only whole single cards are written', () =>
  inFile(card('a', 'A'), async (path) => {
    const before = await readFile(path);
    const writer = await vcardSource({ path }).writer({ keepBoth: false, dryRun: false });
    for (const text of [
      '',
      'x',
      card('b', 'B') + card('c', 'C'),
      `x\n${card('b', 'B')}`,
      `${card('b', 'B')}x`,
    ]) {
      const { head, bytes } = textItem('b', text);
      await assert.rejects(writer.put(head, 0, { kind: 'bytes', bytes }), isError('ERR_SOURCE_FORMAT'), text);
    }
    await writer.commit();
    assert.deepEqual(await readFile(path), before);
  }));

test('a change by the application is neither read as listed nor overwritten', () =>
  inFile(card('a', 'A') + card('b', 'B'), async (path) => {
    const source = vcardSource({ path });
    const [a] = await list(source);
    const writer = await source.writer({ keepBoth: false, dryRun: false });
    const { head, bytes } = sample(1, 1);
    await writer.put(head, bytes.length, { kind: 'bytes', bytes });
    await writeFile(path, card('a', 'X') + card('b', 'B'));
    assert.throws(() => source.read(a!), isError('ERR_SOURCE_ITEM_CHANGED'));
    await assert.rejects(writer.commit(), isError('ERR_SOURCE_ITEM_CHANGED'));
    assert.equal(await readFile(path, 'utf8'), card('a', 'X') + card('b', 'B'));
    await source.close();
  }));

test('what was cut short, unreadable or UTF-16 is no listing', async () => {
  await inFile(many.slice(0, -5), (path) =>
    assert.rejects(list(vcardSource({ path })), isError('ERR_SOURCE_FORMAT')),
  );
  await inFile(Buffer.from(`\ufeff${many}`, 'utf16le'), (path) =>
    assert.rejects(list(vcardSource({ path, label: 'phone' })), /phone|UTF-16/),
  );
  await inFile('BEGIN:VCARD\nFN:Alone\n', async (path) => {
    const [alone] = await everything(vcardSource({ path }));
    assert.equal(fromUtf8(alone!.bytes), 'BEGIN:VCARD\nFN:Alone\n');
  });
});

test('an empty file has no cards', () =>
  inFile('', async (path) => assert.deepEqual(await list(vcardSource({ path })), [])));

test('a card over the limit is reported, the others are listed', () => {
  const big = concat(
    utf8('BEGIN:VCARD\nUID:big\nFN:Big\nPHOTO:'),
    new Uint8Array(17 << 20).fill(65),
    utf8('\nEND:VCARD\n'),
  );
  return inFile(concat(big, utf8(card('a', 'A'))), async (path) => {
    const skipped: SkippedItem[] = [];
    assert.deepEqual(shownUids(await list(vcardSource({ path }), skipped)), ['a']);
    assert.deepEqual(shownUids(skipped), ['big']);
    await write(vcardSource({ path }), [textItem('a', card('a', 'B'))]);
    assert.equal(Buffer.compare(await readFile(path), concat(big, utf8(card('a', 'B')))), 0);
  });
});

test('a folder of files: cards are replaced where they are, new ones get files of their own', () =>
  inDirectory(async (directory) => {
    await writeFile(join(directory, 'B.VCF'), card('b', 'B') + card('a', 'A'));
    await writeFile(join(directory, 'a.vcf'), card('c', 'C') + card('b', 'Other B'));
    await writeFile(join(directory, 'notes.txt'), card('n', 'N'));
    await symlink('B.VCF', join(directory, 'link.vcf'));
    await mkdir(join(directory, 'below.d'));
    const skipped: SkippedItem[] = [];
    const source = vcardSource({ path: directory });
    const items = await list(source, skipped);
    assert.deepEqual(
      items.map((item) => [fromUtf8(item.uid).slice(0, 7), item.path, item.attributes.position]),
      [
        ['a', 'B.VCF', 1],
        ['b', 'B.VCF', 0],
        ['c', 'a.vcf', 2],
        ['sha256:', 'a.vcf', 3],
      ],
    );
    assert.deepEqual(shownUids(skipped), ['link.vcf']);
    assert.equal(fromUtf8(await bytesOf(await source.read(items[2]!))), card('c', 'C'));
    await source.close();
    const written = await write(source, [
      textItem('a', card('a', 'New A')),
      textItem('../../etc/d', card('../../etc/d', 'D')),
      textItem('a.vcf', card('a.vcf', 'E')),
    ]);
    assert.deepEqual(written, ['replaced', 'added', 'added']);
    assert.equal(await readFile(join(directory, 'B.VCF'), 'utf8'), card('b', 'B') + card('a', 'New A'));
    assert.deepEqual((await readdir(directory)).toSorted(), [
      'B.VCF',
      '_.._etc_d.vcf',
      'a.vcf',
      'a.vcf.vcf',
      'below.d',
      'link.vcf',
      'notes.txt',
    ]);
    assert.equal((await list(source)).length, 6);
  }));

test('an aborted restore into a new place leaves no folder behind', () =>
  inDirectory(async (directory) => {
    const writer = await vcardSource({ path: join(directory, 'x', 'y', 'c.vcf') }).writer({
      keepBoth: false,
      dryRun: false,
    });
    const { head, bytes } = sample(1, 1);
    await writer.put(head, bytes.length, { kind: 'bytes', bytes });
    await writer.abort();
    assert.deepEqual(await readdir(directory), []);
  }));
