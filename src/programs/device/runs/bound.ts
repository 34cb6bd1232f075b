/** Where a backup goes, with what is remembered of it: an area with its catalogue, a file with none. */
import type { BackupRequest, DatabasePlan } from '../../../backup/index.ts';
import { openState, temporaryState } from '../../../state/index.ts';
import type { OperationContext, Parsed } from '../context.ts';
import type { Standing } from '../standing/index.ts';
import { engineOn, type OpenedEngine, openEngine } from './open.ts';
import { beginFile, isFile } from './open-file.ts';

export interface Bound extends OpenedEngine {
  /** What the engine is to be asked for so. */
  readonly request: Pick<BackupRequest, 'catalogue' | 'onDatabase'>;
  /** The set is complete. */
  finish(): Promise<void>;
}

/** Opens what a backup goes to, for these databases. To be closed, whatever happens. */
export function bind(
  context: OperationContext,
  standing: Standing,
  params: Parsed<'backup'>,
  plans: readonly DatabasePlan[],
): Promise<Bound> {
  return isFile(params.to)
    ? toFile(context, standing, params, params.to, plans)
    : toArea({ ...context, wait: params.wait }, standing, params.to);
}

async function toArea(context: OperationContext, standing: Standing, to: string | undefined): Promise<Bound> {
  const opened = await openEngine(context, standing, to);
  const state = openState(context.home.catalogue);
  return {
    ...opened,
    request: { catalogue: state.catalogue(opened.destination) },
    finish: async () => {},
    async close() {
      state.close();
      await opened.close();
    },
  };
}

/** One run is one file, with a chain of its own: nothing that is known of an area is of use for it. */
async function toFile(
  context: OperationContext,
  standing: Standing,
  { replace, dryRun }: Parsed<'backup'>,
  path: string,
  plans: readonly DatabasePlan[],
): Promise<Bound> {
  const names = new Map<string, string>();
  const databases = [...new Set(plans.map(({ database }) => database))];
  const file = await beginFile(
    context,
    { path, databases, nameOf: (id) => names.get(id), replace: replace === true },
    dryRun === true,
  );
  const state = temporaryState();
  const close = async (): Promise<void> => {
    state.close();
    await file.close();
  };
  try {
    const engine = await engineOn(context, standing, file.destination, standing.keysForFile());
    return {
      engine,
      destination: path,
      request: {
        catalogue: state.catalogue(path),
        onDatabase: (id, database) => void names.set(id, database),
      },
      finish: () => file.finish(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
