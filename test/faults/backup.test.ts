/** Backups of which the device or the storage dies, or loses its power, at drawn moments (U2, U3): see docs/faults.md. */
import { test } from 'node:test';
import { shortForm } from './short-form.ts';

test('killed at drawn moments of a backup: nothing is lost, doubled or sealed twice', (t) =>
  shortForm(t, 20, 'backup', 'backup-next', 'backup-long', 'storage'));
