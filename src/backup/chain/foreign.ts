/**
 * Names of manifests that are none. Whoever may append below a device's place can put something under such a name, and a
 * destination can list what it likes: what does not verify was not made by the device and counts for nothing. It is named
 * and passed over, so that it neither stops a backup nor a restore (U2).
 */
import { BaseError } from '../../lib/errors.ts';
import { manifestName } from '../../set/index.ts';
import type { EngineContext } from '../contract.ts';
import { BackupError } from '../errors.ts';
import type { ListedSet } from './listed.ts';
import { readManifest, type VerifiedManifest } from './manifests.ts';

/** So many are read in one chain. */
const MOST = 1000;

/** Who made it, or where it belongs, is not what the name says; or it is longer than any manifest. */
const CODES: readonly string[] = ['ERR_NOT_AUTHENTIC', 'ERR_MISPLACED', 'ERR_OBJECT_MALFORMED'];

export class ForeignNames {
  readonly #context: EngineContext;
  readonly #found: { readonly listed: ListedSet; readonly error: BaseError }[] = [];

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Why the name that was read last, or that of a set, is none of a manifest. */
  error(set?: string): BaseError | undefined {
    return this.#found.findLast(({ listed }) => set === undefined || listed.set === set)?.error;
  }

  /** The manifest of a name; undefined when there is another thing. What cannot be read at all is thrown. */
  async read(listed: ListedSet): Promise<VerifiedManifest | undefined> {
    try {
      return await readManifest(this.#context, listed, listed.counter, listed.set);
    } catch (error) {
      if (!(error instanceof BaseError && CODES.includes(error.code))) throw error;
      if (this.#found.length === MOST) throw this.#tooMany(listed);
      this.#found.push({ listed, error });
      return undefined;
    }
  }

  /** Of the names of one counter the one of a manifest. @throws BackupError `ERR_FORKED` when there are two */
  async readOne(names: readonly ListedSet[]): Promise<VerifiedManifest | undefined> {
    let one: VerifiedManifest | undefined;
    for (const listed of names) {
      const found = await this.read(listed);
      if (found && one)
        throw new BackupError('ERR_FORKED', `chain ${listed.chain}: two manifests ${listed.counter}`);
      one ??= found;
    }
    return one;
  }

  /** Says what was found, if there was anything. */
  report(): void {
    const last = this.#found[0];
    if (!last) return;
    const { listed, error } = last;
    const { length } = this.#found;
    const what = length === 1 ? 'a name is of no manifest' : `${length} names are of no manifest`;
    this.#context.report({
      kind: 'notice',
      code: 'FOREIGN_MANIFEST',
      message: `chain ${listed.chain}: ${what} of its device, and passed over: ${nameOf(listed)} (${error.message})`,
    });
  }

  #tooMany(listed: ListedSet): BackupError {
    const { label } = this.#context.destination;
    return new BackupError(
      'ERR_MANIFEST',
      `chain ${listed.chain}: more than ${MOST} names are of no manifest of its device, such as ${nameOf(listed)}; ask the operator of ${label} to remove them`,
    );
  }
}

const nameOf = (listed: ListedSet): string => manifestName(listed, listed.counter, listed.set);
