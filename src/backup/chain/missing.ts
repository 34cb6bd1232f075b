import type { EngineContext, Head } from '../contract.ts';
import { headsHere } from './chain.ts';
import type { ListedSet } from './listed.ts';

/**
 * The heads of chains that were reported to lie at this destination, and of which it shows nothing: it lost them or
 * holds them back (U2). Of each chain the highest.
 */
export function missingChains(
  context: EngineContext,
  chains: readonly (readonly ListedSet[])[],
  { device }: { readonly device?: string },
): Head[] {
  const idOf = (of: Pick<Head, 'device' | 'chain'>): string => `${of.device}/${of.chain}`;
  const shown = new Set(chains.map(([first]) => idOf(first!)));
  const missing = new Map<string, Head>();
  for (const head of headsHere(context)) {
    if (shown.has(idOf(head)) || (device !== undefined && head.device !== device)) continue;
    const known = missing.get(idOf(head));
    if (!known || known.counter < head.counter) missing.set(idOf(head), head);
  }
  return [...missing.values()];
}
