import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** XDG Base Directory Specification 0.8: a relative path in the variable counts as not set. */
const base = (variable: string, fallback: string): string => {
  const value = process.env[variable];
  return value && isAbsolute(value) ? value : join(homedir(), fallback);
};

/** Where a device keeps its state unless told otherwise. */
export const dataDirectory = (): string => join(base('XDG_DATA_HOME', '.local/share'), 'holdfast');

/** Where the configuration file lies unless told otherwise. */
export const configDirectory = (): string => join(base('XDG_CONFIG_HOME', '.config'), 'holdfast');

/** The package itself, three folders above this program in a clone and in `dist` alike. */
export const packageRoot = (): string => fileURLToPath(new URL('../../../../', import.meta.url));
