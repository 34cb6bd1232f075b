/**
 * Rules: what an administrator may decide, as values. A *policy* is what was written, for a scope; *rules* are
 * what results for one device and travel in its policy message. `policy/evaluate` leads from one to the other;
 * `yaml/` reads a policy from text.
 */
export { durationMs, showDuration } from './duration.ts';
export * from './errors.ts';
export { compileGlob } from './glob.ts';
export { decodeRules, encodeRules } from './message.ts';
export { parsePolicy, policyProblems, showProblem } from './parse.ts';
export { percentValue, showPercent } from './percent.ts';
export * from './policy.ts';
export * from './rules.ts';
export { type JsonSchema, policySchema } from './schema.ts';
export type { Path, Problem } from './shape.ts';
export { databaseFieldNames } from './table.ts';
export { inVersionRange } from './version.ts';
