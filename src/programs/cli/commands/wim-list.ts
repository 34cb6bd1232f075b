import type { Command } from 'commander';
import type { RewrappedArea, WaysParams, WaysResult } from '../../../api/device/index.ts';
import { type Call, stateFlag, withDevice } from '../connections/index.ts';
import { CliError } from '../errors.ts';
import { act, type Context } from '../invocation.ts';
import { count } from '../output/index.ts';
import { flag } from '../settings/index.ts';
import { describeOwner, newPhrase } from './owner.ts';
import { requiredWay, wayFlags, wayNamed } from './way.ts';

/** `wim add`, `replace`, `remove`, `rewrap`: which keys are the user's, also for what is stored already (U5, N4). */
export function addWimListCommands(wim: Command): void {
  const add = wim
    .command('add')
    .description('one more way in of this device’s owner; it opens everything that is stored, too');
  newFlags(wayFlags(stateFlag(add)));
  act(add, (context) => change(context, async (call) => ({ add: await added(context, call) })));

  const replace = wim
    .command('replace <NAME>')
    .description('a new way in takes the place of one: NAME as device owner shows it, or its id');
  newFlags(wayFlags(stateFlag(replace)));
  aloneFlag(replace);
  act(replace, (context) =>
    change(context, async (call) => ({
      add: await added(context, call),
      remove: context.args[0]!,
      ...alone(context),
    })),
  );

  const remove = wim
    .command('remove <NAME>')
    .description('a way in that is lost, or is to go: it opens nothing any more that can be taken from it');
  aloneFlag(wayFlags(stateFlag(remove)));
  act(remove, (context) => change(context, async () => ({ remove: context.args[0]!, ...alone(context) })));

  const rewrap = wim
    .command('rewrap')
    .description('wrap what is stored for the ways in there are: completes what broke off');
  wayFlags(stateFlag(rewrap));
  act(rewrap, (context) => change(context, async () => ({})));
}

function newFlags(command: Command): void {
  flag(
    command,
    'device',
    '--new <FILE>',
    'the new way in: a key file NAME.wim, a token NAME.cert.json with --new-module, or the word phrase',
  );
  flag(command, 'device', '--new-module <FILE>', 'PKCS#11 module of the new token; default: --module');
  flag(
    command,
    'device',
    '--new-secret-file <FILE>',
    'file with its passphrase, PIN or words (or a prompt); a phrase without it is made, shown and asked back',
  );
}

const aloneFlag = (command: Command): Command =>
  flag(command, 'device', '--alone', 'the one that is left is enough: no way back when it is lost');

const alone = ({ settings }: Context): Pick<WaysParams, 'alone'> =>
  settings.on('alone') ? { alone: true } : {};

async function added(context: Context, call: Call): Promise<NonNullable<WaysParams['add']>> {
  const named = context.settings.required('new');
  if (named === 'phrase' && context.settings.text('new-secret-file') === undefined)
    return { kind: 'phrase', words: await newPhrase(context, call) };
  return wayNamed(context, named, 'new-secret-file');
}

async function change(context: Context, to: (call: Call) => Promise<Omit<WaysParams, 'way'>>): Promise<void> {
  const { output } = context;
  const way = await requiredWay(context);
  await withDevice(context, async (call) => {
    const params = { way, ...(await to(call)) };
    const result = await call('ways', params);
    output.result({ kind: 'result', ...result }, () => describe(result));
    for (const { code, message } of advice(result, params)) output.notice(code, message);
    const left = result.areas.reduce((sum, area) => sum + area.left.length, 0);
    if (!result.complete)
      throw new CliError(
        'ERR_PARTIAL',
        `not everything was wrapped anew: ${count(left, 'thing')} left, as listed; run: holdfast wim rewrap`,
      );
  });
}

function describe({ owner, areas, changed, anew }: WaysResult): string {
  return [
    describeOwner(owner),
    ...(changed ? [] : ['unchanged    the list of ways in was this one already']),
    ...areas.map(describeArea),
    ...(anew
      ? ['what is stored stays as it was; the next backup of each device seals everything anew for this list']
      : areas.length === 0
        ? ['no area yet: nothing is stored that is to be wrapped']
        : []),
  ].join('\n');
}

function describeArea({ uri, envelopes, rewrapped, removed, kept, left }: RewrappedArea): string {
  const old = removed > 0 ? `, ${count(removed, 'old one')} deleted` : '';
  const stays = kept > 0 ? `; ${count(kept, 'old one')} cannot be deleted there, and stay open` : '';
  const wrapped = `${uri}: ${rewrapped} of ${count(envelopes, 'envelope')} wrapped anew${old}${stays}`;
  return [wrapped, ...left.map(({ what, reason }) => `  not done: ${what}: ${reason}`)].join('\n');
}

/** What no command can do for the user. */
function advice(
  { removed, renew, changed, areas, anew }: WaysResult,
  { add }: Omit<WaysParams, 'way'>,
): { code: string; message: string }[] {
  const said: { code: string; message: string }[] = [];
  if (add && changed && areas.length > 0)
    said.push({
      code: 'AREA_TRUST',
      message:
        'to reach an area with the new way in alone, its operator has to trust it: holdfast device owner --issuers FILE, then: holdfast storage area trust AREA --issuer-file FILE',
    });
  if (removed) {
    said.push({
      code: 'WAY_REMOVED',
      message: `what "${removed.name}" could open until now its holder may have read and kept; backup files that were made for it stay open to it`,
    });
    if (!anew)
      said.push({
        code: 'AREA_REVOKE',
        message: `it can give access to areas until their operators no longer trust it: holdfast storage area revoke AREA --thumbprint ${removed.id}; your other devices then need: holdfast area add URI --wim FILE`,
      });
  }
  if (renew)
    said.push({
      code: 'AREA_RENEW',
      message:
        'the access of this device was given by the way in that is gone; once the areas trust the new one, run: holdfast area add URI --wim FILE',
    });
  return said;
}
