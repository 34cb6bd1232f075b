/** How a device stands with its backups, in words (U8). */
import type { AreaBackups, StatusResult, Upcoming } from '../../../api/device/index.ts';
import { bytes, count, dateTime, duration } from '../output/index.ts';

/** Lines of `device status`: name and value. */
export function describeBackups({
  schedule,
  backups,
  silentSince,
  destinations,
}: StatusResult): [string, string][] {
  const lines: [string, string][] = [];
  if (schedule) {
    const { every, alertAfter, next } = schedule;
    const alert = alertAfter === undefined ? '' : `, alert after ${duration(alertAfter)} without one`;
    lines.push(['schedule', `${every === undefined ? 'none' : `every ${duration(every)}`}${alert}`]);
    if (every !== undefined) lines.push(['next backup', describeNext(next)]);
  }
  for (const area of backups) {
    // The usual one needs no name.
    const where = destinations[0] === area.destination ? '' : ` (${area.destination})`;
    const { success } = area;
    const partly = success && !success.complete ? ', not everything' : '';
    if (success) lines.push(['last success', `${dateTime(success.time)}${partly}${where}`]);
    const error = describeError(area);
    if (error !== undefined) lines.push(['last error', `${error}${where}`]);
    for (const [name, what] of describeUpkeep(area)) lines.push([name, `${what}${where}`]);
  }
  if (silentSince !== undefined) lines.push(['alert', `silent since ${dateTime(silentSince)}`]);
  return lines;
}

function describeError({ attempt, failures }: AreaBackups): string | undefined {
  if (!attempt?.problem) return undefined;
  const { started, ended = started, problem } = attempt;
  const times = failures > 1 ? `, ${count(failures, 'failure')} in a row` : '';
  return `${dateTime(ended)}, ${problem.code}: ${problem.message}${times}`;
}

/** Pruning and verifying. */
function describeUpkeep({ prune, verify }: AreaBackups): [string, string][] {
  const lines: [string, string][] = [];
  const failed = (what: string, last: NonNullable<AreaBackups['prune']>['failed']): void => {
    if (last) lines.push([what, `${dateTime(last.time)}, ${last.problem.code}: ${last.problem.message}`]);
  };
  if (prune?.done) {
    const { time, removed, bytes: freed, appendOnly } = prune.done;
    const what = appendOnly
      ? 'nothing is ever deleted there'
      : `${count(removed, 'set')} removed, ${bytes(freed)} deleted`;
    lines.push(['last prune', `${dateTime(time)}, ${what}`]);
  }
  failed('prune error', prune?.failed);
  if (verify?.done) {
    const { time, items, listed } = verify.done;
    lines.push(['last verify', `${dateTime(time)}, ${items} of ${count(listed, 'item')} opened`]);
  }
  failed('verify error', verify?.failed);
  if (verify?.damage) {
    const { time, set, count: places, damaged } = verify.damage;
    const [first] = damaged;
    const lost = damaged.find(({ item }) => item !== undefined);
    const costs = lost
      ? `, it costs ${lost.database}: ${lost.title || lost.item}${places > 1 ? ' and more' : ''}`
      : '';
    const what = `damaged in ${count(places, 'place')}, found ${dateTime(time)} in set ${set}`;
    lines.push(['alert', `${what}: ${first?.object ?? ''}${costs}; holdfast verify names everything`]);
  }
  return lines;
}

const reasons: Record<Extract<Upcoming, { kind: 'at' }>['why'], string> = {
  first: ', the first one',
  regular: '',
  missed: ', its time was missed',
  retry: ', again after a failure',
  resume: ', goes on with the one that was cut short',
};

const idle: Record<Extract<Upcoming, { kind: 'none' }>['reason'], string> = {
  'no-agent': 'not by itself: the agent does not run (holdfast device run)',
  'not-enrolled': 'none: not enrolled',
  'no-schedule': 'none: no policy says how often',
  'no-destination': 'none: no policy names a storage area',
  'no-sources': 'once there is a source (holdfast source add)',
};

const holds: Record<Extract<Upcoming, { kind: 'held' }>['hold'], string> = {
  battery: 'due; waits until the battery is charged',
  metered: 'due; waits for a network that is not metered',
};

function describeNext(next: Upcoming): string {
  switch (next.kind) {
    case 'none':
      return idle[next.reason];
    case 'at':
      return `${dateTime(next.time)}${reasons[next.why]}`;
    case 'held':
      return holds[next.hold];
    case 'running':
      return `running since ${dateTime(next.started)}`;
  }
}
