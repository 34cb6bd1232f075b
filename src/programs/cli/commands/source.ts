import { resolve } from 'node:path';
import type { Command } from 'commander';
import { stateFlag, withDevice } from '../connections/index.ts';
import { act } from '../invocation.ts';
import { flag } from '../settings/index.ts';

/** `source`: which data of this device fills which database. */
export function addSourceCommands(program: Command): void {
  const source = program.command('source').description('say which data fills which database');

  const add = source
    .command('add <DATABASE> <KIND> <PATH>')
    .description(
      'fill a database from here; KIND is vcard, icalendar, sms-xml, mbox (a file, or a folder of them), maildir or folder (any files)',
    );
  stateFlag(add);
  flag(add, 'device', '--as <LABEL>', 'how to call it; default: the last part of PATH');
  flag(add, 'device', '--exclude <PATTERN>…', 'leave out, as .gitignore writes it; may be repeated');
  act(add, (context) =>
    withDevice(context, async (call) => {
      const [database = '', kind = '', path = ''] = context.args;
      const label = context.settings.text('as');
      const exclude = context.settings.list('exclude');
      const row = await call('sourceAdd', {
        database,
        kind,
        path: resolve(path),
        ...(label === undefined ? {} : { label }),
        ...(exclude.length > 0 ? { exclude: [...exclude] } : {}),
      });
      context.output.result(row, `source ${row.label}: ${row.kind} ${row.path} fills ${row.database}`);
    }),
  );

  act(stateFlag(source.command('list').description('the sources of this device')), (context) =>
    withDevice(context, async (call) => {
      const { sources } = await call('sourceList', {});
      context.output.list(
        sources,
        [
          { title: 'LABEL' },
          { title: 'DATABASE' },
          { title: 'KIND' },
          { title: 'PATH' },
          { title: 'WITHOUT' },
        ],
        (row) => [row.label, row.database, row.kind, row.path, row.exclude.join(' ')],
        'no sources yet; holdfast source add DATABASE KIND PATH adds one',
      );
    }),
  );

  act(
    stateFlag(source.command('remove <LABEL>').description('forget a source; what is backed up stays')),
    (context) =>
      withDevice(context, async (call) => {
        const row = await call('sourceRemove', { label: context.args[0] ?? '' });
        context.output.result(row, `source ${row.label} is forgotten; ${row.path} and its backups stay`);
      }),
  );
}
