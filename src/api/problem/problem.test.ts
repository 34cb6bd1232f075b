import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '../../lib/bytes.ts';
import { BaseError } from '../../lib/errors.ts';
import { buildProblem, MAX_PROBLEM, PROBLEM_TYPE, ProblemError, parseProblem, problemOf } from './index.ts';

test('what is built is what is parsed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 400, max: 599 }), fc.string({ maxLength: 300 }), (status, detail) => {
      const problem = buildProblem({ status, code: 'ERR_SOMETHING', detail });
      assert.deepEqual(
        parseProblem(`${PROBLEM_TYPE}; charset=utf-8`, utf8(JSON.stringify(problem))),
        problem,
      );
    }),
  );
});

test('unknown members are ignored, a missing type is about:blank', () => {
  const body = utf8(JSON.stringify({ title: 'x', status: 404, code: 'ERR_X', kind: 'integrity', more: [1] }));
  assert.deepEqual(parseProblem(PROBLEM_TYPE, body), {
    type: 'about:blank',
    title: 'x',
    status: 404,
    code: 'ERR_X',
    kind: 'integrity',
  });
});

test('what is no problem of ours is none', () => {
  const good = { title: 'x', status: 404, code: 'ERR_X', kind: 'integrity' };
  assert.equal(parseProblem('text/html', utf8(JSON.stringify(good))), undefined);
  assert.equal(parseProblem(undefined, utf8(JSON.stringify(good))), undefined);
  for (const bad of [
    '{',
    '[]',
    'null',
    JSON.stringify({ ...good, status: 200 }),
    JSON.stringify({ ...good, kind: 'great' }),
    JSON.stringify({ ...good, code: 'not a code' }),
    JSON.stringify({ ...good, pad: 'x'.repeat(MAX_PROBLEM) }),
  ]) {
    assert.equal(parseProblem(PROBLEM_TYPE, utf8(bad)), undefined, bad.slice(0, 40));
  }
});

test('an error of ours keeps code, kind and message; any other says nothing', () => {
  const ours = problemOf(new BaseError('ERR_X', 'no-key', 'no grant here'));
  assert.deepEqual(
    [ours.status, ours.code, ours.kind, ours.detail],
    [403, 'ERR_X', 'no-key', 'no grant here'],
  );
  const other = problemOf(new Error('password is hunter2'));
  assert.deepEqual([other.status, other.code, other.kind], [500, 'ERR_INTERNAL', 'failed']);
  assert.ok(!JSON.stringify(other).includes('hunter2'));
});

test('a problem becomes an error again', () => {
  const error = new ProblemError(buildProblem({ status: 401, code: 'ERR_GRANT_REFUSED', detail: 'no' }));
  assert.deepEqual([error.code, error.kind, error.message], ['ERR_GRANT_REFUSED', 'no-key', 'no']);
});
