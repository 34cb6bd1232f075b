import type { SourceRow } from '../../../api/device/index.ts';
import type { KeyUse } from '../../../backup/index.ts';
import type { ItemClass } from '../../../database/index.ts';
import type { CompiledRules } from '../../../policy/evaluate/index.ts';
import {
  compileGlob,
  type DatabaseRule,
  type DecidedRule,
  type DeviceRules,
} from '../../../policy/rules/index.ts';

/** Why something is kept out. */
export interface Barrier {
  /**
   * `denied`: not to be backed up. `skipped`: not to be encrypted, so it stays here. `no-owner`: the user has no key
   * of their own. `no-key`: the server has sent no key for it. `unanswered`: policy would let the company in, and the user
   * has not said yes.
   */
  readonly code: 'denied' | 'skipped' | 'no-owner' | 'no-key' | 'unanswered';
  /** For people. */
  readonly reason: string;
  /** The policy that decided. */
  readonly policy: string;
}

/** Where something goes: a storage area unless told, a backup file, or a share, which another person opens (N11). */
export type Place = 'area' | 'file' | 'share';

/** The rules of this device, and the keys that it holds to follow them. */
export interface Gate extends CompiledRules {
  /** Why a database and class are kept out of a backup; undefined when they are not. */
  barrier(database: string, itemClass: ItemClass, place?: Place): Barrier | undefined;
  /** Names of the user's ways in. */
  readonly ways: readonly string[];
}

/** Why something has to be asked first, before a rule takes effect. */
export type Question = (
  database: string,
  itemClass: ItemClass,
  decided: DecidedRule,
) => Pick<Barrier, 'reason' | 'policy'> | undefined;

/** @param hasKey whether the keys are here that a rule names */
export function makeGate(
  compiled: CompiledRules,
  hasKey: (use: KeyUse) => boolean,
  ways: readonly string[] = [],
  question: Question = () => undefined,
): Gate {
  return {
    ...compiled,
    ways,
    barrier(database, itemClass, place = 'area') {
      const decided = compiled.ruleFor(database, itemClass);
      const { encrypt, custody } = ruleValues(decided);
      const barrier = barrierOf(decided, place);
      if (barrier) return barrier;
      // Of those who open a share, none is the company.
      if (place === 'share') return ways.length === 0 ? noOwnerToShare(decided) : undefined;
      const asked = question(database, itemClass, decided);
      if (asked) return { code: 'unanswered', ...asked };
      if (encrypt === 'none') return undefined;
      if (custody !== 'company' && ways.length === 0) return noOwner(decided);
      // `*` is every database: under a key for each it has none of its own, and what it stands for gets one.
      const eachItsOwn = database === '*' && encrypt === 'database' && custody !== 'user';
      if (eachItsOwn || hasKey({ database, class: itemClass, encrypt, custody })) return undefined;
      return noKey(decided);
    },
  };
}

/** Why the rule itself keeps it out. */
function barrierOf({ backup, share, encrypt, plain }: DecidedRule, place: Place): Barrier | undefined {
  if (backup.value === 'deny')
    return { code: 'denied', reason: `${denies(backup)} its backup`, policy: backup.policy };
  if (place === 'share' && share.value === 'deny')
    return { code: 'denied', reason: `${denies(share)} to share it`, policy: share.policy };
  if (encrypt.value === 'none') {
    if (plain.value === 'send' && place === 'file') return undefined;
    // A storage area never gets plain data, whatever `plain` says (B10).
    const why =
      plain.value === 'send'
        ? 'only a backup file takes it plain'
        : place !== 'file'
          ? 'a storage area takes nothing plain'
          : `${plain.policy === 'default' ? 'no policy says' : `policy ${plain.policy} says not`} to send it plain`;
    const reason = `policy ${encrypt.policy} says it is not to be encrypted, and ${why}`;
    return { code: 'skipped', reason, policy: encrypt.policy };
  }
  return undefined;
}

/** Who says no, for people. */
export const denies = ({ policy }: { readonly policy: string }): string =>
  policy === 'default' ? 'no policy allows' : `policy ${policy} does not allow`;

function noKey({ encrypt: { value, policy } }: DecidedRule): Barrier {
  const reason = `policy ${policy} wants the key of the ${value}, and the server has sent none for it`;
  return { code: 'no-key', reason, policy };
}

function noOwner({ custody: { value, policy } }: DecidedRule): Barrier {
  const reason = `policy ${policy} wants custody "${value}", and the user has no key of their own here; run: holdfast wim use --wim FILE`;
  return { code: 'no-owner', reason, policy };
}

const noOwnerToShare = ({ share: { policy } }: DecidedRule): Barrier => ({
  code: 'no-owner',
  reason:
    'what is shared is sealed for keys of your own, and there are none here; run: holdfast wim use --wim FILE',
  policy,
});

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
  gate: Gate,
  sources: readonly SourceRow[],
  place: Place = 'area',
): { readonly passed: readonly Passed[]; readonly keptOut: readonly KeptOut[] } {
  const passed: Passed[] = [];
  const keptOut: KeptOut[] = [];
  for (const source of sources) {
    const { database, label, kind } = source;
    const classes = classesOf(gate.rules, source);
    const barriers = classes.flatMap((itemClass) => {
      const barrier = gate.barrier(database, itemClass, place);
      return barrier ? [{ database, label, class: itemClass, ...barrier }] : [];
    });
    keptOut.push(...barriers);
    if (barriers.length === classes.length) continue;
    passed.push({
      source,
      classify: gate.classifier({ source: kind, label }),
      // Whatever keeps a class out is a plain no to the engine.
      rules: (itemClass) => ({
        ...ruleValues(gate.ruleFor(database, itemClass), place),
        backup: gate.barrier(database, itemClass, place) ? 'deny' : 'allow',
      }),
    });
  }
  return { passed, keptOut };
}

/**
 * The values without who decided them. Item by item into a backup file, unless a policy says otherwise (B10). A share is
 * sealed for both persons and nobody else, whoever opens a backup of it.
 */
const ruleValues = (
  { backup, encrypt, plain, custody, compress, pad, granularity, into, share, ...guard }: DecidedRule,
  place: Place = 'area',
): DatabaseRule => ({
  backup: backup.value,
  encrypt: place === 'share' ? 'user' : encrypt.value,
  plain: plain.value,
  custody: place === 'share' ? 'user' : custody.value,
  compress: compress.value,
  pad: pad.value,
  granularity: place === 'file' && granularity.policy === 'default' ? 'item' : granularity.value,
  into: into.value,
  share: share.value,
  'guard.removed': guard['guard.removed'].value,
  'guard.changed': guard['guard.changed'].value,
  'guard.atLeast': guard['guard.atLeast'].value,
});
