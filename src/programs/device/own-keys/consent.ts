/** Operation `consent`: what policy wants to change about who opens personal data, and the user's answer (U1). */

import { compileRules } from '../../../policy/evaluate/index.ts';
import { openSession, type Session } from '../channel/index.ts';
import type { Handler } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { Lock } from '../home/index.ts';
import { listSources } from '../source-book.ts';
import { type Change, Consents } from './consents.ts';

export const consent: Handler<'consent'> = async (context, { answer, databases: only }) => {
  const { home, clock, signal, agent } = context;
  using session = await openSession(home, clock);
  await using _ = await Lock.take(home, 'policy', { task: 'keeps an answer', wait: 20_000, signal });
  const consents = await Consents.read(home, session.enrolled().enrolment.user.id);
  const names = (await listSources(home)).map(({ database }) => database);
  const found = changes(session, consents, [...new Set(names)].sort());
  for (const name of only ?? [])
    if (!found.has(name))
      throw new DeviceError(
        'ERR_USAGE',
        `nothing is asked about "${name}"; asked: ${[...found.keys()].join(', ') || 'nothing'}`,
      );
  const asked = [...found].filter(([name]) => only?.includes(name) ?? true);
  if (answer !== undefined) {
    for (const [name, change] of asked) consents.answer(name, change, answer === 'yes');
    await consents.save();
    agent?.wake();
  }
  return { changes: asked.map(([database, change]) => ({ database, ...change, ...(answer && { answer }) })) };
};

function changes(
  { memory }: Session,
  consents: Consents,
  databases: readonly string[],
): ReadonlyMap<string, Change> {
  const { ruleFor } = compileRules(memory.rules());
  return new Map(
    databases.flatMap((database) => {
      const change = consents.change(database, ruleFor(database, 'personal'));
      return change ? [[database, change] as const] : [];
    }),
  );
}
