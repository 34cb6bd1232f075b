import { type DataKey, sealEnvelope } from '../../crypto/index.ts';
import { ByteReader } from '../../lib/binary.ts';
import { toBase64Url } from '../../lib/bytes.ts';
import { BaseError } from '../../lib/errors.ts';
import { type ChainPlace, envelopeName, type RewrappedEnvelope } from '../../set/index.ts';
import type { Catalogue } from '../catalogue.ts';
import { keyOf, originalOf, Rewraps, readPinned, rewrapOf } from '../chain/index.ts';
import type { EngineContext } from '../contract.ts';
import type { SetInfo } from '../requests.ts';
import { openChainForRun } from '../run/index.ts';
import { type Examined, examine, openFirst, type RecipientsFor } from './examine.ts';
import { findEnvelopes, type UnreadChain } from './find.ts';
import { sayRewrapped } from './say.ts';

export interface RewrapRequest {
  readonly catalogue: Catalogue;
  readonly recipients: RecipientsFor;
  /** Called when all is read and nothing is written: throws when the ways in have changed again meanwhile. */
  readonly stillSo?: () => Promise<void>;
  /** Asks for the right to delete; false: nothing is deleted there. Called when there is something to delete. */
  readonly mayRemove: () => Promise<boolean>;
}

export interface RewrapReport {
  /** Envelopes that the user's ways in open. */
  readonly envelopes: number;
  readonly rewrapped: number;
  /** Envelopes that were deleted, since somebody could open them who is not to any more. */
  readonly removed: number;
  /** The same, but they stay: nothing can be deleted there. */
  readonly kept: number;
  /** What stays as it was, and why. */
  readonly left: readonly { readonly envelope: string; readonly error: BaseError }[];
  readonly unread: readonly UnreadChain[];
  /** The new head of this device's chain; absent when there was nothing to wrap. */
  readonly head?: SetInfo;
}

/** Envelopes that one manifest adds: so many are opened once more after a break, at most. */
const BATCH = 32;
/** Names that are deleted with one call. */
const DELETED_AT_ONCE = 500;

/**
 * Wraps the envelopes of all of the user's devices at a destination for those who are to open them. In this order: the
 * new envelope, the manifest that names it, and only then the old one is deleted.
 *
 * @throws BackupError of this device's own chain; DestinationError; what a way in throws
 */
export async function rewrap(context: EngineContext, request: RewrapRequest): Promise<RewrapReport> {
  const { catalogue } = request;
  const chain = await openChainForRun(context, catalogue);
  const { envelopes, unread } = await findEnvelopes(context);
  const rewraps = new Rewraps(context);
  const said = await saidBefore(context, chain.place, catalogue);
  for (const [key, one] of said)
    if (!envelopes.has(key) && !unread.some((other) => other.chain === one.chain)) said.delete(key);
  // Read before it is asked whether it still counts: nothing of a newer list is taken for surplus.
  for (const named of envelopes.values()) await rewraps.of(named);
  await request.stillSo?.();

  const left: { envelope: string; error: BaseError }[] = [];
  const surplus = new Set<string>();
  const counts = { envelopes: 0, rewrapped: 0 };
  let waiting = 0;
  let head: SetInfo | undefined;
  for (const [key, named] of envelopes) {
    context.signal.throwIfAborted();
    try {
      const examined = await examine(context, named, rewraps, request.recipients);
      if (!examined) continue;
      const now = await settle(context, chain.place, examined);
      counts.envelopes++;
      if (now !== 'fits') {
        said.set(key, now);
        counts.rewrapped++;
        if (++waiting === BATCH) {
          head = await sayRewrapped(context, catalogue, chain, [...said.values()]);
          waiting = 0;
        }
      }
      for (const { name } of examined.surplus) surplus.add(name);
    } catch (error) {
      if (!isLeft(error)) throw error;
      left.push({ envelope: originalOf(named).name, error });
    }
    context.report({ kind: 'progress', phase: 'rewrap', items: counts.envelopes, bytes: 0 });
  }
  if (waiting > 0) head = await sayRewrapped(context, catalogue, chain, [...said.values()]);
  const removed = await remove(context, request, [...surplus]);
  const kept = surplus.size - removed;
  return { ...counts, removed, kept, left, unread, ...(head && { head }) };
}

/** What this device has wrapped before. */
async function saidBefore(
  context: EngineContext,
  place: ChainPlace,
  catalogue: Catalogue,
): Promise<Map<string, RewrappedEnvelope>> {
  const newest = catalogue.chain()?.rewrapped;
  if (!newest) return new Map();
  const { manifest } = await readPinned(context, place, newest);
  return new Map(manifest.rewrap?.map((one) => [keyOf(one), one]));
}

/** Another envelope is no reason to leave this one; what the network or a token says is. */
const isLeft = (error: unknown): error is BaseError =>
  error instanceof BaseError && (error.kind === 'integrity' || error.code === 'ERR_NO_KEY');

/** It fits, or is stored anew. */
async function settle(
  context: EngineContext,
  place: ChainPlace,
  examined: Examined,
): Promise<'fits' | RewrappedEnvelope> {
  const { fitting, surplus } = examined;
  if (fitting.some(({ own }) => own) || (fitting.length > 0 && surplus.length === 0)) return 'fits';
  // Before anything is deleted for what another device says fits, it is opened.
  if (fitting.length > 0 && (await opens(context, examined))) return 'fits';
  const keys = await openFirst(context, examined);
  return rewrapOf(examined.named, await store(context, place, examined, keys));
}

async function opens(context: EngineContext, { named, fitting }: Examined): Promise<boolean> {
  try {
    await openFirst(context, { named, forms: fitting });
    return true;
  } catch (error) {
    if (isLeft(error)) return false;
    throw error;
  }
}

/** Among the envelopes of this device's chain, under a number that nothing else has. */
async function store(
  context: EngineContext,
  own: ChainPlace,
  { named, custody, side, wanted }: Examined,
  keys: ReadonlyMap<string, Uint8Array>,
): Promise<RewrappedEnvelope['new']> {
  const { platform, destination } = context;
  const number = new ByteReader(platform.random(4)).u32();
  const place = { chain: named.place.chain, keyring: named.keyring, number, custody };
  const dataKeys = [...keys].map(([database, key]): DataKey => ({ database, key }));
  const bytes = await sealEnvelope(platform, { ...place, ...(side && { side }) }, dataKeys, wanted);
  await destination.putObject(envelopeName(own, named.keyring, number), 'envelope', bytes);
  return { number, hash: toBase64Url(platform.sha256(bytes)) };
}

async function remove(
  context: EngineContext,
  { mayRemove }: RewrapRequest,
  names: readonly string[],
): Promise<number> {
  if (names.length === 0 || !(await mayRemove())) return 0;
  for (let at = 0; at < names.length; at += DELETED_AT_ONCE) {
    context.signal.throwIfAborted();
    await context.destination.remove(names.slice(at, at + DELETED_AT_ONCE));
  }
  return names.length;
}
