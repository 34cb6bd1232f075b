/**
 * Which names of databases the server was told: under `encrypt: database` it makes keys for them, also when no policy
 * mentions them (B6). Nothing waits in a queue: what was told is compared with the list of sources each time.
 */
import { isDatabaseName } from '../../../database/index.ts';
import { MAX_TOLD_DATABASES } from '../../../policy/message/index.ts';
import type { Home } from '../home/index.ts';
import { databasesOf, listSources } from '../source-book.ts';
import { readOutbox } from './outbox.ts';

/** Names of this device's databases, when the server does not know them; undefined when it does. */
export async function untoldDatabases(home: Home, device: string): Promise<string[] | undefined> {
  const names = databasesOf(await listSources(home))
    .filter(isDatabaseName)
    .slice(0, MAX_TOLD_DATABASES);
  const { databases } = await readOutbox(home);
  const told = databases?.device === device ? databases.names : [];
  return names.length === told.length && names.every((name, n) => name === told[n]) ? undefined : names;
}
