/**
 * The chain that a run adds to: its own as last left, rebuilt when the state was lost, a new one when the state is an
 * older copy (design: "Manifest").
 */
import { toBase64Url } from '../../lib/bytes.ts';
import {
  type ChainPlace,
  DestinationError,
  type Manifest,
  manifestPrefix,
  type UsedSet,
} from '../../set/index.ts';
import type { Catalogue, ChainState } from '../catalogue.ts';
import {
  ForeignNames,
  knownHead,
  type ListedSet,
  listChains,
  newestChains,
  tryChain,
  type VerifiedManifest,
} from '../chain/index.ts';
import type { EngineContext } from '../contract.ts';
import { BackupError } from '../errors.ts';
import { rebuild } from '../rebuild/index.ts';
import { keyringInUse } from './keyring-state.ts';

export interface OpenedChain {
  readonly place: ChainPlace;
  /** Undefined in a new chain. */
  readonly state: ChainState | undefined;
  readonly continues?: NonNullable<Manifest['continues']>;
}

/** @param chain of a share; none is looked for then, and none takes its place */
export async function openChainForRun(
  context: EngineContext,
  catalogue: Catalogue,
  chain?: string,
): Promise<OpenedChain> {
  await closePrepared(context, catalogue);
  const state = catalogue.chain();
  if (state) return continueChain(context, catalogue, state);
  if (chain !== undefined) return { place: { device: context.keys.device, chain }, state: undefined };
  return findChain(context, catalogue);
}

/**
 * A run that broke off before its manifest was known to be stored: the same bytes are stored, or are there. Where another
 * set stands in its place or above, this state is an older copy, and a second manifest under one counter would fork the
 * chain: the run is left to what becomes of such a state.
 */
async function closePrepared(context: EngineContext, catalogue: Catalogue): Promise<void> {
  const prepared = catalogue.prepared();
  if (!prepared) return;
  const { chain, last } = prepared.result.state;
  const place = { device: context.keys.device, chain };
  const [listed = []] = await listChains(context, manifestPrefix(place));
  const others = listed.filter(({ counter, set }) => counter >= last.counter && set !== last.set);
  if (await newestOf(context, others)) return;
  const head = knownHead(context, place);
  if (head && head.counter >= last.counter && head.hash !== last.hash) return;
  try {
    await context.destination.putObject(prepared.name, 'manifest', prepared.bytes);
  } catch (error) {
    // Its name is taken, which what follows will say: it is made anew under another one.
    if (error instanceof DestinationError && error.code === 'ERR_OBJECT_CONFLICT') return;
    throw error;
  }
  prepared.commit();
  keyringInUse(context, chain); // forgets it after its last set
}

/** What the destination lists is only a claim: the newest that this device has signed. */
async function newestOf(
  context: EngineContext,
  sets: readonly ListedSet[],
): Promise<VerifiedManifest | undefined> {
  const foreign = new ForeignNames(context);
  let newest: VerifiedManifest | undefined;
  for (const listed of sets.toSorted((a, b) => b.counter - a.counter))
    if ((newest = await foreign.read(listed))) break;
  foreign.report();
  return newest;
}

async function continueChain(
  context: EngineContext,
  catalogue: Catalogue,
  state: ChainState,
): Promise<OpenedChain> {
  const place = { device: context.keys.device, chain: state.chain };
  const [listed = []] = await listChains(context, manifestPrefix(place));
  const head = knownHead(context, place);
  const { last } = state;

  // Behind: this state is an older copy. What was written since must not be written over (design: "Manifest").
  const newer = await newestOf(
    context,
    listed.filter(({ counter }) => counter > last.counter),
  );
  if (newer || (head?.counter ?? 0) > last.counter)
    return takeOver(context, catalogue, place, newer ? { ...newer.manifest, hash: newer.hash } : last);
  const there = listed.filter(({ counter }) => counter === last.counter);
  if (there.length === 0)
    throw new BackupError(
      'ERR_ROLLED_BACK',
      `chain ${state.chain}: set ${last.counter} was stored, but the destination does not list it: it lost sets or holds them back`,
    );
  if (
    !there.some(({ set }) => set === last.set) ||
    (head?.counter === last.counter && head.hash !== last.hash)
  )
    throw new BackupError(
      'ERR_FORKED',
      `chain ${state.chain}: set ${last.counter} is not the one that was stored`,
    );
  return { place, state };
}

function takeOver(
  context: EngineContext,
  catalogue: Catalogue,
  { chain }: ChainPlace,
  { counter, hash }: Pick<UsedSet, 'counter' | 'hash'>,
): OpenedChain {
  if (context.shares)
    throw new BackupError(
      'ERR_SHARE_BEHIND',
      `share ${chain}: what this device remembers of it is older than what is stored, so that it can neither be changed nor ended from here; access to it ends with its grants`,
    );
  context.report({
    kind: 'notice',
    code: 'STATE_BEHIND',
    message: `this device's state is older than its backups: a new chain is begun after ${chain}`,
  });
  catalogue.clear();
  context.keys.forgetKeyring(chain);
  const { place } = newChain(context);
  return { place, state: undefined, continues: { chain, counter, hash } };
}

/** No state: a chain of this device is taken up again, if there is one that its keys open. */
async function findChain(context: EngineContext, catalogue: Catalogue): Promise<OpenedChain> {
  const chains = await listChains(context, `${context.keys.device}/`);
  for (const listed of newestChains(chains, context.keys.device, context)) {
    const tried = await tryChain(context, listed);
    if (tried.kind === 'foreign') continue;
    await rebuild(context, catalogue, tried.chain);
    return { place: tried.chain.place, state: catalogue.chain() };
  }
  // What the first run had stored before it broke off lies in the chain that it had begun.
  return { ...newChain(context, catalogue.unfinished()), state: undefined };
}

const newChain = (context: EngineContext, begun?: string): { place: ChainPlace } => ({
  place: { device: context.keys.device, chain: begun ?? toBase64Url(context.platform.random(16)) },
});
