import type { Phone } from './act-3-backup.ts';
import type { Stage } from './stage.ts';

const LOCKED = 'Voice Mail';

/** What policy forbids is shown as locked before anything is read, and refused when it is asked for. */
export async function showLocked({ narrator }: Stage, { device, databases, backedUp }: Phone): Promise<void> {
  narrator.act('What policy forbids stays on the phone');
  const rows = (await device.call('databases', {})).databases;
  const row = rows.find(({ database }) => database === LOCKED);
  const reason = row ? `locked by policy ${row.policy}` : 'not shown at all';
  narrator.expect(`${LOCKED} is shown as locked`, 'B9', row?.available === false, reason);
  const present = databases.some(({ name }) => name === LOCKED) && !backedUp.has(LOCKED);
  narrator.expect(
    `${LOCKED} is on the phone, and not in the backup`,
    'B5',
    present,
    present ? 'left out' : 'it is not so',
  );
  await narrator.expectExit(`${LOCKED}, asked for by name, is refused`, 'B9', 4, () =>
    device.call('backup', { databases: [LOCKED] }),
  );
}
