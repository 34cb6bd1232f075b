/** Operation `refresh`. */
import { countUnsent, describeCorrection, exchange, openLink, openOnline } from '../channel/index.ts';
import { type Handler, notice } from '../context.ts';
import { policyState } from './policy-state.ts';

export const refresh: Handler<'refresh'> = async (context) => {
  const { home, clock, signal, agent } = context;
  using session = await openOnline(home, clock, signal);
  const { changed, sent, correction, refusal } = await exchange(home, session, openLink(session), signal);
  if (correction) notice(context, 'CLOCK_CORRECTED', describeCorrection(correction));
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
