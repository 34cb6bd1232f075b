/** What happens to a place between the look at it and the writing: of all sources that write into files of many items. */
import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { inDirectory, list } from '../../../test/contracts/source.ts';
import { type ItemHead, type SkippedItem, type Source, SourceError } from '../../database/index.ts';
import { utf8 } from '../../lib/bytes.ts';
import { icalendarSource } from '../icalendar/index.ts';
import { mboxSource } from '../mbox/index.ts';
import { vcardSource } from '../vcard/index.ts';

interface Kind {
  readonly name: string;
  readonly open: (path: string) => Source;
  readonly file: string;
  readonly one: (id: string) => string;
}

const kinds: readonly Kind[] = [
  {
    name: 'vcard',
    open: (path) => vcardSource({ path }),
    file: 'a.vcf',
    one: (id) => `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:${id}\r\nFN:${id}\r\nEND:VCARD\r\n`,
  },
  {
    name: 'mbox',
    open: (path) => mboxSource({ path }),
    file: 'a.mbox',
    one: (id) => `From a@b Sun Dec 25 21:33:37 2011\nMessage-ID: <${id}@x>\n\ntext\n\n`,
  },
  {
    name: 'icalendar',
    open: (path) => icalendarSource({ path }),
    file: 'a.ics',
    one: (id) => `BEGIN:VEVENT\r\nUID:${id}\r\nEND:VEVENT\r\n`,
  },
];

for (const { name, open, file, one } of kinds) {
  const head = (source: string): ItemHead => ({
    uid: utf8(source),
    title: '',
    type: 'text/plain',
    time: 0,
    attributes: {},
  });
  const uid = name === 'mbox' ? '<new@x>' : 'new';

  test(`${name}: a link that takes the place of a file is neither followed nor replaced`, () =>
    inDirectory(async (directory) => {
      const path = join(directory, file);
      const elsewhere = join(directory, 'elsewhere');
      writeFileSync(path, one('old'));
      const writer = await open(path).writer({ keepBoth: false, dryRun: false });
      await writer.put(head(uid), 0, { kind: 'bytes', bytes: utf8(one('new')) });
      // The link leads to the very file that was read.
      renameSync(path, elsewhere);
      symlinkSync(elsewhere, path);
      await assert.rejects(writer.commit(), SourceError);
      await writer.abort();
      assert.ok(lstatSync(path).isSymbolicLink());
      assert.equal(readFileSync(elsewhere, 'utf8'), one('old'));
    }));

  test(`${name}: a file or a link that appears where there was none stays`, () =>
    inDirectory(async (directory) => {
      for (const appear of [
        (path: string) => writeFileSync(path, 'theirs'),
        (path: string) => symlinkSync('nowhere', path),
      ]) {
        const path = join(directory, file);
        const writer = await open(path).writer({ keepBoth: false, dryRun: false });
        await writer.put(head(uid), 0, { kind: 'bytes', bytes: utf8(one('new')) });
        appear(path);
        await assert.rejects(writer.commit(), SourceError);
        await writer.abort();
        const stat = lstatSync(path);
        assert.ok(stat.isSymbolicLink() || readFileSync(path, 'utf8') === 'theirs');
        rmSync(path);
      }
    }));

  test(`${name}: a file that is a link is reported in a folder, and nothing of it is taken`, () =>
    inDirectory(async (directory) => {
      const folder = join(directory, 'folder');
      mkdirSync(folder);
      writeFileSync(join(directory, file), one('outside'));
      symlinkSync(join(directory, file), join(folder, file));
      const skipped: SkippedItem[] = [];
      const source = open(folder);
      assert.deepEqual(await list(source, skipped), []);
      assert.equal(skipped.length, 1);
      await source.close();
    }));
}

test('a folder of mailboxes that is gone before all of it was listed is a failure, not empty', () =>
  inDirectory(async (directory) => {
    const folder = join(directory, 'mail');
    mkdirSync(folder);
    for (const mailbox of ['a.mbox', 'b.mbox', 'c.mbox'])
      writeFileSync(join(folder, mailbox), kinds[1]!.one(mailbox));
    const listing = mboxSource({ path: folder })
      .list(() => {})
      [Symbol.asyncIterator]();
    assert.equal((await listing.next()).done, false);
    renameSync(folder, join(directory, 'unmounted'));
    await assert.rejects(async () => {
      while (!(await listing.next()).done);
    }, SourceError);
  }));

test('an id that looks like that of a second item is not given twice', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'a.mbox');
    const from = 'From a@b Sun Dec 25 21:33:37 2011\n';
    const id = (of: string): string => `${from}Message-ID: ${of}\n\n${of}\n\n`;
    const sms = (n: number): string => id(`<${n}@x>`);
    writeFileSync(path, sms(1) + sms(1) + sms(2) + sms(1));
    const source = mboxSource({ path });
    const uids = (await list(source)).map((item) => Buffer.from(item.uid).toString());
    assert.equal(new Set(uids).size, uids.length);
    assert.deepEqual(
      uids.filter((one) => !one.startsWith(':')),
      ['<1@x>', '<1@x>#2', '<1@x>#3', '<2@x>'],
    );
    await source.close();
  }));
