/** Operations `sourceAdd`, `sourceList` and `sourceRemove`. */
import type { Handler } from '../context.ts';
import { addSource, listSources, removeSource } from '../source-book.ts';

export const sourceAdd: Handler<'sourceAdd'> = async ({ home }, params) => {
  const { sourceKinds } = await import('../../../sources/index.ts');
  return addSource(home, sourceKinds, params);
};

export const sourceList: Handler<'sourceList'> = async ({ home }) => ({
  sources: [...(await listSources(home))],
});

export const sourceRemove: Handler<'sourceRemove'> = ({ home }, { label }) => removeSource(home, label);
