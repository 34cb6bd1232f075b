import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { differences, examplePhone } from '../../scripts/make-example-phone.ts';
import { everything, inDirectory, list, write } from '../../test/contracts/source.ts';
import type { SkippedItem } from '../database/index.ts';
import { openSource, sourceForInto } from './index.ts';

test('the example phone is what its script makes', () => assert.deepEqual(differences(), []));

test('its contacts are read and come back', () =>
  inDirectory(async (directory) => {
    const skipped: SkippedItem[] = [];
    const source = openSource({ kind: 'vcard', path: join(examplePhone, 'Address Book.vcf') });
    const items = await list(source, skipped);
    assert.equal(items.length, 200);
    assert.deepEqual(skipped, []);
    assert.ok(items.every((item) => item.title !== '' && !item.title.includes('�')));
    const cards = await everything(source);
    const target = sourceForInto('vcard', directory, join(examplePhone, 'Address Book.vcf'));
    await write(target, cards);
    assert.deepEqual(await everything(target), cards);
    await source.close();
    await target.close();
  }));

test('so do its files', () =>
  inDirectory(async (directory) => {
    const files = await everything(openSource({ kind: 'folder', path: examplePhone }));
    assert.ok(files.length > 45);
    const target = sourceForInto('folder', join(directory, 'phone'));
    await write(target, files);
    assert.deepEqual(await everything(target), files);
  }));
