import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { AdminClient } from '../../../../api/client/index.ts';
import type { AuditEntry, AuditPage, RotateKeys } from '../../../../api/server/index.ts';
import { usage } from '../../errors.ts';
import { count, dateTime, printable } from '../../output/index.ts';
import { flag, type Settings } from '../../settings/index.ts';
import { on } from './on.ts';
import { writeOut } from './write-out.ts';

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
      row.erased ? 'erased from devices' : row.current ? 'encrypts' : 'decrypts only',
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

  const erase = on(
    key,
    'erase <KEY...>',
    'take keys away from devices: they can no longer open what was backed up under them',
    async (client, { settings, output, args: kids }) => {
      const device = settings.text('device');
      const devices = device === undefined ? {} : { devices: [device] };
      if (!settings.on('yes')) throw usage(eraseWarning(kids, device));
      const done = await client.eraseKeys({ kids, ...devices });
      const said = `${count(done.keys, 'key')} erased; ${count(done.devices, 'device')} told, each at its next contact`;
      const next = done.made.map(({ kid, epoch }) => `key ${kid}, epoch ${epoch}, encrypts from now on`);
      output.result(done, [said, ...next].join('\n'));
    },
  );
  flag(erase, 'admin', '--device <ID>', 'only from this device; the key must not be the one that encrypts');
  flag(erase, 'admin', '--yes', 'it is meant');

  const audit = admin.command('audit').description('what was done at the server, by whom');
  const list = on(
    audit,
    'list',
    'all entries, oldest first',
    async (client, { settings, output, signal }) => {
      for await (const entry of entriesBehind(client, position(settings), signal)) {
        if (output.deaf) return;
        const detail = Object.keys(entry.detail).length > 0 ? `  ${JSON.stringify(entry.detail)}` : '';
        output.entry(
          { kind: 'entry', ...entry },
          `${String(entry.seq).padStart(6)}  ${dateTime(entry.time)}  ${entry.actor}  ${entry.action}  ${entry.subject}${detail}`,
        );
      }
    },
  );
  flag(list, 'admin', '--after <NUMBER>', 'only entries behind this one');

  const exported = on(
    audit,
    'export',
    'all entries as JSON lines, with their hashes: a copy to be kept elsewhere',
    async (client, { settings, output, signal }) => {
      const entries = entriesBehind(client, position(settings), signal);
      const file = settings.text('out');
      if (file !== undefined) {
        const all = { entries: 0, last: 0 };
        await writeOut(file, jsonLines(entries, all));
        const said = `${count(all.entries, 'entry', 'entries')} in ${file}`;
        return output.result({ ...all, file: resolve(file) }, said);
      }
      for await (const entry of entries) {
        if (output.deaf) return;
        output.result(entry, entryLine(entry));
      }
    },
  );
  flag(exported, 'admin', '--out <FILE>', 'write them there (mode 0600), and do not print them');
  flag(exported, 'admin', '--after <NUMBER>', 'only entries behind this one: what an earlier copy lacks');
}

function eraseWarning(kids: readonly string[], device: string | undefined): string {
  const from = device === undefined ? 'all devices of their users, now and later,' : `the device ${device}`;
  return (
    `${from} will forget ${count(kids.length, 'key')} and everything on them that is sealed under it: what was backed up under it ` +
    'can no longer be restored there, and the next backup stores everything anew. The server keeps its copy, but no command ' +
    'gives the key back to a device. If that is meant, say --yes'
  );
}

function position(settings: Settings): number {
  const after = Number(settings.text('after') ?? 0);
  if (Number.isSafeInteger(after) && after >= 0) return after;
  throw usage(`--after ${settings.text('after')}: wanted is a number`);
}

/** A page at a time, as they are read. */
async function* entriesBehind(
  client: AdminClient,
  first: number,
  signal: AbortSignal,
): AsyncGenerator<AuditEntry, void> {
  for (let after: number | undefined = first; after !== undefined; ) {
    signal.throwIfAborted();
    const page: AuditPage = await client.audit({ after });
    yield* page.entries;
    after = page.next;
  }
}

/** As JSON that a terminal shows as it is: the file may be read with `cat`. */
export const entryLine = (entry: AuditEntry): string => printable(JSON.stringify(entry));

/** Counts in `all` what went by. */
async function* jsonLines(
  entries: AsyncIterable<AuditEntry>,
  all: { entries: number; last: number },
): AsyncGenerator<string, void> {
  for await (const entry of entries) {
    yield `${entryLine(entry)}\n`;
    all.entries++;
    all.last = entry.seq;
  }
}

function whichKeys(settings: Settings): RotateKeys {
  const [user, database, device] = ['user', 'database', 'device'].map((name) => settings.text(name));
  if (device !== undefined && user === undefined && database === undefined) return { use: 'device', device };
  if (device === undefined && user !== undefined)
    return database === undefined ? { use: 'user', user } : { use: 'database', user, database };
  throw usage('which key: --user NAME, --user NAME --database NAME, or --device ID');
}
