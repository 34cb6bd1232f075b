/**
 * What is packed: the sources and the libraries that they use, in few files. `npm pack` runs it by `prepack`.
 *
 *     node scripts/bundle.ts [DIRECTORY]    `dist` unless said otherwise; what lies there goes
 */
import { join, resolve } from 'node:path';
import { bundle } from './bundle/index.ts';

const directory = resolve(process.argv[2] ?? join(import.meta.dirname, '../dist'));
const { chunks, packages } = await bundle(directory);
console.log(`${chunks.length} files, with ${packages.length} packages bundled, in ${directory}`);
