import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serverIdentity } from '../connections/index.ts';
import type { Stage } from './stage.ts';

/** The company's server, somebody's storage, and an area in it that trusts the server. */
export async function startPrograms(stage: Stage): Promise<void> {
  const { directory, narrator, signal } = stage;
  narrator.act('A company runs a server, somebody runs a storage');
  const { start: startServer } = await import('../../server/index.ts');
  const { addArea, start: startStorage } = await import('../../storage/index.ts');
  const { adminClient } = await import('../../../api/client/index.ts');

  const [serverState, storageState] = [join(directory, 'server'), join(directory, 'storage')];
  const server = await startServer({ state: serverState, port: 0, log: silent });
  stage.atEnd(() => server.close());
  const storage = await startStorage({ state: storageState, listen: '127.0.0.1:0', log: 'silent' });
  stage.atEnd(() => storage.close());
  const token = (await readFile(server.adminToken, 'utf8')).trim();
  const { identityKey } = await serverIdentity(server.url, signal);
  const area = await addArea(storageState, { name: 'company', issuers: [identityKey] });
  stage.programs = {
    ...{ server, storage, areaUri: area.uri },
    admin: adminClient({ url: server.url, token, signal }),
    objects: join(storageState, 'objects', area.id),
  };
  narrator.tell(
    `The enterprise server at ${server.url} knows users, policies and keys. It never sees a backup.`,
  );
  narrator.tell(
    `The storage at ${storage.url} keeps what devices bring. It has no key and no code to decrypt (N7).`,
  );
  narrator.tell(`Its area, named by a URI (N8), takes only what devices of that server bring: ${area.uri}`);
}

const silent = { info: () => {}, warn: () => {}, error: () => {} };
