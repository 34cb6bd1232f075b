/**
 * Evaluate: from the policies of a server to the rules of one device (`resolve`), and from those to what holds
 * for a database, a class, an item (`ruleFor`, `classify`; `compileRules` when there are many). Pure: the same
 * on the server that makes a policy message and on the device that obeys it.
 */
export { type Applied, applicable, type DeviceFacts } from './applicable.ts';
export { type Classifier, classifier, classify, type Origin } from './classify.ts';
export { type CompiledRules, compileRules } from './compile.ts';
export { type Explained, type ExplainedSetting, type ExplainedValue, explain } from './explain.ts';
export { resolve } from './resolve.ts';
export { ruleFor } from './rule-for.ts';
export { allowsSharing } from './sharing.ts';
