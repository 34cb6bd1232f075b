/** The tour of docs/personal.md works as it is printed: with a token, without it, and when it is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typeTour } from '../e2e/tour.ts';
import { softHsmMissing } from './kit/softhsm.ts';

const missing = softHsmMissing();
const skip = missing !== undefined && process.env.CI !== 'true' ? missing : false;

test('the tour of docs/personal.md works as typed', { timeout: 300_000, skip }, async () => {
  const { starts, rest, code, said } = await typeTour('docs/personal.md', 'A tour');
  assert.deepEqual([starts, rest >= 6], [1, true]);
  assert.equal(code, 0, said);
  for (const expected of [
    /^way in {7}card \(token\)\nway in {7}recovery phrase$/m,
    /^access until /m,
    /^Pictures .* available .* card, recovery phrase /m,
    /^set \S+ \(number 1\) is complete/m,
    /a way in has to be at hand \(--wim\): card, recovery phrase/,
    /^exit code 5$/m,
    /^restored from set .* freshness unknown$/m,
    /^device {7}desktop \(.{22}\), this one$/m,
    /^share \S+ with Bob: number 1 is stored$/m,
    /^share \S+ from Ann is accepted: number 1 of /m,
    /^Address Book .*\/from-ann\/Address Book from Ann +2 +0 +0 +0$/m,
    /^share \S+ with Bob has ended: .* \d+ objects deleted\. What Bob has read stays read\.$/m,
    /^exit code 4$/m,
    /^the same$/m,
  ])
    assert.ok(expected.test(said), `${expected} is not in what was said:\n${said}`);
});
