/**
 * Run: an operation on data, from the gate through the engine to a storage area or back: `backup`, `restore`, and
 * looking at what lies there. Every run begins in `open.ts`, with the policy in force. Each brings its rooms along
 * when it is asked for.
 */
import type { OperationName } from '../../../api/device/index.ts';
import type { Handler } from '../context.ts';
import { shareHandlers } from './share/index.ts';

export const runHandlers = {
  backup: async (...call) => {
    const { recorded } = await import('../schedule/index.ts');
    return recorded((await import('./backup.ts')).backup, ...call);
  },
  restore: async (...call) => (await import('./restore.ts')).restore(...call),
  sets: async (...call) => (await import('./sets.ts')).sets(...call),
  setsConfirm: async (...call) => (await import('./confirm.ts')).setsConfirm(...call),
  prune: async (...call) => {
    const { recordedPrune } = await import('../schedule/index.ts');
    return recordedPrune((await import('./prune.ts')).prune, ...call);
  },
  deviceEnd: async (...call) => (await import('./end.ts')).deviceEnd(...call),
  ways: async (...call) => (await import('./ways.ts')).ways(...call),
  ...shareHandlers,
  ls: async (...call) => (await import('./sets.ts')).ls(...call),
  diff: async (...call) => (await import('./diff.ts')).diff(...call),
  verify: async (...call) => {
    const { recordedVerify } = await import('../schedule/index.ts');
    return recordedVerify((await import('./verify.ts')).verify, ...call);
  },
} satisfies { readonly [N in OperationName]?: Handler<N> };
