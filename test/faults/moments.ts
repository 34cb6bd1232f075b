/** Draws moments over all kinds of calls, so that a rare one such as a rename or a commit gets its share. */
import { createHash } from 'node:crypto';
import { pick, seeded } from '../world/data.ts';
import type { CallKind, Moment, When } from './inject/plan.ts';
import type { Fault } from './program.ts';

export type Counts = Partial<Record<CallKind, number>>;

/** Kinds that have a middle, and those after which a disk may lose something. */
const MIDDLE: readonly CallKind[] = ['write', 'send'];
const ON_DISK: readonly CallKind[] = [
  'open',
  'write',
  'truncate',
  'sync',
  'rename',
  'link',
  'remove',
  'mkdir',
  'meta',
];

/** `count` faults out of those that a run with these counts can meet; the same for the same seed. */
export function drawFaults(counts: Counts, count: number, seed: string): Fault[] {
  const random = seeded(createHash('sha256').update(seed).digest().readInt32LE());
  const kinds = (Object.entries(counts) as [CallKind, number][]).filter(([, number]) => number > 0).sort();
  if (kinds.length === 0) throw new Error('this scenario makes no calls');
  const drawn = new Set<string>();
  const faults: Fault[] = [];
  for (let tried = 0; faults.length < count && tried < count * 50; tried++) {
    const [kind, calls] = byRoot(kinds, random);
    const whens: readonly When[] = MIDDLE.includes(kind)
      ? ['before', 'middle', 'after']
      : ['before', 'after'];
    const moment: Moment = {
      kind,
      number: 1 + pick(random, calls),
      when: whens[pick(random, whens.length)]!,
    };
    const powerful = pick(random, ON_DISK.includes(kind) ? 2 : 4) === 0;
    const fault = { moment, ...(powerful && { power: pick(random, 1_000_000) }) };
    const name = nameOf(fault).replace(/~.*/, '~');
    if (drawn.has(name) && tried < count * 20) continue;
    drawn.add(name);
    faults.push(fault);
  }
  return faults;
}

/** A kind with a hundred times the calls of another is drawn ten times as often. */
function byRoot(
  kinds: readonly [CallKind, number][],
  random: (length: number) => Buffer,
): [CallKind, number] {
  const weights = kinds.map(([, calls]) => Math.sqrt(calls));
  let at = (pick(random, 1_000_000) / 1_000_000) * weights.reduce((sum, weight) => sum + weight, 0);
  return kinds.find((_, i) => (at -= weights[i]!) < 0) ?? kinds[0]!;
}

/** `rename.3.after`, or `rename.3.after~17` with the seed of a power failure. */
export function nameOf({ moment, power }: Fault): string {
  if (!moment) return 'none';
  return `${moment.kind}.${moment.number}.${moment.when}${power === undefined ? '' : `~${power}`}`;
}

export function parseFault(name: string): Fault {
  const [, kind, number, when, power] =
    /^([a-z]+)\.(\d+)\.(before|middle|after)(?:~(\d+))?$/.exec(name) ?? [];
  if (!kind) throw new Error(`${name}: a moment is KIND.NUMBER.WHEN or KIND.NUMBER.WHEN~SEED`);
  const moment = { kind: kind as CallKind, number: Number(number), when: when as When };
  return { moment, ...(power !== undefined && { power: Number(power) }) };
}
