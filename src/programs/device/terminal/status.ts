/** Operation `status`. */
import { statSync } from 'node:fs';
import type { StatusResult } from '../../../api/device/index.ts';
import type { ProtectedMemory } from '../../../custody/index.ts';
import { countUnsent, openMemory, readOutbox } from '../channel/index.ts';
import type { Handler, OperationContext } from '../context.ts';
import type { Home } from '../home/index.ts';
import { isServed } from '../socket/index.ts';
import { listSources } from '../source-book.ts';
import { held } from '../standing/index.ts';
import { version } from '../version.ts';
import { backupStatus } from './backup-status.ts';
import { policyState } from './policy-state.ts';

export const status: Handler<'status'> = async (context) => {
  const { home, clock, agent } = context;
  const memory = await openMemory(home, clock);
  try {
    const { last } = await readOutbox(home);
    return {
      version: version(),
      ...((await describeOwned(context)) ?? (memory ? describe(memory) : nobody)),
      sources: (await listSources(home)).length,
      protection: protectionOf(home),
      agent: agent !== undefined || (await isServed(home.socket)),
      ...(last && {
        lastBackup: {
          destination: last.destination,
          chain: last.chain,
          set: last.set,
          counter: last.counter,
          time: last.time,
        },
      }),
      ...(await backupStatus(context, last?.time)),
      unsent: await countUnsent(home, memory),
    };
  } finally {
    memory?.close();
  }
};

const nobody: Described = { enrolment: 'none', destinations: [] };

type Described = Pick<
  StatusResult,
  'enrolment' | 'device' | 'user' | 'userName' | 'server' | 'policy' | 'destinations'
>;

/** A device of a person; undefined when a server has it. */
async function describeOwned(context: OperationContext): Promise<Described | undefined> {
  const inForce = await held(context);
  if (inForce?.user === undefined) return undefined;
  const { device, user, rules } = inForce;
  return { enrolment: 'owned', device, user, destinations: rules.destinations.map(({ area }) => area) };
}

function describe(memory: ProtectedMemory): Described {
  const state = memory.state();
  if (state.kind !== 'enrolled') return state.kind === 'ended' ? { ...nobody, enrolment: 'ended' } : nobody;
  const { device, user, server } = state.enrolment;
  const who = {
    ...({ enrolment: 'enrolled', device, server: server.url } as const),
    ...{ user: user.id, userName: user.name },
  };
  // Before the first message there is an enrolment without a policy.
  if (state.seq === 0) return { ...who, destinations: [] };
  const destinations = memory.rules().destinations.map(({ area }) => area);
  return { ...who, policy: policyState(memory, state), destinations };
}

/** Accounts below this id are the system's own (useradd's SYS_UID_MAX and below; `daemon` accounts of macOS). */
const SYSTEM_UIDS = 1000;

/**
 * `account` only where it is true: the agent is asked, it runs as a system account that is not the administrator,
 * and the state belongs to that account with no access for others (B7). Everything else is `none`.
 */
function protectionOf(home: Home): 'none' | 'account' {
  const uid = process.getuid?.();
  if (uid === undefined || uid === 0 || uid >= SYSTEM_UIDS || process.platform === 'darwin') return 'none';
  const found = statSync(home.path, { throwIfNoEntry: false });
  return found && found.uid === uid && (found.mode & 0o077) === 0 ? 'account' : 'none';
}
