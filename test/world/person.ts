/** A person without any server: a key file, a recovery phrase, and somebody's storage that trusts both. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WayParams } from '../../src/api/device/index.ts';
import { createSoftwareWim, lowestCost, phraseOf, wayInFromPhrase } from '../../src/custody/wim/index.ts';
import { addArea, type RunningStorage, start } from '../../src/programs/storage/index.ts';

export interface Person extends AsyncDisposable {
  /** Temporary, removed at the end. */
  readonly directory: string;
  readonly storage: { readonly state: string; readonly running: RunningStorage };
  /** After it was closed, at the same address. */
  restartStorage(): Promise<void>;
  /** URI of the area, without a place. */
  readonly area: string;
  /** The key file, its passphrase in a file, and the same as parameters. */
  readonly wim: { readonly path: string; readonly secret: string; readonly params: WayParams };
  readonly phrase: { readonly secret: string; readonly params: WayParams };
}

export async function person(): Promise<Person> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-person-'));
  const at = (name: string): string => join(directory, name);
  const passphrase = 'a passphrase for tests';
  const words = phraseOf(new Uint8Array(randomBytes(32)));
  const key = await createSoftwareWim(at('key.wim'), 'key', passphrase, lowestCost);
  const paper = await wayInFromPhrase(words);
  await writeFile(at('passphrase'), `${passphrase}\n`);
  await writeFile(at('words'), `${words}\n`);
  await mkdir(at('storage'), { mode: 0o700 });
  let running = await start({ state: at('storage'), listen: '127.0.0.1:0', log: 'silent' });
  const issuers = [key, paper].map((way) => way.public.signature.jwk);
  const { id } = await addArea(at('storage'), { name: 'mine', issuers });
  return {
    directory,
    storage: {
      state: at('storage'),
      get running() {
        return running;
      },
    },
    async restartStorage() {
      running = await start({ state: at('storage'), listen: new URL(running.url).host, log: 'silent' });
    },
    area: `${running.url}/areas/${id}`,
    wim: {
      path: at('key.wim'),
      secret: at('passphrase'),
      params: { kind: 'software', path: at('key.wim'), passphrase },
    },
    phrase: { secret: at('words'), params: { kind: 'phrase', words } },
    async [Symbol.asyncDispose]() {
      await running.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
