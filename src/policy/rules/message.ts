/** The rules section of a policy message: `DeviceRules` as JSON, and back. */
import { PolicyError } from './errors.ts';
import { showProblem } from './parse.ts';
import type { DeviceRules } from './rules.ts';
import { check, copy, type Shape } from './shape.ts';
import { rulesShape } from './table.ts';

/** Equal rules give values that are equal as JSON text: fields stand in the order of the table, names sorted. */
export function encodeRules(rules: DeviceRules): { readonly [field: string]: unknown } {
  return ordered(rulesShape, rules) as { [field: string]: unknown };
}

/**
 * Unknown fields are ignored, so that a newer server can say more to an older device; a value that this
 * version does not know is refused, for it cannot be obeyed.
 *
 * @throws PolicyError `ERR_RULES_MALFORMED`
 */
export function decodeRules(value: unknown): DeviceRules {
  const problems = check(rulesShape, value, false);
  if (problems.length > 0) {
    const lines = problems.map((problem) => `rules of the policy message: ${showProblem(problem)}`);
    throw new PolicyError('ERR_RULES_MALFORMED', lines);
  }
  return copy(rulesShape, value) as DeviceRules;
}

function ordered(shape: Shape, value: unknown): unknown {
  if (shape.kind === 'list')
    return (value as readonly unknown[]).map((element) => ordered(shape.of, element));
  if (shape.kind !== 'record' && shape.kind !== 'map') return value;
  const from = value as { readonly [key: string]: unknown };
  const keys = shape.kind === 'map' ? Object.keys(from).sort() : Object.keys(shape.fields);
  return Object.fromEntries(
    keys
      .filter((key) => Object.hasOwn(from, key) && from[key] !== undefined)
      .map((key) => [key, ordered(shape.kind === 'map' ? shape.of : shape.fields[key]!, from[key])]),
  );
}
