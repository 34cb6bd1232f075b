import type { DatabaseRow, SourceRow } from '../../../api/device/index.ts';
import type { ItemClass } from '../../../database/index.ts';
import type { DecidedRule, Encrypt } from '../../../policy/rules/index.ts';
import { classesOf, type Gate } from './gate.ts';

/** Every database that a rule names or a source fills, and `*` for all others; a row for each class (B9, U10). */
export function databaseRows(gate: Gate, sources: readonly SourceRow[]): DatabaseRow[] {
  const { rules } = gate;
  const names = new Set([...Object.keys(rules.databases), ...sources.map(({ database }) => database)]);
  names.delete('*');
  return [...[...names].sort(), '*'].flatMap((database) => {
    const filling = sources.filter((source) => source.database === database);
    return classesFor(gate, filling).map((itemClass): DatabaseRow => {
      const of = filling.filter((source) => classesOf(rules, source).includes(itemClass));
      return rowOf(gate, database, itemClass, of);
    });
  });
}

/** The classes that a database can hold here: those of its sources; without any, whatever rules tell apart. */
export function classesFor({ rules }: Gate, sources: readonly SourceRow[]): readonly ItemClass[] {
  if (sources.length === 0) {
    const named = rules.classify.some((entry) => entry.class === 'personal');
    return named || rules.classes.personal ? ['enterprise', 'personal'] : ['enterprise'];
  }
  const classes = new Set(sources.flatMap((source) => classesOf(rules, source)));
  return (['enterprise', 'personal'] as const).filter((itemClass) => classes.has(itemClass));
}

function rowOf(
  gate: Gate,
  database: string,
  itemClass: ItemClass,
  sources: readonly SourceRow[],
): DatabaseRow {
  const decided = gate.ruleFor(database, itemClass);
  const barrier = gate.barrier(database, itemClass);
  return {
    database,
    class: itemClass,
    sources: sources.map(({ label }) => label),
    available: barrier === undefined,
    ...(barrier && { reason: barrier.reason }),
    policy: barrier?.policy ?? decided.backup.policy,
    encrypt: decided.encrypt.value,
    encryptPolicy: decided.encrypt.policy,
    custody: decided.custody.value,
    custodyPolicy: decided.custody.policy,
    openedBy: barrier ? [] : openersOf(decided, gate.ways),
    into: decided.into.value,
    intoPolicy: decided.into.policy,
    share: decided.share.value,
    sharePolicy: decided.share.policy,
  };
}

/** Who can open what is stored under a rule (U1, U10). */
function openersOf({ encrypt, custody }: DecidedRule, ways: readonly string[]): string[] {
  const company = companyOpeners[encrypt.value];
  if (encrypt.value === 'none' || custody.value === 'company') return [...company];
  if (custody.value === 'user') return [...ways];
  if (custody.value === 'any') return [...company, ...ways];
  return ways.map((way) => `${company[0]} together with ${way}`);
}

/** The server keeps a copy of every policy key; who holds the others depends on whose key it is. */
const companyOpeners: Record<Encrypt, readonly string[]> = {
  none: ['anyone'],
  user: ['the company', "all of the user's devices"],
  database: ['the company', "all of the user's devices"],
  device: ['the company', 'this device'],
};
