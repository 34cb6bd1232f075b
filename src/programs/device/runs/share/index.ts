/**
 * Share: what this device's person shares with others, and what others share with them (N11). The sender's side runs like a
 * backup, into a chain of its own; the other side like a restore, with the sender's owner record instead of the own one.
 */
import type { OperationName } from '../../../../api/device/index.ts';
import type { Handler } from '../../context.ts';

export const shareHandlers = {
  shareCard: async (...call) => (await import('./card.ts')).shareCard(...call),
  sharePeople: async (...call) => (await import('./directory.ts')).sharePeople(...call),
  shareCreate: async (...call) => (await import('./create.ts')).shareCreate(...call),
  shareUpdate: async (...call) => (await import('./create.ts')).shareUpdate(...call),
  shareList: async (...call) => (await import('./list.ts')).shareList(...call),
  shareEnd: async (...call) => (await import('./end.ts')).shareEnd(...call),
  shareAccept: async (...call) => (await import('./accept.ts')).shareAccept(...call),
  shareRestore: async (...call) => (await import('./restore.ts')).shareRestore(...call),
} satisfies { readonly [N in OperationName]?: Handler<N> };
