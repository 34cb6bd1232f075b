/**
 * Which set is meant (design: `restore`): the one that was named; else the newest of this device; else the newest of
 * the user's only other device that has any. With a time, the newest of that device that was made by then.
 */
import type { EngineContext, Head } from '../contract.ts';
import { BackupError } from '../errors.ts';
import type { SetChoice } from '../requests.ts';
import { setAt } from './at.ts';
import { type Chain, descend, headsHere, knownHead, rolledBack, tryChain } from './chain.ts';
import { downwards } from './down.ts';
import { type ListedSet, listChains } from './listed.ts';
import type { VerifiedManifest } from './manifests.ts';
import { missingChains } from './missing.ts';

export interface ChosenSet {
  readonly chain: Chain;
  readonly verified: VerifiedManifest;
}

/** @throws BackupError `ERR_ROLLED_BACK` when sets are known, or expected, that are not there */
export async function chooseSet(context: EngineContext, choice: SetChoice): Promise<ChosenSet> {
  const listed = choice.set ? await listChains(context, placeOf(choice)) : await ownChains(context, choice);
  if (choice.set)
    return namedSet(context, chainsOfSet(listed, choice, choice.set, context), choice, choice.set);
  const chains = chainsOfDevice(listed, choice, context);
  if (choice.at !== undefined) {
    if (choice.expect !== undefined) requireExpected(await firstChain(context, chains), choice.expect);
    const { device } = chains[0]![0]!;
    const others = listed.filter((other) => other[0]!.device === device && !chains.includes(other));
    return setAt(context, [...chains, ...others], choice.at);
  }
  const chain = await firstChain(context, chains);
  if (choice.expect !== undefined) requireExpected(chain, choice.expect);
  return { chain, verified: await newestSet(context, chain) };
}

/** Its id can stand in a name that somebody else made: it is the one of a manifest, whichever is listed first. */
async function namedSet(
  context: EngineContext,
  chains: readonly ListedSet[][],
  { acceptOlder, expect }: SetChoice,
  set: string,
): Promise<ChosenSet> {
  let error: Error | undefined;
  for (const listed of chains) {
    const tried = await tryChain(context, listed, acceptOlder);
    if (tried.kind === 'foreign') {
      error ??= tried.error;
      continue;
    }
    const { chain } = tried;
    const named = chain.listed.find((one) => one.set === set);
    if (!named) {
      error ??= chain.foreign.error(set);
      continue;
    }
    if (expect !== undefined) requireExpected(chain, expect);
    return { chain, verified: await descend(context, chain, named.counter) };
  }
  throw error ?? unknownSet(context, set);
}

/** The first that is a chain: names that somebody else made are passed over, unless there is nothing else. */
async function firstChain(context: EngineContext, chains: readonly ListedSet[][]): Promise<Chain> {
  let error: Error | undefined;
  for (const listed of chains) {
    const tried = await tryChain(context, listed);
    if (tried.kind === 'chain') return tried.chain;
    error ??= tried.error;
  }
  throw error!;
}

/** What was pruned or wrapped anew holds nothing of its own: the newest set below is meant. */
async function newestSet(context: EngineContext, chain: Chain): Promise<VerifiedManifest> {
  for await (const verified of downwards(context, chain)) return verified;
  throw noSets(context);
}

const placeOf = ({ device, chain }: SetChoice): string =>
  device ? `${device}/${chain ? `${chain}/` : ''}` : '';

/** Which devices there are the destination only claims: unless one is named, those of the user are looked at. */
export async function ownChains(context: EngineContext, choice: SetChoice): Promise<ListedSet[][]> {
  const listed = await listChains(context, placeOf(choice));
  if (choice.device) return listed;
  const own: ListedSet[][] = [];
  for (const chain of listed) if (await context.trust.signer(chain[0]!.device)) own.push(chain);
  // With nothing of the user's own, the refusal says whose it is.
  return own.length > 0 ? own : listed;
}

/** What a user knows from elsewhere, when no server says it (U2). */
function requireExpected({ place, newest }: Chain, expected: number): void {
  const { counter } = newest.manifest;
  if (counter < expected)
    throw new BackupError(
      'ERR_ROLLED_BACK',
      `chain ${place.chain}: manifest ${expected} is expected, but the newest there is ${counter}: the destination lost it or holds it back`,
    );
}

function chainsOfSet(
  chains: readonly ListedSet[][],
  choice: SetChoice,
  set: string,
  context: EngineContext,
): ListedSet[][] {
  const found = chains.filter((chain) => chain.some((one) => one.set === set));
  if (found.length > 0) return found;
  const [missing] = missingChains(context, chains, choice);
  if (missing) throw rolledBack(missing, 0, missing);
  // It may be one of those that are held back.
  for (const chain of chains) {
    const head = knownHead(context, chain[0]!);
    const last = Math.max(...chain.map(({ counter }) => counter));
    if (head && head.counter > last) throw rolledBack(chain[0]!, last, head);
  }
  throw unknownSet(context, set);
}

const unknownSet = (context: EngineContext, set: string): BackupError =>
  new BackupError('ERR_SET_UNKNOWN', `${context.destination.label}: there is no set ${set}`);

function chainsOfDevice(
  chains: readonly ListedSet[][],
  choice: SetChoice,
  context: EngineContext,
): ListedSet[][] {
  const listed = chains.map((chain) => chain[0]!.device);
  // Whose sets are known to be here is not for the destination to say.
  const known = headsHere(context).map((head) => head.device);
  const devices = [...new Set([...listed, ...known])];
  const own = context.keys.device;
  const device = choice.device ?? (devices.includes(own) ? own : devices[0]);
  if (device === undefined) throw noSets(context);
  if (!choice.device && device !== own && devices.length > 1)
    throw new BackupError(
      'ERR_SET_AMBIGUOUS',
      `several devices have backups there: ${devices.join(', ')}; name one with --device`,
    );
  const found = newestChains(chains, device, context);
  if (found.length === 0) throw noSets(context);
  return found;
}

const noSets = ({ destination }: EngineContext): BackupError =>
  new BackupError('ERR_NO_SETS', `${destination.label}: nothing is backed up there yet`);

/**
 * A device that found itself behind its chain began a new one. Of several the one counts whose head was reported
 * last; without heads any of them may: the one that lists first is only a guess, and freshness is unknown.
 *
 * @returns the chains to be tried, in order; none when the device has none there
 * @throws BackupError `ERR_ROLLED_BACK` when the chain whose head was reported last is not there
 */
export function newestChains(
  chains: readonly ListedSet[][],
  device: string,
  context: EngineContext,
): ListedSet[][] {
  const own = chains.filter((chain) => chain[0]!.device === device);
  const heads = headsHere(context).filter((head) => head.device === device);
  const last = heads.reduce<Head | undefined>((a, b) => (a && a.time >= b.time ? a : b), undefined);
  if (!last) return own;
  const found = own.find((chain) => chain[0]!.chain === last.chain);
  if (!found) throw rolledBack(last, 0, last);
  return [found];
}
