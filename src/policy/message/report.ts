/**
 * Reports: what a device tells its server, signed and sealed like the messages that came (B2, B15). Each carries
 * the device's newest message key, so that keys are renewed by the traffic itself.
 */
import { MalformedError } from '../../lib/binary.ts';
import { fromUtf8 } from '../../lib/bytes.ts';
import { parseJson } from '../../lib/shape.ts';
import { keyFor, openWith, sealTo, signJson, verifyJws } from './envelope.ts';
import { MessageError } from './errors.ts';
import {
  type Ed25519Private,
  type Ed25519Public,
  type P256Private,
  type P256Public,
  publicOf,
} from './keys.ts';
import { parseReport } from './parse-report.ts';
import type { Report, ReportBody, ReportHeader } from './report-values.ts';

export const REPORT_TYP = 'holdfast-report+jws';
/** Characters of a sealed report, at most. */
export const REPORT_LIMIT = 1024 * 1024;

export interface ReportParts {
  readonly device: string;
  readonly server: string;
  readonly signingKey: Ed25519Private;
  readonly receiveKey: P256Public;
  readonly number: number;
  readonly now: number;
  readonly messageKey: P256Public;
  readonly body: ReportBody;
}

/** Device: signs with its own key, seals to the server. Compact JWE. */
export async function composeReport(parts: ReportParts): Promise<string> {
  const { device, server, number, now, body } = parts;
  const header: ReportHeader = {
    ...{ v: 1, iss: device, aud: server, number, iat: now },
    messageKey: publicOf(parts.messageKey),
  };
  return sealTo(parts.receiveKey, await signJson(REPORT_TYP, parts.signingKey, { ...header, ...body }));
}

export interface ReportExpectation {
  readonly server: string;
  readonly receiveKey: P256Private;
  readonly device: string;
  readonly signingKey: Ed25519Public;
  /** Highest report number taken so far; 0 before the first. */
  readonly number: number;
  /** Highest sequence acknowledged so far; 0 before the first. */
  readonly acknowledged: number;
  /** Highest sequence sent to this device. */
  readonly sent: number;
}

export interface OpenedReport {
  readonly report: Report;
  /** Only then the server takes over `messageKey` and `number`. */
  readonly newest: boolean;
  /**
   * `new`: counts. `repeated`: the acknowledgement taken last, once more; answer as before. `old`: overtaken,
   * or replayed: nothing of it counts. The order of heads is that of their counters, which the server keeps.
   */
  readonly order: 'new' | 'repeated' | 'old';
}

/** Server: opens and verifies a report. @throws MessageError `ERR_REPORT` */
export async function openReport(sealed: string, expected: ReportExpectation): Promise<OpenedReport> {
  try {
    // 1: size.
    if (sealed.length > REPORT_LIMIT) throw new MalformedError(`larger than ${REPORT_LIMIT} bytes`);
    // 2: open.
    const key = await keyFor([expected.receiveKey], sealed);
    if (!key) throw new MalformedError('sealed to a key that is not here');
    const jws = fromUtf8(await openWith(key, sealed));
    // 3, 4: the device's certified key, the one algorithm, the signature.
    const bytes = await verifyJws(REPORT_TYP, expected.signingKey, jws);
    const report = await parseReport(parseJson(bytes, 'the report'));
    // 5: audience.
    if (report.iss !== expected.device) throw new MalformedError('by another device');
    if (report.aud !== expected.server) throw new MalformedError('for another server');
    // 6: order.
    return { report, newest: report.number > expected.number, order: orderOf(report, expected) };
  } catch (cause) {
    const why = cause instanceof MalformedError ? cause.message : 'it does not open or verify';
    throw new MessageError('ERR_REPORT', `The report of device ${expected.device} is refused: ${why}.`, {
      cause,
    });
  }
}

function orderOf(report: Report, expected: ReportExpectation): OpenedReport['order'] {
  if (report.kind === 'acknowledgement') {
    if (report.seq > expected.sent) throw new MalformedError('it acknowledges a message that was never sent');
    if (report.seq === expected.acknowledged) return 'repeated';
    return report.seq > expected.acknowledged ? 'new' : 'old';
  }
  // Heads carry their own order (chain, counter), and one may be sent after a later report.
  if (report.kind === 'head') return 'new';
  return report.number > expected.number ? 'new' : 'old';
}
