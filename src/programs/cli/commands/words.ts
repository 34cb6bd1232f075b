import type { Freshness } from '../../../api/device/index.ts';
import { dateTime } from '../output/index.ts';

/** Said as it is (U2): what is known about newer sets, or that nothing is. */
export const freshness = (known: Freshness): string =>
  known.kind === 'known'
    ? `not older than number ${known.counter}, as known at ${dateTime(known.knownAt)}`
    : 'freshness unknown';
