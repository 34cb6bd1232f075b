import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type OutputChunk, rolldown } from 'rolldown';
import { licences, type Package } from './licences.ts';
import { ownPlace } from './own-place.ts';

const root = join(import.meta.dirname, '../..');

/** What is started by its path; all else is imported, and lies flat beside `cli.js`. */
const MODULE_PROCESS = ['custody/wim/token/module/main', 'custody/wim/token/module/watchdog'];
const entries = {
  cli: 'src/programs/cli/index.ts',
  ...Object.fromEntries(MODULE_PROCESS.map((place) => [place, `src/${place}.ts`])),
};

/** A file of the bundle. */
export interface Chunk {
  readonly file: string;
  /** Paths of what is in it, from the root of the clone; what the bundler adds begins with a NUL. */
  readonly modules: readonly string[];
  readonly imports: readonly string[];
  readonly dynamicImports: readonly string[];
}

export interface Bundled {
  readonly chunks: readonly Chunk[];
  readonly packages: readonly Package[];
}

/** @param directory is emptied */
export async function bundle(directory: string): Promise<Bundled> {
  await rm(directory, { recursive: true, force: true });
  await using build = await rolldown({
    cwd: root,
    platform: 'node',
    input: entries,
    // Compiled for each computer, and only where there are tokens.
    external: ['pkcs11js'],
    // A way to a package through a link would lead out of the clone, and into the names of modules.
    resolve: { symlinks: false },
    plugins: [ownPlace(join(root, 'src'), MODULE_PROCESS)],
    onLog(level, log) {
      if (level === 'warn') throw new Error(`the bundle: ${log.message}`);
    },
  });
  const { output } = await build.write({
    dir: directory,
    entryFileNames: '[name].js',
    // After an upgrade under a running program what it has not loaded yet is missing, and never of another version.
    chunkFileNames: '[name]-[hash].js',
    // Names and lines stay: a stack trace is read without a source map.
    minify: 'dce-only',
    comments: { legal: true, annotation: false, jsdoc: false },
  });
  const chunks = output.filter((one): one is OutputChunk => one.type === 'chunk').map(described);
  const packages = await licences(root, new Set(chunks.flatMap(({ modules }) => modules)));
  await writeFile(join(directory, 'THIRD-PARTY-LICENSES'), packages.map(({ text }) => text).join('\n'));
  return { chunks, packages };
}

const described = ({ fileName, moduleIds, imports, dynamicImports }: OutputChunk): Chunk => ({
  file: fileName,
  modules: moduleIds.map((id) => (id.startsWith(root) ? id.slice(root.length + 1) : id)),
  imports,
  dynamicImports,
});
