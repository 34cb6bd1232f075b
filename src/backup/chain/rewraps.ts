/**
 * Envelopes that were wrapped anew, because the ways in have changed. Their manifests stand in the chains of the user's
 * devices; whose word that is decides only which envelopes are looked at: the data keys have to meet the commitments of
 * the set's own manifest.
 */
import { BaseError } from '../../lib/errors.ts';
import {
  type ChainPlace,
  DestinationError,
  envelopeName,
  type ManifestEnvelope,
  type RewrappedEnvelope,
} from '../../set/index.ts';
import type { EngineContext } from '../contract.ts';
import { BackupError } from '../errors.ts';
import { type Chain, tryChain } from './chain.ts';
import { fetchEnvelope, type NamedEnvelope, openNamed, type StoredAt } from './envelopes.ts';
import { type ListedSet, listChains } from './listed.ts';
import { readPinned, type VerifiedManifest } from './manifests.ts';

/** One that takes the place of another. */
export interface Replacement extends StoredAt {
  /** The device that wrapped it. */
  readonly by: string;
  readonly time: number;
}

/** What the user's devices have wrapped anew at a destination. Read when it is first needed. */
export class Rewraps {
  readonly #context: EngineContext;
  #found: Promise<ReadonlyMap<string, readonly Replacement[]>> | undefined;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Those that may have taken the place of an envelope, the newest first. */
  async of({ place, keyring, envelope: { number, hash } }: NamedEnvelope): Promise<readonly Replacement[]> {
    this.#found ??= this.#read();
    const key = keyOf({ device: place.device, chain: place.chain, keyring, number, hash });
    return (await this.#found).get(key) ?? [];
  }

  /**
   * The keys of an envelope from one that took its place; undefined when none is there.
   * @throws CryptoError when none opens: `ERR_NO_KEY`, or what is wrong with one of them
   */
  async open(named: NamedEnvelope): Promise<Map<string, Uint8Array> | undefined> {
    let refused: BaseError | undefined;
    for (const found of await this.of(named)) {
      try {
        return await openNamed(this.#context, named, found, await fetchEnvelope(this.#context, found));
      } catch (error) {
        if (isGone(error)) continue;
        if (!isNotHere(error) && !(error instanceof BaseError && error.kind === 'integrity')) throw error;
        if (!refused || !isNotHere(error)) refused = error as BaseError;
      }
    }
    if (refused) throw refused;
    return undefined;
  }

  /** Whether one is there, byte for byte; nothing is opened. */
  async hasAny(named: NamedEnvelope): Promise<boolean> {
    for (const found of await this.of(named)) {
      try {
        await fetchEnvelope(this.#context, found);
        return true;
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    }
    return false;
  }

  async #read(): Promise<Map<string, Replacement[]>> {
    const found = new Map<string, Replacement[]>();
    const { destination, trust } = this.#context;
    // A backup file is one chain for those who could open it when it was made.
    if (destination.area === undefined) return found;
    for (const listed of await listChains(this.#context, '')) {
      if (!(await trust.signer(listed[0]!.device))) continue;
      const newest = await this.#newestOf(listed);
      for (const one of newest?.manifest.rewrap ?? []) {
        const key = keyOf(one);
        const { device, time } = newest!.manifest;
        found.set(key, [...(found.get(key) ?? []), { ...storedAt(newest!.manifest, one), by: device, time }]);
      }
    }
    for (const all of found.values()) all.sort((a, b) => b.time - a.time);
    return found;
  }

  /** What one chain does not show, or shows wrongly, another may have. */
  async #newestOf(listed: readonly ListedSet[]): Promise<VerifiedManifest | undefined> {
    try {
      const tried = await tryChain(this.#context, listed, true);
      if (tried.kind === 'chain') return await newestRewrap(this.#context, tried.chain);
      if (isEndedUnknown(tried.error)) this.#passOver(listed, tried.error);
    } catch (error) {
      if (!(error instanceof BaseError && error.kind === 'integrity')) throw error;
      this.#passOver(listed, error);
    }
    return undefined;
  }

  #passOver(listed: readonly ListedSet[], { message }: BaseError): void {
    this.#context.report({
      kind: 'notice',
      code: 'REWRAPS_PASSED_OVER',
      message: `what was wrapped anew in chain ${listed[0]!.chain} is not looked at: ${message}`,
    });
  }
}

/** The newest manifest of kind `rewrap` of a checked chain: it lists what those before it do, as far as it counts. */
export async function newestRewrap(
  context: EngineContext,
  { newest, place }: Pick<Chain, 'newest' | 'place'>,
): Promise<VerifiedManifest | undefined> {
  if (newest.manifest.kind === 'rewrap') return newest;
  const { rewrapped } = newest.manifest;
  if (!rewrapped) return undefined;
  const found = await readPinned(context, place, rewrapped);
  if (found.manifest.kind === 'rewrap') return found;
  throw new BackupError('ERR_MANIFEST', `chain ${place.chain}: manifest ${rewrapped.counter} is no rewrap`);
}

/** It lies among the envelopes of the chain that says so. */
export const storedAt = (in_: ChainPlace, { keyring, new: now }: RewrappedEnvelope): StoredAt => ({
  name: envelopeName(in_, keyring, now.number),
  ...now,
});

export const rewrapOf = (
  { place, keyring, envelope: { number, hash } }: NamedEnvelope,
  now: Pick<ManifestEnvelope, 'number' | 'hash'>,
): RewrappedEnvelope => ({ ...place, keyring, number, hash, new: now });

/** By this an envelope is one and the same, whoever names it. */
export const keyOf = ({ device, chain, keyring, number, hash }: Omit<RewrappedEnvelope, 'new'>): string =>
  [device, chain, keyring, number, hash].join();

/** Not for the keys here, or gone, or something else lies there now: another one may do. */
export const isNotHere = (error: unknown): boolean =>
  error instanceof BaseError && (error.code === 'ERR_NO_KEY' || isGone(error));

export const isGone = (error: unknown): boolean =>
  (error instanceof DestinationError && error.code === 'ERR_OBJECT_MISSING') ||
  (error instanceof BackupError && error.code === 'ERR_MANIFEST');

/** Of an ended device without a known head nothing counts. */
const isEndedUnknown = (error: BaseError): boolean => error.code === 'ERR_NO_SETS';
