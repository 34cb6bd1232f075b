import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reason, usage } from '../errors.ts';
import type { Flag } from './flags.ts';
import { configDirectory } from './paths.ts';

/** What the file says, by `program.flag` (`device.state`), or `flag` alone for those of every command. */
export type ConfigFile = ReadonlyMap<string, string | boolean | readonly string[]>;

export const noConfig: ConfigFile = new Map();

/** Under which name a flag stands in the file. */
export const configKey = (flag: Flag): string =>
  flag.program === 'global' ? flag.name() : `${flag.program}.${flag.name()}`;

/**
 * Reads the configuration file: YAML, a section per program, a line per flag. One that was asked for by name has
 * to be there; the one at the usual place may be missing. A line that no flag answers to is an error: a typing
 * mistake must not silently mean the default.
 *
 * @throws CliError `ERR_USAGE` naming file and line
 */
export async function readConfig(path: string | undefined, flags: readonly Flag[]): Promise<ConfigFile> {
  const file = path ?? join(configDirectory(), 'config.yaml');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (path === undefined && (cause as NodeJS.ErrnoException).code === 'ENOENT') return noConfig;
    throw usage(`${file}: the configuration file cannot be read: ${reason(cause)}`, { cause });
  }
  const { isMap, isScalar, isSeq, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const broken = document.errors[0];
  if (broken)
    throw usage(`${file}:${broken.linePos?.[0].line ?? 1}: not YAML: ${broken.message.split('\n')[0]}`);

  const known = new Map(flags.map((flag) => [configKey(flag), flag]));
  const found = new Map<string, string | boolean | readonly string[]>();
  const collect = (node: unknown, prefix: string): void => {
    if (isScalar(node) && node.value === null) return;
    if (!isMap(node)) throw usage(`${file}: ${prefix || 'the file'} has to be a mapping of names to values`);
    for (const { key, value } of node.items) {
      const name = prefix + String(isScalar(key) ? key.value : key);
      const line = lines.linePos((isScalar(key) && key.range?.[0]) || 0).line;
      if (isMap(value) && prefix === '') {
        collect(value, `${name}.`);
        continue;
      }
      const target = known.get(name);
      if (!target) throw usage(`${file}:${line}: there is no setting ${name}`);
      const said = saidIn(target, isSeq(value) ? value.toJSON() : isScalar(value) ? value.value : undefined);
      if (said === undefined) throw usage(`${file}:${line}: ${name} has to be ${wanted[target.kind]}`);
      found.set(name, said);
    }
  };
  if (document.contents !== null) collect(document.contents, '');
  return found;
}

const wanted = { text: 'a text', list: 'a list of texts', switch: 'true or false' } as const;

function saidIn(flag: Flag, value: unknown): string | boolean | readonly string[] | undefined {
  if (flag.kind === 'switch') return typeof value === 'boolean' ? value : undefined;
  const one = typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  if (flag.kind === 'text') return one;
  if (one !== undefined) return [one];
  return Array.isArray(value) && value.every((v) => typeof v === 'string') ? value : undefined;
}
