import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import {
  everything,
  type Item,
  inDirectory,
  list,
  shownUids,
  textItem,
  write,
} from '../../test/contracts/source.ts';
import { SourceError } from '../database/index.ts';
import { componentBody } from '../formats/vobject/index.ts';
import { showBytes, toHex } from '../lib/bytes.ts';
import { isSourceKind, openSource, sourceForInto, sourceKinds } from './index.ts';

test('sources are opened by kind', () => {
  assert.equal(openSource({ kind: 'folder', path: '.', label: 'home', exclude: ['*.tmp'] }).kind, 'folder');
  assert.equal(openSource({ kind: 'vcard', path: 'x.vcf' }).kind, 'vcard');
  assert.ok(isSourceKind('vcard') && !isSourceKind('toString'));
  const usage = (error: unknown) => error instanceof SourceError && error.kind === 'usage';
  assert.throws(() => openSource({ kind: 'fax', path: '.' }), usage);
  assert.throws(() => openSource({ kind: 'vcard', path: '.', exclude: ['a'] }), usage);
  for (const kind of sourceKinds) assert.equal(openSource({ kind, path: 'x', label: 'y' }).kind, kind);
});

test('--into: a folder itself, or a .vcf file in it that keeps its name', () =>
  inDirectory(async (directory) => {
    const card = textItem('a', 'BEGIN:VCARD\nUID:a\nEND:VCARD\n');
    await write(sourceForInto('vcard', join(directory, 'Address Book')), [card]);
    await write(sourceForInto('vcard', join(directory, 'Address Book'), '/home/me/friends.vcf'), [card]);
    await write(sourceForInto('vcard', join(directory, 'Address Book'), '/home/me/.vcf'), [card]);
    await write(sourceForInto('folder', join(directory, 'Files')), [textItem('a', 'x')]);
    assert.deepEqual(readdirSync(join(directory, 'Address Book')), ['contacts.vcf', 'friends.vcf']);
    assert.deepEqual(readdirSync(join(directory, 'Files')), ['a']);
  }));

test('--into: files of a folder keep their names, those of a single file get one', () =>
  inDirectory(async (directory) => {
    const items = {
      icalendar: ['BEGIN:VEVENT\nUID:a\nEND:VEVENT\n', 'a', 'calendar.ics', 'Work.ics'],
      'sms-xml': ['<call number="1"/>', 'call:1', 'calls.xml', 'calls-2026.xml'],
      mbox: ['From a\n\nText\n\n', 'sha256:1', 'mail.mbox', 'Old.mbox'],
      maildir: ['Subject: a\n\n', 'a', 'new', undefined],
    };
    for (const [kind, [text, id, usual, own]] of Object.entries(items)) {
      const into = join(directory, kind);
      await write(sourceForInto(kind, into, '/home/me/mine'), [textItem(id!, text!)]);
      assert.ok(readdirSync(into).includes(usual!), kind);
      if (own === undefined) continue;
      await write(sourceForInto(kind, into, `/home/me/${own}`), [textItem(id!, text!)]);
      await write(sourceForInto(kind, into, own), [textItem(`other-${own}/${id}`, text!)]);
      assert.deepEqual(readdirSync(into).sort(), [own, `other-${own}`, usual].sort());
    }
  }));

const corpus = join(process.env.HOLDFAST_CORPUS ?? '', 'contacts');
const missing = existsSync(corpus) ? false : 'HOLDFAST_CORPUS names no folder with contacts';

const byUid = (items: readonly Item[]): [string, string][] =>
  items.map((item) => [showBytes(item.head.uid), toHex(item.bytes)]);

test('every vCard of the corpus comes back as it was', { skip: missing }, () =>
  inDirectory(async (directory) => {
    const all = await everything(openSource({ kind: 'vcard', path: corpus }));
    const begins = readdirSync(corpus).reduce((sum, name) => {
      return sum + (readFileSync(join(corpus, name), 'latin1').match(/^BEGIN:VCARD\s*$/gim)?.length ?? 0);
    }, 0);
    assert.ok(all.length > 100 && all.length <= begins, `${all.length} of ${begins}`);

    const folder = openSource({ kind: 'vcard', path: join(directory, 'folder') });
    assert.ok((await write(folder, all)).every((written) => written === 'added'));
    assert.deepEqual(
      byUid(await everything(folder))
        .map(([, bytes]) => bytes)
        .sort(),
      byUid(all)
        .map(([, bytes]) => bytes)
        .sort(),
    );
    assert.ok((await write(folder, all)).every((written) => written === 'kept'));

    const file = openSource({ kind: 'vcard', path: join(directory, 'all.vcf') });
    await write(file, all);
    const bodies = (items: readonly Item[]): [string, string][] =>
      items.map((item) => [showBytes(item.head.uid), toHex(componentBody(item.bytes, 'VCARD'))]);
    assert.deepEqual(bodies(await everything(file)), bodies(all));
    assert.ok((await write(file, all)).every((written) => written === 'kept'));
  }),
);

test('the files of the corpus are restored byte for byte, one by one', { skip: missing }, () =>
  inDirectory(async (directory) => {
    for (const name of readdirSync(corpus)) {
      const all = await everything(openSource({ kind: 'vcard', path: join(corpus, name) }));
      const target = openSource({ kind: 'vcard', path: join(directory, name) });
      await write(target, all);
      const cards = await everything(target);
      assert.deepEqual(byUid(cards), byUid(all), name);
      assert.deepEqual(shownUids(await list(target)).length, all.length);
    }
  }),
);
