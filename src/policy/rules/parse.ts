import { durationMs } from './duration.ts';
import { PolicyError } from './errors.ts';
import type { DatabaseRow, Policy } from './policy.ts';
import { check, copy, type Path, type Problem, showPath } from './shape.ts';
import { policyShape } from './table.ts';

/** What is wrong with a value as a policy; nothing when it is one. `value` is parsed JSON or YAML. */
export function policyProblems(value: unknown): readonly Problem[] {
  const problems = check(policyShape, value, true);
  return problems.length > 0 ? problems : contradictions(value as Policy);
}

/**
 * A policy from parsed JSON or YAML. Unknown fields are refused: a field spelt wrongly must not be a rule that
 * is silently missing.
 *
 * @throws PolicyError `ERR_POLICY_INVALID`, e.g. `databases.Messages.encrypt: "aes" is not one of none, user, ...`
 */
export function parsePolicy(value: unknown): Policy {
  const problems = policyProblems(value);
  if (problems.length > 0) throw new PolicyError('ERR_POLICY_INVALID', problems.map(showProblem));
  return copy(policyShape, value) as Policy;
}

export function showProblem({ path, what }: Problem): string {
  return path.length === 0 ? what : `${showPath(path)}: ${what}`;
}

/** What concerns two fields at once. */
function contradictions(policy: Policy): readonly Problem[] {
  const problems: Problem[] = [];
  const { refresh, expires, schedule } = policy;
  const longer = (a: string | undefined, b: string | undefined): boolean =>
    a !== undefined && b !== undefined && durationMs(a)! >= durationMs(b)!;
  if (longer(refresh, expires)) {
    problems.push({ path: ['refresh'], what: `"${refresh}" is not shorter than expires "${expires}"` });
  }
  if (longer(schedule?.every, schedule?.alertAfter)) {
    const what = `"${schedule?.alertAfter}" is not longer than every "${schedule?.every}"`;
    problems.push({ path: ['schedule', 'alertAfter'], what });
  }
  policy.classify?.forEach((entry, i) => {
    if (entry.source === undefined && entry.path === undefined && entry.label === undefined) {
      problems.push({ path: ['classify', i], what: 'needs a source, a path or a label to match' });
    }
  });
  return [...problems, ...givenAway(policy), ...sharedAway(policy)];
}

/**
 * Custody that lets the user alone open the company's data (U1): only where the same row says that it may be restored
 * elsewhere. A row by database is for both classes, unless this policy's own row for `enterprise` says another custody.
 */
const givenAway = (policy: Policy): readonly Problem[] =>
  rowsForEnterprise(policy, 'custody').flatMap(([path, { custody, into, backup }]) =>
    (custody === 'user' || custody === 'any') && into !== 'allow' && backup !== 'deny'
      ? [{ path: [...path, 'custody'], what: `"${custody}" ${ALONE}` }]
      : [],
  );

/** The same of sharing: whoever is invited opens it alone (N11). */
const sharedAway = (policy: Policy): readonly Problem[] =>
  rowsForEnterprise(policy, 'share').flatMap(([path, { share, into, backup }]) =>
    share === 'allow' && into !== 'allow' && backup !== 'deny'
      ? [{ path: [...path, 'share'], what: `"allow" ${TO_OTHERS}` }]
      : [],
  );

function rowsForEnterprise(
  { databases = {}, classes = {} }: Policy,
  field: 'custody' | 'share',
): [Path, DatabaseRow][] {
  const ofClass = classes.enterprise;
  const rows: [Path, DatabaseRow][] = ofClass ? [[['classes', 'enterprise'], ofClass]] : [];
  if (ofClass?.[field] === undefined)
    for (const [name, row] of Object.entries(databases)) rows.push([['databases', name], row]);
  return rows;
}

const ALONE =
  "lets the user open the company's data alone, and restore it anywhere; say into: allow beside it, or another custody under classes.enterprise";
const TO_OTHERS =
  "lets another person open the company's data alone, and restore it anywhere; say into: allow beside it, or share: deny under classes.enterprise";
