/** The envelopes that the sets of a user's devices need, as their manifests name them. */
import { BaseError } from '../../lib/errors.ts';
import type { Manifest } from '../../set/index.ts';
import {
  type Chain,
  keyOf,
  listChains,
  manifestsDown,
  type NamedEnvelope,
  readPinned,
  remainingDatabases,
  rewrapOf,
  tryChain,
  type VerifiedManifest,
} from '../chain/index.ts';
import type { EngineContext } from '../contract.ts';

/** A chain that could not be read to its end. */
export interface UnreadChain {
  readonly device: string;
  readonly chain: string;
  readonly error: BaseError;
}

export interface FoundEnvelopes {
  /** By what makes it one and the same. */
  readonly envelopes: ReadonlyMap<string, NamedEnvelope>;
  readonly unread: readonly UnreadChain[];
}

/** What is wrong with one chain keeps nobody from the others. */
export async function findEnvelopes(context: EngineContext): Promise<FoundEnvelopes> {
  const envelopes = new Map<string, NamedEnvelope>();
  const unread: UnreadChain[] = [];
  for (const listed of await listChains(context, '')) {
    const { device, chain } = listed[0]!;
    if (!(await context.trust.signer(device))) continue;
    try {
      const tried = await tryChain(context, listed);
      if (tried.kind === 'foreign') continue;
      for await (const { manifest } of withUsed(context, tried.chain))
        for (const named of neededBy(manifest, tried.chain))
          envelopes.set(keyOf(rewrapOf(named, named.envelope)), named);
    } catch (error) {
      if (!(error instanceof BaseError && error.kind === 'integrity')) throw error;
      unread.push({ device, chain, error });
    }
  }
  return { envelopes, unread };
}

/** The manifests of a chain, and those below them that they build on. */
async function* withUsed(context: EngineContext, chain: Chain): AsyncGenerator<VerifiedManifest> {
  const seen = new Set<string>();
  const used = new Map<string, Manifest['uses'][number]>();
  for await (const verified of manifestsDown(context, chain)) {
    seen.add(verified.manifest.set);
    for (const one of verified.manifest.uses) used.set(one.set, one);
    yield verified;
  }
  for (const [set, pinned] of used) if (!seen.has(set)) yield readPinned(context, chain.place, pinned);
}

function neededBy(manifest: Manifest, chain: Chain): NamedEnvelope[] {
  const ids = new Set(remainingDatabases(manifest, chain).map(({ id }) => id));
  const { id: keyring, envelopes } = manifest.keyring;
  return envelopes
    .filter(({ databases }) => databases.some(({ id }) => ids.has(id)))
    .map((envelope) => ({ place: chain.place, keyring, envelope }));
}
