/** Exclusion by gitignore rules, relative to the root. */
import ignore, { type Ignore } from 'ignore';
import { type BytePath, shown } from '../files/index.ts';

/** Whether a path is left out; that of a directory ends in `/`. */
export type Excluder = (path: BytePath) => boolean;

/** The package remembers every path that it was asked about; so it is made anew from time to time. */
const FORGET_AFTER = 20_000;

export function excluder(patterns: readonly string[]): Excluder {
  if (patterns.length === 0) return () => false;
  const make = (from: readonly string[] | Ignore): Ignore =>
    ignore({ ignoreCase: false, allowRelativePaths: true }).add(from);
  const rules = make(patterns);
  let asked = 0;
  let current = make(rules);
  return (path) => {
    if (++asked % FORGET_AFTER === 0) current = make(rules);
    return current.ignores(shown(path));
  };
}
