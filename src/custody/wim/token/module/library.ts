import { existsSync } from 'node:fs';
import type { PKCS11 } from 'pkcs11js';
import { WimError } from '../../errors.ts';
import { failureOf, nameOf, type TokenState } from './failures.ts';

/** The package's constants and class. It is CommonJS: all of it is the default export. */
export type Pkcs11js = typeof import('pkcs11js');

const INSTALL =
  'Tokens need the package pkcs11js, which is compiled when it is installed: it takes a C++ compiler, make and ' +
  'Python (on Debian: apt-get install build-essential python3), and npm install pkcs11js where holdfast is ' +
  'installed (npm install -g pkcs11js for a global one).';

/** A PKCS#11 library and at most one session with it. */
export class Library implements TokenState {
  #package: Pkcs11js | undefined;
  #calls: PKCS11 | undefined;
  #slot: Buffer | undefined;
  #session: Buffer | undefined;

  async load(path: string): Promise<void> {
    this.#package = await importPackage();
    if (!existsSync(path)) throw new WimError('ERR_TOKEN_MODULE', `There is no PKCS#11 module at ${path}.`);
    const calls = new this.#package.PKCS11();
    try {
      calls.load(path);
    } catch (cause) {
      throw new WimError('ERR_TOKEN_MODULE', `${path} cannot be loaded as a PKCS#11 module.`, { cause });
    }
    this.#calls = calls;
    this.call(() => calls.C_Initialize());
  }

  /** Constants. */
  get is(): Pkcs11js {
    if (!this.#package) throw new TypeError('no module is loaded');
    return this.#package;
  }

  get calls(): PKCS11 {
    if (!this.#calls) throw new TypeError('no module is loaded');
    return this.#calls;
  }

  get session(): Buffer {
    if (!this.#session) throw new TypeError('no session is open');
    return this.#session;
  }

  get slot(): Buffer {
    if (!this.#slot) throw new TypeError('no session is open');
    return this.#slot;
  }

  open(slot: string, write: boolean): void {
    const handle = Buffer.from(slot, 'hex');
    if (this.#session) {
      const before = this.#session;
      this.#session = undefined;
      this.call(() => this.calls.C_CloseSession(before));
    }
    const flags = this.is.CKF_SERIAL_SESSION | (write ? this.is.CKF_RW_SESSION : 0);
    this.#slot = handle;
    this.#session = this.call(() => this.calls.C_OpenSession(handle, flags));
  }

  /** Calls the module; what it returns as an error becomes one of ours. */
  call<T>(what: () => T): T {
    try {
      return what();
    } catch (error) {
      throw failureOf(this, error);
    }
  }

  /** As `call`, but gives undefined for what the module says it does not know or do. */
  attempt<T>(what: () => T, ...refusals: readonly string[]): T | undefined {
    try {
      return what();
    } catch (error) {
      if (refusals.includes(nameOf(error))) return undefined;
      throw failureOf(this, error);
    }
  }

  /** `CKF_USER_PIN_…` of the session's token; undefined when it does not say. */
  pinFlags(): number | undefined {
    try {
      return this.calls.C_GetTokenInfo(this.slot).flags;
    } catch {
      return undefined;
    }
  }
}

async function importPackage(): Promise<Pkcs11js> {
  try {
    return ((await import('pkcs11js')) as unknown as { readonly default: Pkcs11js }).default;
  } catch (cause) {
    throw new WimError('ERR_PKCS11JS_MISSING', INSTALL, { cause });
  }
}
