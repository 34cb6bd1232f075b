/** Operation `refresh`. */
import { countUnsent, exchange, openLink, openOnline } from '../channel/index.ts';
import type { Handler } from '../context.ts';
import { policyState } from './policy-state.ts';

export const refresh: Handler<'refresh'> = async (context) => {
  const { home, clock, signal, agent } = context;
  using session = await openOnline(home, clock, signal);
  const { changed, sent, refusal } = await exchange(home, session, openLink(session), signal);
  if (refusal) throw refusal;
  if (changed) agent?.wake();
  const policy = policyState(session.memory, session.enrolled());
  return {
    changed,
    policy,
    sent,
    unsent: await countUnsent(home, session.memory),
  };
};
