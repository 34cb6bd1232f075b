import type { Command } from 'commander';
import type { RotateKeys } from '../../../../api/server/index.ts';
import { usage } from '../../errors.ts';
import { dateTime } from '../../output/index.ts';
import { flag, type Settings } from '../../settings/index.ts';
import { on } from './on.ts';

/** `admin key` and `admin audit` (B6, B15). */
export function addRecordAdmin(admin: Command): void {
  const key = admin.command('key').description('policy keys; the keys themselves are never shown');
  on(key, 'list', 'all keys', async (client, { output }) => {
    const columns = [
      { title: 'KEY' },
      { title: 'USE' },
      { title: 'USER' },
      { title: 'FOR' },
      { title: 'EPOCH', right: true },
      { title: 'STATE' },
      { title: 'MADE' },
    ];
    output.list(await client.keys(), columns, (row) => [
      row.kid,
      row.use,
      row.user,
      row.database ?? row.device ?? '-',
      String(row.epoch),
      row.current ? 'encrypts' : 'decrypts only',
      dateTime(row.created),
    ]);
  });

  const rotate = on(
    key,
    'rotate',
    'begin a new epoch: the new key encrypts, older ones still decrypt',
    async (client, { settings, output }) => {
      const made = await client.rotateKeys(whichKeys(settings));
      output.result(made, `key ${made.kid}, epoch ${made.epoch}, encrypts from now on`);
    },
  );
  flag(rotate, 'admin', '--user <NAME>', 'the key of this user');
  flag(rotate, 'admin', '--database <NAME>', 'with --user: their key for this database');
  flag(rotate, 'admin', '--device <ID>', 'the key of this device');

  const audit = admin.command('audit').description('what was done at the server, by whom');
  const list = on(
    audit,
    'list',
    'all entries, oldest first',
    async (client, { settings, output, signal }) => {
      let after = Number(settings.text('after') ?? 0);
      if (!Number.isSafeInteger(after) || after < 0)
        throw usage(`--after ${settings.text('after')}: wanted is a number`);
      for (let more = true; more && !output.deaf && !signal.aborted; ) {
        const page = await client.audit({ after });
        for (const entry of page.entries) {
          const detail = Object.keys(entry.detail).length > 0 ? `  ${JSON.stringify(entry.detail)}` : '';
          output.entry(
            { kind: 'entry', ...entry },
            `${String(entry.seq).padStart(6)}  ${dateTime(entry.time)}  ${entry.actor}  ${entry.action}  ${entry.subject}${detail}`,
          );
        }
        more = page.next !== undefined;
        after = page.next ?? after;
      }
    },
  );
  flag(list, 'admin', '--after <NUMBER>', 'only entries behind this one');
}

function whichKeys(settings: Settings): RotateKeys {
  const [user, database, device] = ['user', 'database', 'device'].map((name) => settings.text(name));
  if (device !== undefined && user === undefined && database === undefined) return { use: 'device', device };
  if (device === undefined && user !== undefined)
    return database === undefined ? { use: 'user', user } : { use: 'database', user, database };
  throw usage('which key: --user NAME, --user NAME --database NAME, or --device ID');
}
