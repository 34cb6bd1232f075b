import { CryptoError, verifySignature } from '../../crypto/index.ts';
import { fromUtf8Strict, toBase64Url } from '../../lib/bytes.ts';
import { parseJson } from '../../lib/shape.ts';
import {
  addedBytes,
  type ChainPlace,
  MANIFEST_TYP,
  MAX_MANIFEST,
  type Manifest,
  manifestName,
  parseManifest,
  type UsedSet,
} from '../../set/index.ts';
import type { EngineContext } from '../contract.ts';
import { BackupError } from '../errors.ts';
import type { SetInfo } from '../requests.ts';

/** A manifest whose signer, signature and name have been checked. */
export interface VerifiedManifest {
  readonly manifest: Manifest;
  /** SHA-256 of its bytes, base64url. */
  readonly hash: string;
}

/**
 * Reads the manifest of a set and checks, in this order: that the chain is of a device of this user, the length, the
 * signature by that device's certified key, the form, and that it is the one of this name.
 *
 * @throws BackupError `ERR_NOT_YOURS`, `ERR_MANIFEST`, `ERR_MISPLACED`; DestinationError; CryptoError
 */
export async function readManifest(
  context: EngineContext,
  place: ChainPlace,
  counter: number,
  set: string,
): Promise<VerifiedManifest> {
  const what = `manifest ${counter} of chain ${place.chain}`;
  const signer = await context.trust.signer(place.device);
  if (!signer)
    throw new BackupError(
      'ERR_NOT_YOURS',
      `${what}: device ${place.device} is not one of this user's devices; restore on a device of the user who made it`,
    );
  const bytes = await context.destination.getObject(manifestName(place, counter, set), MAX_MANIFEST);
  const payload = await verifySignature(text(bytes, what), signer, MANIFEST_TYP, what);
  const manifest = parsed(payload, what);
  if (
    manifest.device !== place.device ||
    manifest.chain !== place.chain ||
    manifest.counter !== counter ||
    manifest.set !== set
  )
    throw new BackupError('ERR_MISPLACED', `${what}: another manifest lies in its place`);
  requireFitting(context, manifest, what);
  return { manifest, hash: toBase64Url(context.platform.sha256(bytes)) };
}

/** What belongs into backup files only has no business elsewhere: what is not sealed anybody could have read. */
function requireFitting({ destination }: EngineContext, { kind, databases }: Manifest, what: string): void {
  if (kind === 'checkpoint' && destination.checkpointEvery === undefined)
    throw new BackupError('ERR_MANIFEST', `${what}: only a checkpoint, which no storage area holds`);
  if (!destination.takesPlain && databases.some(({ plain }) => plain))
    throw new BackupError('ERR_MANIFEST', `${what}: with unencrypted databases, which no storage area holds`);
}

/** Reads a manifest that another one pins by hash. */
export async function readPinned(
  context: EngineContext,
  place: ChainPlace,
  pinned: Omit<UsedSet, 'time'>,
): Promise<VerifiedManifest> {
  const verified = await readManifest(context, place, pinned.counter, pinned.set);
  if (verified.hash !== pinned.hash)
    throw new BackupError(
      'ERR_FORKED',
      `manifest ${pinned.counter} of chain ${place.chain}: not the one that later sets build on`,
    );
  return verified;
}

export function setInfo({ manifest, hash }: VerifiedManifest): SetInfo {
  const { device, chain, set, counter, time, kind } = manifest;
  const alert = manifest.alerts?.includes(set) ? { alert: true as const } : {};
  return {
    device,
    chain,
    set,
    counter,
    time,
    hash,
    bytes: addedBytes(manifest),
    ...alert,
    ...(kind === 'checkpoint' && { unfinished: true }),
  };
}

/** What a device of this user signed: not as it should be, it comes from a faulty writer, or a later version. */
function parsed(payload: Uint8Array, what: string): Manifest {
  try {
    return parseManifest(parseJson(payload, 'a manifest'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BackupError('ERR_MANIFEST', `${what}: signed, but ${why}`, { cause });
  }
}

function text(bytes: Uint8Array, what: string): string {
  try {
    return fromUtf8Strict(bytes);
  } catch (cause) {
    throw new CryptoError('ERR_NOT_AUTHENTIC', `${what}: not a manifest`, { cause });
  }
}
