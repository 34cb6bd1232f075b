import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** So many are named. */
const NAMED = 10;

/**
 * What is wrong with a value that a schema did not take, for people: `to: must not be empty; on: is missing`.
 *
 * @param whole how to call the value itself
 */
export const describeIssues = (issues: readonly Issue[], whole: string): string =>
  issues
    .slice(0, NAMED)
    .map((issue) => `${issue.path.join('.') || whole}: ${describe(issue)}`)
    .join('; ');

function describe(issue: Issue): string {
  switch (issue.code) {
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1) return 'must not be empty';
      return bound('at least', issue.minimum, issue.origin);
    case 'too_big':
      return bound('at most', issue.maximum, issue.origin);
    case 'invalid_type':
      if (/received undefined$/.test(issue.message)) return 'is missing';
      return `must be ${types[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'unrecognized_keys':
      return `has unknown fields: ${issue.keys.join(', ')}`;
    case 'custom':
      return issue.message;
    default:
      // A schema that says more than that brings its own words.
      return /^Invalid\b/.test(issue.message) ? 'has a wrong form' : issue.message;
  }
}

function bound(which: string, limit: number | bigint, origin: string): string {
  if (origin === 'string') return `must have ${which} ${limit} characters`;
  if (origin === 'array' || origin === 'set') return `must have ${which} ${limit} entries`;
  return `must be ${which} ${limit}`;
}

const types: Partial<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
};
