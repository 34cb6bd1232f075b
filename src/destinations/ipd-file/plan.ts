import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Destination, DestinationError } from '../../set/index.ts';
import { type IpdFileOptions, LIMITS } from './create.ts';
import { fileFailure, IpdFileError } from './errors.ts';
import { headerNames } from './names.ts';
import { resolvePlace } from './place.ts';

/**
 * A backup file as it would be begun, for a run that only says what it would do: there is nothing in it, and nothing
 * can be put. @throws IpdFileError as `createIpdFile` does
 */
export async function planIpdFile({ path, databases, replace }: IpdFileOptions): Promise<Destination> {
  headerNames(databases);
  const place = await resolvePlace(path, replace ?? false);
  await stat(dirname(place)).catch((cause) => Promise.reject(fileFailure(dirname(place), cause)));
  const nothing = async (name: string): Promise<never> => {
    throw new DestinationError('ERR_OBJECT_MISSING', `${path}: ${name} is not in it`);
  };
  const unchangeable = async (): Promise<never> => {
    throw new IpdFileError('ERR_FILE_UNCHANGEABLE', `${path}: has not been begun`);
  };
  return {
    label: path,
    ...LIMITS,
    async *list() {},
    getSegment: nothing,
    getRange: ({ name }) => nothing(name),
    getObject: nothing,
    putSegment: unchangeable,
    putObject: unchangeable,
    remove: unchangeable,
    async close() {},
  };
}
