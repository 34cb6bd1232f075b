import type { Library } from './library.ts';
import { makeKeyPair, putCertificate, removeKey } from './making.ts';
import { readKeys } from './objects.ts';
import { changePin, login, unblock } from './pins.ts';
import type { Request } from './protocol.ts';
import { listTokens } from './slots.ts';
import { agree, decrypt, sign } from './using.ts';

/** Switches over the requests; one library, and one session at a time. */
export const requestHandler =
  (library: Library) =>
  (request: Request): unknown => {
    const { op, ask } = request;
    switch (op) {
      case 'load':
        return library.load(ask.path);
      case 'tokens':
        return listTokens(library);
      case 'open':
        return library.open(ask.slot, ask.write);
      case 'login':
        return login(library, ask.as, ask.pin);
      case 'keys':
        return readKeys(library);
      case 'agree':
        return agree(library, ask);
      case 'decrypt':
        return decrypt(library, ask);
      case 'sign':
        return sign(library, ask);
      case 'generate':
        return makeKeyPair(library, ask);
      case 'certify':
        return putCertificate(library, ask);
      case 'destroy':
        return removeKey(library, ask.id);
      case 'changePin':
        return changePin(library, ask.pin, ask.next);
      case 'unblock':
        return unblock(library, ask.code, ask.next);
    }
  };
