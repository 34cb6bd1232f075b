/** Which file does which operation. Each brings its rooms along when it is asked for the first time. */
import type { OperationName } from '../../api/device/index.ts';
import type { Handler } from './context.ts';

export const handlers: { readonly [N in OperationName]: Handler<N> } = {
  status: async (...call) => (await import('./terminal/status.ts')).status(...call),
  databases: async (...call) => (await import('./terminal/databases.ts')).databases(...call),
  enrol: async (...call) => (await import('./terminal/enrol.ts')).enrol(...call),
  refresh: async (...call) => (await import('./terminal/refresh.ts')).refresh(...call),
  sourceAdd: async (...call) => (await import('./terminal/sources.ts')).sourceAdd(...call),
  sourceList: async (...call) => (await import('./terminal/sources.ts')).sourceList(...call),
  sourceRemove: async (...call) => (await import('./terminal/sources.ts')).sourceRemove(...call),
  backup: async (...call) => (await import('./runs/backup.ts')).backup(...call),
  restore: async (...call) => (await import('./runs/restore.ts')).restore(...call),
  sets: async (...call) => (await import('./runs/sets.ts')).sets(...call),
  ls: async (...call) => (await import('./runs/sets.ts')).ls(...call),
  verify: async (...call) => (await import('./runs/verify.ts')).verify(...call),
  ping: async (...call) => (await import('./terminal/agent.ts')).ping(...call),
  stop: async (...call) => (await import('./terminal/agent.ts')).stop(...call),
};
