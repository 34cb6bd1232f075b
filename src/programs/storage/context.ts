import type { Clock } from '../../lib/clock.ts';
import type { AreaRegistry } from './areas.ts';
import type { StorageLimits } from './config.ts';
import type { EndedLists } from './ended-lists.ts';
import type { GrantCache } from './grant-cache.ts';
import type { Nonces } from './nonces.ts';
import type { ObjectStore } from './objects/index.ts';
import type { Usage } from './usage.ts';

/** What every request works with. */
export interface Context {
  readonly areas: AreaRegistry;
  readonly ended: EndedLists;
  readonly store: ObjectStore;
  readonly usage: Usage;
  readonly nonces: Nonces;
  readonly grants: GrantCache;
  readonly limits: StorageLimits;
  readonly clock: Clock;
}
