import { freshen, openOnline, type Session } from '../channel/index.ts';
import type { OperationContext } from '../context.ts';

/** With the newest message, where the server answers. To be closed. */
export async function online(context: OperationContext): Promise<Session> {
  const session = await openOnline(context.home, context.clock, context.signal);
  try {
    await freshen(context, session);
    return session;
  } catch (error) {
    session[Symbol.dispose]();
    throw error;
  }
}
