/** The shape of a report. Unknown members are ignored. */
import { isDatabaseName } from '../../database/index.ts';
import { MalformedError } from '../../lib/binary.ts';
import {
  asHash,
  asId,
  asInteger,
  asList,
  asObject,
  asOneOf,
  asText,
  type JsonObject,
} from '../../lib/shape.ts';
import { p256Public } from './keys.ts';
import { type HeldSections, sectionNames } from './payload.ts';
import {
  type CommandResult,
  deviceEvents,
  MAX_TOLD_DATABASES,
  type Report,
  type ReportBody,
} from './report-values.ts';

/** @throws MalformedError */
export async function parseReport(value: unknown): Promise<Report> {
  const report = asObject(value, 'a report');
  if (report.v !== 1) throw new MalformedError('a report of another version');
  return {
    v: 1,
    iss: asId(report.iss, 'iss'),
    aud: asId(report.aud, 'aud'),
    number: asInteger(report.number, 'number', 1),
    iat: asInteger(report.iat, 'iat'),
    messageKey: await p256Public(report.messageKey),
    ...body(report),
  };
}

function body(report: JsonObject): ReportBody {
  const kind = asOneOf(report.kind, 'kind', [
    ...(['acknowledgement', 'failure', 'head', 'databases', 'event'] as const),
  ]);
  switch (kind) {
    case 'acknowledgement':
      return {
        kind,
        seq: asInteger(report.seq, 'seq', 1),
        message: asHash(report.message, 'message'),
        sections: heldSections(report.sections),
        keys: asList(report.keys, 'keys', 16384, (kid) => asId(kid, 'kid')),
        commands: asList(report.commands, 'commands', 1024, commandResult),
      };
    case 'failure':
      return {
        kind,
        code: asText(report.code, 'code', 64),
        ...(report.seq !== undefined && { seq: asInteger(report.seq, 'seq') }),
        sections: heldSections(report.sections),
      };
    case 'head':
      return {
        kind,
        chain: asId(report.chain, 'chain'),
        counter: asInteger(report.counter, 'counter'),
        hash: asHash(report.hash, 'hash'),
        time: asInteger(report.time, 'time'),
        ...(report.area !== undefined && { area: asId(report.area, 'area') }),
      };
    case 'databases':
      return { kind, names: asList(report.names, 'names', MAX_TOLD_DATABASES, databaseName) };
    case 'event':
      return {
        kind,
        id: asId(report.id, 'id'),
        event: asOneOf(report.event, 'event', deviceEvents),
        time: asInteger(report.time, 'time'),
        chain: asId(report.chain, 'chain'),
        set: asId(report.set, 'set'),
        counter: asInteger(report.counter, 'counter'),
        count: asInteger(report.count, 'count'),
      };
  }
}

function databaseName(value: unknown): string {
  // `*` stands for all others in a policy.
  if (!isDatabaseName(value) || value === '*') throw new MalformedError('not the name of a database');
  return value;
}

function heldSections(value: unknown): HeldSections {
  const from = asObject(value, 'sections');
  const known = sectionNames.filter((name) => from[name] !== undefined);
  return Object.fromEntries(
    known.map((name) => {
      const held = asObject(from[name], name);
      return [name, { version: asInteger(held.version, 'version', 1), hash: asHash(held.hash, 'hash') }];
    }),
  );
}

function commandResult(value: unknown): CommandResult {
  const from = asObject(value, 'a result');
  return { id: asId(from.id, 'id'), result: asOneOf(from.result, 'result', ['done', 'unknown']) };
}
