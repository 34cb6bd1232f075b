import { IPD_MARKER } from '../../formats/ipd/index.ts';
import { toBase64Url, utf8 } from '../../lib/bytes.ts';
import { IpdFileError } from './errors.ts';
import { HOLDFAST } from './layout.ts';

/** Bytes of a name at most, as in an index. */
const MAX_NAME = 1024;

/** What the header lists: the databases by their real names, in the order given, then ours. @throws IpdFileError */
export function headerNames(databases: readonly string[]): string[] {
  if (databases.length > IPD_MARKER - 1)
    throw new IpdFileError(
      'ERR_FILE_NAMES',
      `${databases.length} databases are more than a backup file takes`,
    );
  const seen = new Set<string>();
  for (const name of databases) {
    if (name === '' || name.includes('\0') || utf8(name).length > MAX_NAME || seen.has(name))
      throw new IpdFileError(
        'ERR_FILE_NAMES',
        `database ${JSON.stringify(name)}: no name for a backup file, or twice`,
      );
    seen.add(name);
  }
  return [...databases, HOLDFAST];
}

/** Finds the place of a database's name in the header by its id. */
export function placeOf(
  databases: readonly string[],
  nameOf: (database: string) => string | undefined,
  database: Uint8Array,
): number {
  const id = toBase64Url(database);
  const name = nameOf(id);
  const place = name === undefined ? -1 : databases.indexOf(name);
  if (place >= 0) return place;
  throw new IpdFileError(
    'ERR_FILE_DATABASE',
    name === undefined
      ? `database ${id} has no name`
      : `database ${name} was not announced when the file was begun`,
  );
}
