import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Home } from './home/index.ts';
import { addSource, listSources, removeSource } from './source-book.ts';

let scratch: string;
let home: Home;
const kinds = ['vcard', 'folder'];
before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'holdfast-book-'));
  home = new Home(join(scratch, 'state'));
  await writeFile(join(scratch, 'contacts.vcf'), '');
});
after(() => rm(scratch, { recursive: true, force: true }));

test('sources are kept in order, each under its own label', async () => {
  assert.deepEqual(await listSources(home), []);
  const path = join(scratch, 'contacts.vcf');
  const card = { database: 'Address Book', kind: 'vcard', path };
  const first = await addSource(home, kinds, card);
  assert.deepEqual(first, { ...card, label: 'contacts.vcf', exclude: [] });
  assert.equal((await addSource(home, kinds, card)).label, 'contacts.vcf 2');
  const named = { ...card, label: 'private', exclude: ['*.tmp'] };
  await addSource(home, kinds, named);
  await assert.rejects(addSource(home, kinds, named), { code: 'ERR_SOURCE', kind: 'usage' });
  await removeSource(home, 'contacts.vcf 2');
  assert.deepEqual(await listSources(home), [first, named]);
  await assert.rejects(removeSource(home, 'contacts.vcf 2'), (error: Error & { kind: string }) => {
    assert.equal(error.kind, 'usage');
    assert.match(error.message, /there are: contacts\.vcf, private/);
    return true;
  });
});

test('a kind that is not there, a path that is not there, the state itself: refused', async () => {
  const add = (kind: string, path: string) => addSource(home, kinds, { database: 'Files', kind, path });
  await assert.rejects(add('mbox', scratch), { kind: 'usage', message: /"mbox".*vcard, folder/ });
  await assert.rejects(add('folder', join(scratch, 'gone')), {
    kind: 'usage',
    message: /gone.*does not exist/,
  });
  await assert.rejects(add('folder', home.path), { kind: 'usage' });
  await assert.rejects(add('folder', scratch), { kind: 'usage' });
});

test('many at once lose nothing', async () => {
  const other = new Home(join(scratch, 'other'));
  const path = join(scratch, 'contacts.vcf');
  await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      addSource(other, kinds, { database: 'A', kind: 'vcard', path, label: `s${n}` }),
    ),
  );
  assert.equal((await listSources(other)).length, 8);
});
