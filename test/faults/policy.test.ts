/** Policies of which the device or the server dies, or loses its power, at drawn moments (B3, B7): see docs/faults.md. */
import { test } from 'node:test';
import { shortForm } from './short-form.ts';

test('killed at drawn moments of a policy: the old one holds or the new one', (t) =>
  shortForm(t, 10, 'policy', 'policy-server'));
