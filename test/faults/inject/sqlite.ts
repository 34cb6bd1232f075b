/** Wraps what of node:sqlite writes. The commits are counted apart from the statements before them. */
import { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Calls } from './calls.ts';
import type { Fn } from './files.ts';
import type { CallKind } from './plan.ts';

const COMMIT = /\b(commit|end)\s*;?\s*$/i;
const WRITES = /^\s*(insert|update|delete|replace|create|drop|alter|with\b.*\b(insert|update|delete))/is;

function kindOf(sql: string): CallKind | undefined {
  if (COMMIT.test(sql)) return 'commit';
  return WRITES.test(sql) ? 'sql' : undefined;
}

export function wrapSqlite(calls: Calls): void {
  const around = (sql: string, run: () => unknown): unknown => {
    const kind = kindOf(sql);
    return kind ? calls.make({ kind, target: sql.trim().slice(0, 60) }, run) : run();
  };
  const database = DatabaseSync.prototype as unknown as Record<string, Fn>;
  const exec = database.exec!;
  database.exec = function (this: unknown, sql) {
    return around(String(sql), () => exec.call(this, sql));
  } as Fn;
  const statement = StatementSync.prototype as unknown as Record<string, Fn>;
  for (const name of ['run', 'get', 'all']) {
    const real = statement[name]!;
    statement[name] = function (this: { sourceSQL: string }, ...args) {
      return around(this.sourceSQL, () => real.apply(this, args));
    } as Fn;
  }
}
