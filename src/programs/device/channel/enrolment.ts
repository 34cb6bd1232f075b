import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import {
  createIdentity,
  loadIdentity,
  ProtectedMemory,
  removeIdentity,
  spendMessageKey,
} from '../../../custody/index.ts';
import { BaseError } from '../../../lib/errors.ts';
import { nodePlatform } from '../../../platform/node.ts';
import {
  composeEnrolmentRequest,
  type DeviceKeys,
  type Enrolment,
  type EnrolmentCode,
  openEnrolmentAnswer,
  parseEnrolmentCode,
} from '../../../policy/message/index.ts';
import type { OperationContext } from '../context.ts';
import { Lock } from '../home/index.ts';
import { version } from '../version.ts';
import { acknowledgeEnd } from './ending.ts';
import { type EnrolmentLink, openEnrolmentLink } from './link.ts';

const LOCK_WAIT = 20_000;

/**
 * Enrols this device by a code: pins the server that the code names, proves the code's secret, and opens a
 * compartment for the answer (B1, B14). Broken off, the same code goes on with the same request.
 *
 * @throws MessageError `ERR_ENROLMENT_CODE`, `ERR_ENROLMENT_SERVER`, `ERR_ENROLMENT_ANSWER`; ProblemError with
 * the server's reason when the code is used, expired or withdrawn
 */
export async function enrolDevice(context: OperationContext, text: string): Promise<Enrolment> {
  const { home, clock, signal } = context;
  const code = parseEnrolmentCode(nodePlatform, text);
  await home.make();
  await acknowledgeEnd(home, clock, signal);
  await using _ = await Lock.take(home, 'policy', { task: 'enrols', wait: LOCK_WAIT, signal });
  const memory = new ProtectedMemory({ file: home.protectedMemory, platform: nodePlatform, clock });
  const server = openEnrolmentLink(code.url);
  try {
    memory.refuseSecond();
    const keys = await identityFor(context, memory);
    const request = await requestFor(memory, server, code, text, keys, signal);
    const answer = await server.enrol(request.request, signal).catch((error: unknown) => {
      // Refused is final; anything else may have reached the server, and is asked again as it was.
      if (error instanceof BaseError && error.kind !== 'failed' && error.kind !== 'interrupted')
        memory.abandon();
      throw error;
    });
    const enrolment = await openEnrolmentAnswer(
      nodePlatform,
      answer,
      request.request,
      code,
      request.server,
      keys,
    );
    memory.enrol(enrolment, keys);
    await spendMessageKey(context.home.identity);
    return enrolment;
  } finally {
    memory.close();
  }
}

/** A device that was ended comes back as another one: its keys were named as ended. */
async function identityFor({ home }: OperationContext, memory: ProtectedMemory): Promise<DeviceKeys> {
  if (memory.state().kind === 'ended' && existsSync(home.identity)) await removeIdentity(home.identity);
  const found = await loadIdentity(home.identity);
  if (found?.messageKey) return { ...found, messageKey: found.messageKey };
  // Keys whose first message key is spent, but no enrolment: protected memory was lost, and with it that device.
  if (found) await removeIdentity(home.identity);
  return createIdentity(home.identity, nodePlatform);
}

async function requestFor(
  memory: ProtectedMemory,
  link: EnrolmentLink,
  code: EnrolmentCode,
  text: string,
  keys: DeviceKeys,
  signal: AbortSignal,
) {
  const written = text.replace(/\s+/g, '');
  const earlier = memory.pending();
  if (earlier?.code === written) return earlier;
  const server = await link.identity(signal);
  const info = { os: process.platform, name: hostname(), version: version() };
  const request = await composeEnrolmentRequest(nodePlatform, code, server, keys, info, memory.now());
  const pending = { code: written, server, request };
  memory.begin(pending);
  return pending;
}
