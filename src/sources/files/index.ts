/**
 * Files: what every source that reads and writes files does alike. Paths are bytes, as the kernel has them; new
 * bytes go to an exclusive temporary file beside their place and take it by a rename.
 */
export { OpenDirectory, removeOwn } from './directory.ts';
export { flush, syncDirectory } from './durable.ts';
export { errnoOf, guarded, notWritten, reasonOf, sourceName } from './failure.ts';
export { type BytePath, fromBytes, fromText, fsPath, join, parentOf, shown, toBytes } from './path.ts';
export {
  changedFile,
  type FileIdentity,
  identityOf,
  identityOfFolder,
  type Place,
  type PlaceOptions,
  placeOf,
  READING,
  refuseChanged,
  sameFile,
  unavailable,
} from './place.ts';
export { isTemporaryName, sweep } from './session.ts';
export { Temporaries, type Temporary } from './temporary.ts';
