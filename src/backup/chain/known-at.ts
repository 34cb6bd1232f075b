import type { EngineContext, Head } from '../contract.ts';

/**
 * Up to when nothing newer than a head is known of its chain, Unix ms. Of its own chains a device knows when it
 * finished a set, whether or not anybody has been told; of the others what it was told last.
 */
export const knownAt = ({ trust, keys }: Pick<EngineContext, 'trust' | 'keys'>, head: Head): number =>
  head.device === keys.device ? Math.max(trust.knownAt, head.time) : trust.knownAt;
