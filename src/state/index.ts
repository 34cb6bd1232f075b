/**
 * State: what the device remembers between runs, in SQLite: the latest items of each chain with their sources'
 * stamps, and the unfinished run. A cache of what the destination holds; secrets lie in custody, not here.
 */

import type { DatabaseSync } from 'node:sqlite';
import type { Catalogue } from '../backup/index.ts';
import { SqliteCatalogue } from './catalogue.ts';
import { SCHEMA, SCHEMA_VERSION } from './schema.ts';
import { openDatabase, temporaryDatabase } from './sqlite.ts';

export interface State {
  /** The catalogue of a destination, by its label. */
  catalogue(destination: string): Catalogue;
  close(): void;
}

/** Opens the state database at `path`, made when it is not there. */
export const openState = (path: string): State =>
  stateIn(openDatabase(path, { version: SCHEMA_VERSION, schema: SCHEMA }));

/** State for one run that leaves nothing behind, such as one into a backup file. */
export const temporaryState = (): State => stateIn(temporaryDatabase(SCHEMA));

function stateIn(db: DatabaseSync): State {
  return {
    catalogue: (destination) => new SqliteCatalogue(db, destination),
    close: () => db.close(),
  };
}
