/**
 * Own keys: the ways in of a user whose device an enterprise server governs (U1). The owner record says who they are, as on
 * a device without a server; here it adds recipients and nothing else: whose manifests count stays for the server's
 * certificates to say. It lies beside protected memory, and no policy message changes it.
 */
import type { OperationName } from '../../../api/device/index.ts';
import type { Handler } from '../context.ts';

export * from './consents.ts';
export * from './none.ts';
export * from './online.ts';
export * from './open.ts';
export * from './tell.ts';

/** A backup needs none of these: each brings its rooms along when it is asked for. */
export const ownKeyHandlers = {
  owner: async (...call) => (await import('./owner.ts')).owner(...call),
  waysUse: async (...call) => (await import('./use.ts')).waysUse(...call),
  waysFound: async (...call) => (await import('./use.ts')).waysFound(...call),
  consent: async (...call) => (await import('./consent.ts')).consent(...call),
} satisfies { readonly [N in OperationName]?: Handler<N> };

/** Operation `ways` on a device that a server governs. */
export const changeOwnWays: Handler<'ways'> = async (...call) =>
  (await import('./change.ts')).changeOwnWays(...call);
