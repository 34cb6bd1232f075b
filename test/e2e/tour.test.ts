/** The tour of the README works as it is printed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typeTour } from './tour.ts';

test('the tour of the README works as typed', { timeout: 180_000 }, async () => {
  const { starts, rest, code, said } = await typeTour('README.md', 'Tour');
  assert.deepEqual([starts, rest >= 6], [2, true]);
  assert.equal(code, 0, said);
  for (const expected of [
    /^Voice Mail .* locked .* everyone/m,
    /^set \S+ \(number 1\) is complete/m,
    /^(nothing has changed|set \S+ \(number 2\) is complete: 0 B stored)/m,
    /^exit code 4$/m,
    /^restored from set /m,
    /^set \S+ \(number 1\) is complete: .* stored at .*phone\.ipd$/m,
    /^deleted {2}Pictures /m,
    /^added {5}Pictures .*IMG_20260404_132730\.png/m,
    /^dry run, nothing was written: set /m,
    /^everything is as it was stored$/m,
    /^dry run, nothing was deleted: \d+ sets? of \d+ would be removed/m,
    /^removed 1 set of 2 from http.*: what is kept needs all of what is stored$/m,
    /^last verify /m,
    /device\.enrol/,
    /^ExecStart=.* "run"|<string>run<\/string>/m,
    /^schedule +every 1 d, alert after 5 d/m,
  ])
    assert.ok(expected.test(said), `${expected} is not in what was said:\n${said}`);
});
