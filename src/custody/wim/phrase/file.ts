import { writeWhole } from '../files.ts';

/** Mode 0600, never over a file that is there. @throws WimError `ERR_WIM_EXISTS`, `ERR_WIM_FILE` */
export const writePhrase = (path: string, words: string): Promise<void> =>
  writeWhole(path, `${words}\n`, { mode: 0o600 });
