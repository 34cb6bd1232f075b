/** Restores that are killed, or lose their power, at drawn moments (U7): see docs/faults.md. */
import { test } from 'node:test';
import { shortForm } from './short-form.ts';

test('killed at drawn moments of a restore: each file is the old or the new one, and nothing is left behind', (t) =>
  shortForm(t, 12, 'restore', 'write-back'));
