/**
 * The chain that a run adds to: its own as last left, rebuilt when the state was lost, a new one when the state is an
 * older copy (design: "Manifest").
 */
import { toBase64Url } from '../../lib/bytes.ts';
import type { ChainPlace, Manifest } from '../../set/index.ts';
import { manifestPrefix } from '../../set/index.ts';
import type { Catalogue, ChainState } from '../catalogue.ts';
import {
  checkChain,
  knownHead,
  type ListedSet,
  listChains,
  newestChain,
  readManifest,
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

export async function openChainForRun(context: EngineContext, catalogue: Catalogue): Promise<OpenedChain> {
  await closePrepared(context, catalogue);
  const state = catalogue.chain();
  return state ? continueChain(context, catalogue, state) : findChain(context, catalogue);
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
  if (listed.some(({ counter, set }) => counter >= last.counter && set !== last.set)) return;
  const head = knownHead(context, place);
  if (head && head.counter >= last.counter && head.hash !== last.hash) return;
  await context.destination.putObject(prepared.name, 'manifest', prepared.bytes);
  prepared.commit();
  keyringInUse(context, chain); // forgets it after its last set
}

async function continueChain(
  context: EngineContext,
  catalogue: Catalogue,
  state: ChainState,
): Promise<OpenedChain> {
  const place = { device: context.keys.device, chain: state.chain };
  const [listed = []] = await listChains(context, manifestPrefix(place));
  const newest = [...listed].sort((a, b) => a.counter - b.counter).at(-1);
  const head = knownHead(context, place);
  const { last } = state;

  // Behind: this state is an older copy. What was written since must not be written over (design: "Manifest").
  if ((newest?.counter ?? 0) > last.counter || (head?.counter ?? 0) > last.counter)
    return takeOver(context, catalogue, place, newest);
  if (newest?.counter !== last.counter)
    throw new BackupError(
      'ERR_ROLLED_BACK',
      `chain ${state.chain}: set ${last.counter} was stored, but the destination lists ${newest?.counter ?? 'nothing'}: it lost sets or holds them back`,
    );
  if (newest.set !== last.set || (head?.counter === last.counter && head.hash !== last.hash))
    throw new BackupError(
      'ERR_FORKED',
      `chain ${state.chain}: set ${last.counter} is not the one that was stored`,
    );
  return { place, state };
}

async function takeOver(
  context: EngineContext,
  catalogue: Catalogue,
  place: ChainPlace,
  newest: ListedSet | undefined,
): Promise<OpenedChain> {
  // What the destination lists is only a claim: the state is given up for what this device has signed.
  const last = newest && (await readManifest(context, place, newest.counter, newest.set));
  context.report({
    kind: 'notice',
    code: 'STATE_BEHIND',
    message: `this device's state is older than its backups: a new chain is begun after ${place.chain}`,
  });
  catalogue.clear();
  context.keys.forgetKeyring(place.chain);
  const fresh = { ...newChain(context), state: undefined };
  if (!last) return fresh;
  return { ...fresh, continues: { chain: place.chain, counter: last.manifest.counter, hash: last.hash } };
}

/** No state: a chain of this device is taken up again, if there is one that its keys open. */
async function findChain(context: EngineContext, catalogue: Catalogue): Promise<OpenedChain> {
  const chains = await listChains(context, `${context.keys.device}/`);
  const listed = newestChain(chains, context.keys.device, context);
  if (!listed) {
    // What the first run had stored before it broke off lies in the chain that it had begun.
    return { ...newChain(context, catalogue.unfinished()), state: undefined };
  }
  const chain = await checkChain(context, listed);
  await rebuild(context, catalogue, chain);
  return { place: chain.place, state: catalogue.chain() };
}

const newChain = (context: EngineContext, begun?: string): { place: ChainPlace } => ({
  place: { device: context.keys.device, chain: begun ?? toBase64Url(context.platform.random(16)) },
});
