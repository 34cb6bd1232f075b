/** Backups and restores that are killed, or lose their power, at drawn moments (U2, U3, U6, U7): see docs/faults.md. */
import { test } from 'node:test';
import { shortForm } from './short-form.ts';

test('killed at drawn moments of backup and restore: nothing is lost, doubled or half restored', (t) =>
  shortForm(t, 30, 'backup', 'backup-next', 'storage', 'restore', 'write-back'));
