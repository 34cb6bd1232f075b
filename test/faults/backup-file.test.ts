/** Backup files of which the device dies, or loses its power, at drawn moments (B11): see docs/faults.md. */
import { test } from 'node:test';
import { shortForm } from './short-form.ts';

test('killed at drawn moments of a backup file: usable up to a checkpoint, an older one stays until it is replaced', (t) =>
  shortForm(t, 10, 'file', 'file-replace'));
