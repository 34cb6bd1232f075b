import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stage } from './stage.ts';

/** Who works here, and what may be backed up where. */
export async function setPolicies(stage: Stage): Promise<void> {
  const { examples, narrator, programs } = stage;
  const { admin, areaUri } = programs;
  narrator.act('An administrator adds people and says what may be backed up');
  await admin.addGroup('sales');
  await admin.addUser('alice');
  await admin.addMember('sales', 'alice');
  await admin.addUser('bob');
  narrator.tell('Users: alice, who is in group sales, and bob (B1).');

  const { parseDocument } = await import('yaml');
  const files: { source: string; file: string }[] = [];
  for (const name of ['everyone', 'sales']) {
    const document = parseDocument(await readFile(join(examples, 'policies', `${name}.yaml`), 'utf8'));
    if (name === 'everyone') document.set('destinations', [{ area: areaUri }]);
    files.push({ source: document.toString(), file: `${name}.yaml` });
  }
  await admin.applyPolicies(files);
  narrator.tell(
    'Policy everyone, for all: contacts and pictures are backed up, sealed; voice mail never is (B2, B5).',
  );
  narrator.tell('Policy sales, for that group: documents too; those below Work/ belong to the company.');
}
