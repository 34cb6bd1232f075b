/** Prunings of which the device or the storage dies, or loses its power, at drawn moments (U3): see docs/faults.md. */
import { test } from 'node:test';
import { shortForm } from './short-form.ts';

test('killed at drawn moments of a pruning: what was to be kept is whole, the next one does the rest', (t) =>
  shortForm(t, 10, 'prune', 'prune-storage'));
