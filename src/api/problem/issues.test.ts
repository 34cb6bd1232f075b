import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { describeIssues } from './index.ts';

const schema = z.strictObject({
  name: z.string().min(1).max(5).optional(),
  id: z.string().regex(/^x/, 'must begin with x').optional(),
  form: z.string().regex(/^x/).optional(),
  list: z.array(z.string()).min(2).max(3).optional(),
  count: z.int().min(3).max(9).optional(),
  kind: z.enum(['a', 'b']).optional(),
  on: z.boolean().optional(),
  one: z.discriminatedUnion('k', [z.object({ k: z.literal('v'), n: z.number() })]).optional(),
});

test('what is wrong is said in our words, and where', () => {
  const cases: [unknown, string][] = [
    [{ name: '' }, 'name: must not be empty'],
    [{ name: '123456' }, 'name: must have at most 5 characters'],
    [{ id: 'y' }, 'id: must begin with x'],
    [{ form: 'y' }, 'form: has a wrong form'],
    [{ list: ['1'] }, 'list: must have at least 2 entries'],
    [{ list: ['1', '2', '3', '4'] }, 'list: must have at most 3 entries'],
    [{ list: ['1', 2] }, 'list.1: must be a text'],
    [{ count: 2 }, 'count: must be at least 3'],
    [{ count: 10 }, 'count: must be at most 9'],
    [{ count: 3.5 }, 'count: must be a whole number'],
    [{ kind: 'c' }, 'kind: must be one of a, b'],
    [{ on: 'yes' }, 'on: must be true or false'],
    [{ one: { k: 'v' } }, 'one.n: is missing'],
    [{ one: { k: 'w' } }, 'one.k: has a wrong form'],
    [{ more: 1, most: 2 }, 'body: has unknown fields: more, most'],
    ['text', 'body: must be an object'],
    [{ name: '', on: 1 }, 'name: must not be empty; on: must be true or false'],
  ];
  for (const [value, expected] of cases) {
    const { error } = schema.safeParse(value);
    assert.equal(describeIssues(error!.issues, 'body'), expected);
  }
});

test('of many only the first ten are named', () => {
  const { error } = z.array(z.string()).safeParse(Array.from({ length: 50 }, () => 1));
  assert.equal(describeIssues(error!.issues, 'body').split('; ').length, 10);
});
