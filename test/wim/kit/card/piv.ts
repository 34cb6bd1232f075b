/**
 * A PIV card (NIST SP 800-73-4) with the slots 9C (digital signature, PIN always) and 9D (key management): commands in,
 * answers out. As strict as a card has to be: tries are counted and lock, a key is used after its PIN only.
 */
import { type CardKey, PrivateKey, randomGuid } from './keys.ts';
import { parseTlv, tlv } from './tlv.ts';

export interface CardContent {
  readonly '9c'?: CardKey;
  readonly '9d'?: CardKey;
}

export const PIN = '123456';
export const PUK = '12345678';
const TRIES = 3;

const OK = 0x9000;
const WRONG_DATA = 0x6a80;
const NOT_FOUND = 0x6a82;
const NOT_VERIFIED = 0x6982;
const BLOCKED = 0x6983;

/** A secret that locks. */
class Secret {
  value: Buffer;
  left = TRIES;
  constructor(text: string) {
    this.value = padded(text);
  }

  check(given: Buffer): number {
    if (this.left === 0) return BLOCKED;
    if (given.equals(this.value)) {
      this.left = TRIES;
      return OK;
    }
    this.left--;
    return this.left > 0 ? 0x63c0 | this.left : BLOCKED;
  }
}

const padded = (text: string): Buffer =>
  Buffer.concat([Buffer.from(text), Buffer.alloc(8 - text.length, 0xff)]);

export class PivCard {
  /** Private-key operations that were carried out. */
  operations = 0;
  /** Called before each of them; the card is gone when it gives true. */
  vanishes: () => boolean = () => false;
  readonly #pin = new Secret(PIN);
  readonly #puk = new Secret(PUK);
  readonly #keys: ReadonlyMap<number, PrivateKey>;
  readonly #objects: ReadonlyMap<string, Buffer>;
  #verified = false;
  /** Nothing came between the PIN and now. */
  #fresh = false;
  #chained: Buffer[] = [];
  #rest = Buffer.alloc(0);

  constructor(content: CardContent) {
    const slots = (
      [
        ['9c', 0x9c],
        ['9d', 0x9d],
      ] as const
    ).flatMap(([name, slot]) => {
      const key = content[name];
      return key ? [[slot, new PrivateKey(key)] as const] : [];
    });
    this.#keys = new Map(slots);
    this.#objects = objectsOf(this.#keys);
  }

  /** Power was off: what was verified is no longer. */
  reset(): void {
    this.#verified = false;
    this.#fresh = false;
    this.#chained = [];
    this.#rest = Buffer.alloc(0);
  }

  /** Undefined when the card has gone. */
  answer(command: Buffer): Buffer | undefined {
    const [cla, ins, , p2] = [command[0]!, command[1]!, command[2]!, command[3]!];
    if (ins === 0xc0) return this.#give(this.#rest);
    this.#chained.push(dataOf(command));
    if (cla & 0x10) return status(OK);
    const data = Buffer.concat(this.#chained);
    this.#chained = [];
    const fresh = this.#fresh;
    this.#fresh = false;
    switch (ins) {
      case 0xa4:
        return data.subarray(0, 5).equals(AID) ? this.#give(APPLICATION) : status(NOT_FOUND);
      case 0xcb: {
        const object = this.#objects.get(parseTlv(data).get(0x5c)?.toString('hex') ?? '');
        return object ? this.#give(object) : status(NOT_FOUND);
      }
      case 0x20:
        // The PUK is changed and used, but never verified.
        return status(p2 === 0x80 ? this.#verify(data, command[2]!) : 0x6a88);
      case 0x24:
        return status(this.#change(p2 === 0x81 ? this.#puk : this.#pin, data));
      case 0x2c:
        return status(this.#unblock(data));
      case 0x87:
        return this.#useKey(p2, data, fresh);
      // YubiKey: its version, which OpenSC asks for because of the ATR.
      case 0xfd:
        return this.#give(Buffer.of(5, 4, 3));
      default:
        return status(0x6d00);
    }
  }

  #verify(data: Buffer, p1: number): number {
    if (p1 === 0xff) {
      this.#verified = false;
      return OK;
    }
    if (data.length === 0)
      return this.#verified ? OK : this.#pin.left > 0 ? 0x63c0 | this.#pin.left : BLOCKED;
    const result = this.#pin.check(data);
    this.#verified = result === OK;
    this.#fresh = this.#verified;
    return result;
  }

  #change(secret: Secret, data: Buffer): number {
    if (data.length !== 16) return WRONG_DATA;
    const result = secret.check(data.subarray(0, 8));
    if (result === OK) secret.value = Buffer.from(data.subarray(8));
    return result;
  }

  #unblock(data: Buffer): number {
    if (data.length !== 16) return WRONG_DATA;
    const result = this.#puk.check(data.subarray(0, 8));
    if (result !== OK) return result;
    this.#pin.value = Buffer.from(data.subarray(8));
    this.#pin.left = TRIES;
    return OK;
  }

  /** GENERAL AUTHENTICATE: 7C { 82 empty, 81 challenge | 85 point }. */
  #useKey(slot: number, data: Buffer, fresh: boolean): Buffer | undefined {
    const key = this.#keys.get(slot);
    if (!key) return status(0x6a88);
    if (!this.#verified || (slot === 0x9c && !fresh)) return status(NOT_VERIFIED);
    const fields = parseTlv(parseTlv(data).get(0x7c) ?? Buffer.alloc(0));
    const [challenge, point] = [fields.get(0x81), fields.get(0x85)];
    if (this.vanishes()) return undefined;
    try {
      const result =
        key.kind === 'rsa' && challenge
          ? key.power(challenge)
          : challenge
            ? key.signHash(challenge)
            : key.agree(point ?? Buffer.alloc(0));
      this.operations++;
      return this.#give(tlv('7c', tlv('82', result)));
    } catch {
      return status(WRONG_DATA);
    }
  }

  /** Up to 256 bytes, and how many are left. */
  #give(bytes: Buffer): Buffer {
    const [now, later] = [bytes.subarray(0, 256), bytes.subarray(256)];
    this.#rest = Buffer.from(later);
    return Buffer.concat([
      now,
      status(later.length === 0 ? OK : 0x6100 | (later.length > 0xff ? 0 : later.length)),
    ]);
  }
}

const AID = Buffer.from('a000000308', 'hex');
const APPLICATION = tlv('61', tlv('4f', Buffer.from('000010000100', 'hex')), tlv('79', tlv('4f', AID)));

const status = (word: number): Buffer => Buffer.of(word >> 8, word & 0xff);

/** Short and extended lengths (ISO 7816-4 §5.1). */
function dataOf(command: Buffer): Buffer {
  if (command.length <= 5) return Buffer.alloc(0);
  if (command[4] === 0 && command.length > 7) return command.subarray(7, 7 + command.readUInt16BE(5));
  return command.subarray(5, 5 + command[4]!);
}

/** SP 800-73-4 part 1, appendix A. */
function objectsOf(keys: ReadonlyMap<number, PrivateKey>): Map<string, Buffer> {
  const empty = Buffer.alloc(0);
  const holder = [
    tlv('30', Buffer.from('d4e739da739ced39ce739d836858210842108421c84210c3eb', 'hex')),
    tlv('34', randomGuid()),
    tlv('35', Buffer.from('20391231')),
    tlv('3e', empty),
    tlv('fe', empty),
  ];
  const capabilities = [
    tlv('f0', Buffer.from(`a000000116ff02${randomGuid().toString('hex').slice(0, 28)}`, 'hex')),
    tlv('f1', Buffer.of(0x21)),
    tlv('f2', Buffer.of(0x21)),
    tlv('f3', empty),
    tlv('f4', Buffer.of(0)),
    tlv('f5', Buffer.of(0x10)),
    tlv('fe', empty),
  ];
  const discovery = tlv(
    '7e',
    tlv('4f', Buffer.from('a000000308000010000100', 'hex')),
    tlv('5f2f', Buffer.of(0x40, 0)),
  );
  const objects = new Map([
    ['5fc102', tlv('53', ...holder)],
    ['5fc107', tlv('53', ...capabilities)],
    ['7e', discovery],
  ]);
  const certificates = { 156: '5fc10a', 157: '5fc10b' } as const;
  for (const [slot, key] of keys)
    objects.set(
      certificates[slot as 0x9c | 0x9d],
      tlv('53', tlv('70', key.certificate), tlv('71', Buffer.of(0)), tlv('fe', empty)),
    );
  return objects;
}
