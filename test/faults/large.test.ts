/** Very many items and a large file under the same faults (U3): see docs/faults.md. */
import { test } from 'node:test';
import { shortForm } from './short-form.ts';

test('killed while 100,000 items and 50 MB are backed up: nothing is lost or doubled', (t) =>
  shortForm(t, 2, 'large'));
