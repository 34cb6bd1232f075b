/** Pruning, policies and backup files under the same faults (B7, B11, U2, U3): see docs/faults.md. */
import { test } from 'node:test';
import { shortForm } from './short-form.ts';

test('killed at drawn moments of pruning, acceptance and backup files: the old state or the new one', (t) =>
  shortForm(t, 30, 'prune', 'prune-storage', 'policy', 'policy-server', 'file', 'file-replace'));
