import type { SourceRow } from '../../../api/device/index.ts';
import type { ItemClass } from '../../../database/index.ts';
import type { CompiledRules } from '../../../policy/evaluate/index.ts';
import {
  type Custody,
  compileGlob,
  type DatabaseRule,
  type DecidedRule,
  type DeviceRules,
} from '../../../policy/rules/index.ts';

/** Why something is kept out. */
export interface Barrier {
  /** `denied`: not to be backed up. `skipped`: not to be encrypted, so it stays here. `no-owner`: nobody's key. */
  readonly code: 'denied' | 'skipped' | 'no-owner';
  /** For people. */
  readonly reason: string;
  /** The policy that decided. */
  readonly policy: string;
}

/** Why this rule keeps its database and class out of a storage area; undefined when it does not. */
export function barrierOf(decided: DecidedRule): Barrier | undefined {
  const { backup, encrypt, custody } = decided;
  if (backup.value === 'deny') {
    const reason =
      backup.policy === 'default'
        ? 'no policy allows its backup'
        : `policy ${backup.policy} does not allow its backup`;
    return { code: 'denied', reason, policy: backup.policy };
  }
  if (encrypt.value === 'none') {
    // A storage area never gets plain data, whatever `plain` says (B10).
    const reason = `policy ${encrypt.policy} says it is not to be encrypted, and a storage area takes nothing plain`;
    return { code: 'skipped', reason, policy: encrypt.policy };
  }
  if (!ownedHere.has(custody.value)) {
    const reason = `policy ${custody.policy} wants custody "${custody.value}", and the user has no key of their own here`;
    return { code: 'no-owner', reason, policy: custody.policy };
  }
  return undefined;
}

/** Custody that a device without a token or other way in of its user can give. */
const ownedHere: ReadonlySet<Custody> = new Set<Custody>(['company']);

/** Classes that items of a source can have by these rules, the unmatched one last. */
export function classesOf(
  rules: DeviceRules,
  source: { readonly kind: string; readonly label: string },
): ItemClass[] {
  const classes = new Set<ItemClass>();
  for (const entry of rules.classify) {
    if (entry.source !== undefined && entry.source !== source.kind) continue;
    if (entry.label !== undefined && !compileGlob(entry.label)(source.label)) continue;
    classes.add(entry.class);
    if (entry.path === undefined) return [...classes];
  }
  return [...classes.add('enterprise')];
}

/** A source of which something may be backed up. */
export interface Passed {
  readonly source: SourceRow;
  classify(path: string): ItemClass;
  rules(itemClass: ItemClass): DatabaseRule;
}

/** What is kept out of a run: a class of a source, or all of it. */
export interface KeptOut extends Barrier {
  readonly database: string;
  readonly label: string;
  readonly class: ItemClass;
}

/** Asks the rules about every source. Opens none. */
export function passSources(
  compiled: CompiledRules,
  sources: readonly SourceRow[],
): { readonly passed: readonly Passed[]; readonly keptOut: readonly KeptOut[] } {
  const passed: Passed[] = [];
  const keptOut: KeptOut[] = [];
  for (const source of sources) {
    const { database, label, kind } = source;
    const classes = classesOf(compiled.rules, source);
    const barriers = classes.flatMap((itemClass) => {
      const barrier = barrierOf(compiled.ruleFor(database, itemClass));
      return barrier ? [{ database, label, class: itemClass, ...barrier }] : [];
    });
    keptOut.push(...barriers);
    if (barriers.length === classes.length) continue;
    passed.push({
      source,
      classify: compiled.classifier({ source: kind, label }),
      rules: (itemClass) => ruleBehindGate(compiled.ruleFor(database, itemClass)),
    });
  }
  return { passed, keptOut };
}

/** The values alone; whatever keeps the class out is a plain no to the engine. */
export function ruleBehindGate(decided: DecidedRule): DatabaseRule {
  return {
    backup: barrierOf(decided) ? 'deny' : 'allow',
    encrypt: decided.encrypt.value,
    plain: decided.plain.value,
    custody: decided.custody.value,
    compress: decided.compress.value,
    pad: decided.pad.value,
    granularity: decided.granularity.value,
    into: decided.into.value,
  };
}
