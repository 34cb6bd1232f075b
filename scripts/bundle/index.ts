/**
 * The **bundle**: what an installed package runs. Modules that the same commands load lie in one file, a chunk; what
 * the sources import only when it is needed is a chunk of its own.
 */
export { type Bundled, bundle, type Chunk } from './bundle.ts';
