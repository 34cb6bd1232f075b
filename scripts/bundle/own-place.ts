import { dirname, relative } from 'node:path';
import type { Plugin } from 'rolldown';

/**
 * Modules ask where they lie, to find the package or a file beside them. All lie in one folder now: the answer is
 * where they would lie in it had they not been bundled.
 *
 * @param keeps places of entries that do lie there
 */
export const ownPlace = (sources: string, keeps: readonly string[]): Plugin => ({
  name: 'own-place',
  transform: {
    filter: { id: /\/src\/.*\.ts$/, code: 'import.meta.' },
    handler(code, id) {
      const place = relative(sources, id).replaceAll('\\', '/');
      if (place.startsWith('..') || keeps.includes(place.replace(/\.ts$/, ''))) return null;
      const file = JSON.stringify(place.replace(/\.ts$/, '.js'));
      const folder = JSON.stringify(`/${dirname(place)}`);
      return code
        .replaceAll('import.meta.url', `new URL(${file}, import.meta.url).href`)
        .replaceAll('import.meta.dirname', `(import.meta.dirname + ${folder})`);
    },
  },
  // It holds for files that lie directly in the folder.
  generateBundle(_, output) {
    for (const one of Object.values(output))
      if (one.fileName.includes('/') && !keeps.includes(one.fileName.replace(/\.js$/, '')))
        this.error(`${one.fileName} does not lie where its modules take it to be`);
  },
});
