/** A way in of the user's, as the caller has it at hand: with what opens it, which goes no further than the device. */
import { z } from 'zod';
import { absolutePathSchema } from './values.ts';

const secret = z.string().min(1).max(4096);

export const wayParams = z.discriminatedUnion('kind', [
  /** A key file under a passphrase (N4a). */
  z.object({ kind: z.literal('software'), path: absolutePathSchema, passphrase: secret }),
  /** A token by a PKCS#11 module; `part` is the file of its public part (N4). */
  z.object({
    kind: z.literal('token'),
    part: absolutePathSchema,
    module: absolutePathSchema,
    /** Label or serial number, when several are in. */
    token: z.string().min(1).max(128).optional(),
    pin: secret,
  }),
  /** The words of a recovery phrase (U5). */
  z.object({ kind: z.literal('phrase'), words: secret }),
]);
export type WayParams = z.infer<typeof wayParams>;
