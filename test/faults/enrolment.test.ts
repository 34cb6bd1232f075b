/** Enrolments of which the device or the server dies, or loses its power, at drawn moments (B1): see docs/faults.md. */
import { test } from 'node:test';
import { shortForm } from './short-form.ts';

test('killed at drawn moments of an enrolment: the same code leads to one device, with its keys', (t) =>
  shortForm(t, 10, 'enrol', 'enrol-server'));
