/** Operations `sourceAdd`, `sourceList` and `sourceRemove`. */
import { type Handler, notice, type OperationContext } from '../context.ts';
import { addSource, listSources, removeSource } from '../source-book.ts';

export const sourceAdd: Handler<'sourceAdd'> = async (context, params) => {
  const { sourceKinds } = await import('../../../sources/index.ts');
  const added = await addSource(context.home, sourceKinds, params);
  await tell(context);
  return added;
};

export const sourceList: Handler<'sourceList'> = async ({ home }) => ({
  sources: [...(await listSources(home))],
});

export const sourceRemove: Handler<'sourceRemove'> = async (context, { label }) => {
  const removed = await removeSource(context.home, label);
  await tell(context);
  return removed;
};

/**
 * The server makes keys for databases that it is told of. What was done is done: when it cannot be told now, the next
 * run tells it.
 */
async function tell(context: OperationContext): Promise<void> {
  if (context.agent) return context.agent.wake();
  try {
    const { tellDatabases } = await import('../channel/index.ts');
    await tellDatabases(context);
  } catch (error) {
    notice(context, 'DATABASES_UNTOLD', `the server is told of it later: ${(error as Error).message}`);
  }
}
