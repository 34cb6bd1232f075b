/** A way in of the user's, as the caller has it at hand: with what opens it, which goes no further than the device. */
import { z } from 'zod';
import { absolutePathSchema } from './values.ts';

const secret = z.string().min(1).max(4096);

export const wayParams = z.discriminatedUnion('kind', [
  /** A key file under a passphrase (N4a). */
  z.object({ kind: z.literal('software'), path: absolutePathSchema, passphrase: secret }),
  /** The words of a recovery phrase (U5). */
  z.object({ kind: z.literal('phrase'), words: secret }),
]);
export type WayParams = z.infer<typeof wayParams>;
