import { hostname } from 'node:os';
import type { Command } from 'commander';
import type { ConsentResult } from '../../../api/device/index.ts';
import { stateFlag, withDevice } from '../connections/index.ts';
import { usage } from '../errors.ts';
import { act } from '../invocation.ts';
import { flag } from '../settings/index.ts';
import { describeOwner, wayBack, wayBackFlags } from './owner.ts';
import { requiredWay, wayFlags } from './way.ts';

/** `wim use`: own keys beside the company's, on a device that a server governs (U1). */
export function addWimUseCommand(wim: Command): void {
  const use = wim
    .command('use')
    .description('take your own keys in on a device of a company, for what policy lets you open');
  stateFlag(use);
  wayFlags(use);
  wayBackFlags(use);
  act(use, (context) =>
    withDevice(context, async (call) => {
      const { settings, output } = context;
      const ways = [await requiredWay(context)];
      const alone = settings.on('alone');
      if (!alone && !(await call('waysFound', {})).found) ways.push(await wayBack(context, call));
      const name = settings.text('name') ?? hostname();
      const result = await call('waysUse', { name, ways, ...(alone && { alone: true as const }) });
      output.result(result, () => describeOwner(result));
    }),
  );
}

/** `device consent`: policy would let the company open personal data that it could not before. */
export function addConsentCommand(device: Command): void {
  const consent = device
    .command('consent')
    .description('what policy wants to change about who opens your personal data, and your answer');
  stateFlag(consent);
  flag(consent, 'device', '--yes', 'agree: from the next backup on it can be opened as policy wants');
  flag(consent, 'device', '--no', 'refuse: it is not backed up until policy says otherwise');
  flag(consent, 'device', '--database <NAME>…', 'only this database; may be repeated');
  act(consent, (context) =>
    withDevice(context, async (call) => {
      const { settings, output } = context;
      const [yes, no] = [settings.on('yes'), settings.on('no')];
      if (yes && no) throw usage('--yes or --no, not both');
      const databases = [...settings.list('database')];
      const result = await call('consent', {
        ...((yes || no) && { answer: yes ? ('yes' as const) : ('no' as const) }),
        ...(databases.length > 0 && { databases }),
      });
      output.result(result, () => describeChanges(result));
    }),
  );
}

function describeChanges({ changes }: ConsentResult): string {
  if (changes.length === 0) return 'nothing is asked';
  const lines = changes.map(({ database, from, to, policy, declined, answer }) => {
    const who = to === 'plain' ? 'everyone who finds it' : 'the company';
    const said = answer ?? (declined ? 'no' : undefined);
    const state = said === undefined ? 'not answered: kept out of backups' : `answered: ${said}`;
    return `${database}: custody "${from}" would become "${to}", as policy ${policy} wants, and ${who} could open it; ${state}`;
  });
  const asked = changes.some(({ answer }) => answer === undefined);
  return [...lines, ...(asked ? ['answer by: holdfast device consent --yes, or --no'] : [])].join('\n');
}
