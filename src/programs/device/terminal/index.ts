/**
 * Terminal: the operations on the device itself: how it stands, what the policy makes available, enrolment, its
 * owner, its sources, its agent. They touch no data of an application. Each brings its rooms along when it is asked for.
 */
import type { OperationName } from '../../../api/device/index.ts';
import type { Handler } from '../context.ts';
import { ownKeyHandlers } from '../own-keys/index.ts';

export const terminalHandlers = {
  status: async (...call) => (await import('./status.ts')).status(...call),
  databases: async (...call) => (await import('./databases.ts')).databases(...call),
  enrol: async (...call) => (await import('./enrol.ts')).enrol(...call),
  init: async (...call) => (await import('../owner/index.ts')).init(...call),
  ...ownKeyHandlers,
  phrase: async (...call) => (await import('../owner/index.ts')).phrase(...call),
  areaAdd: async (...call) => (await import('../owner/index.ts')).areaAdd(...call),
  areaList: async (...call) => (await import('../owner/index.ts')).areaList(...call),
  areaRemove: async (...call) => (await import('../owner/index.ts')).areaRemove(...call),
  areaUse: async (...call) => (await import('../owner/index.ts')).areaUse(...call),
  refresh: async (...call) => (await import('./refresh.ts')).refresh(...call),
  sourceAdd: async (...call) => (await import('./sources.ts')).sourceAdd(...call),
  sourceList: async (...call) => (await import('./sources.ts')).sourceList(...call),
  sourceRemove: async (...call) => (await import('./sources.ts')).sourceRemove(...call),
  ping: async (...call) => (await import('./agent.ts')).ping(...call),
  stop: async (...call) => (await import('./agent.ts')).stop(...call),
} satisfies { readonly [N in OperationName]?: Handler<N> };
