/** Operation `enrol`. */
import { describeCorrection, enrolDevice, exchange, openLink, openSession } from '../channel/index.ts';
import { type Handler, notice } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { policyState } from './policy-state.ts';

export const enrol: Handler<'enrol'> = async (context, { code }) => {
  const enrolment = await enrolDevice(context, code);
  const { device, user, server, confirm, transcriptCode } = enrolment;
  using session = await openSession(context.home, context.clock);
  try {
    const { correction, refusal } = await exchange(context.home, session, openLink(session), context.signal);
    if (correction) notice(context, 'CLOCK_CORRECTED', describeCorrection(correction));
    if (refusal) throw refusal;
  } catch (cause) {
    context.signal.throwIfAborted();
    const why = (cause as Error).message;
    const message = `enrolled as ${device}, but the first policy message did not come (${why}); run: holdfast device refresh`;
    throw new DeviceError('ERR_FIRST_MESSAGE', message, { cause });
  }
  context.agent?.wake();
  return {
    device,
    user: user.id,
    userName: user.name,
    server: server.url,
    policy: policyState(session.memory, session.enrolled()),
    ...(confirm && { confirm: transcriptCode }),
  };
};
