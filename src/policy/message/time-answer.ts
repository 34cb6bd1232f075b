/**
 * The time, from the server to a device whose clock ran ahead: signed, for this device, and for one question that it
 * has just asked (design: policy message).
 */
import { MalformedError } from '../../lib/binary.ts';
import { asId, asInteger, asObject, parseJson } from '../../lib/shape.ts';
import { signJson, verifyJws } from './envelope.ts';
import { MessageError } from './errors.ts';
import type { Ed25519Private, Ed25519Public } from './keys.ts';

export const TIME_TYP = 'holdfast-time+jws';
/** Characters of an answer, at most. */
export const TIME_ANSWER_LIMIT = 2048;

export interface TimeQuestion {
  readonly device: string;
  /** 16 random bytes, base64url. */
  readonly nonce: string;
}

/** Server: signs with its identity key. Compact JWS. @param time Unix ms */
export function composeTimeAnswer(
  identityKey: Ed25519Private,
  { device, nonce }: TimeQuestion,
  time: number,
): Promise<string> {
  return signJson(TIME_TYP, identityKey, { v: 1, aud: device, nonce, time });
}

/** Device: the time that the pinned server answers to this question, Unix ms. @throws MessageError `ERR_TIME_ANSWER` */
export async function openTimeAnswer(
  identityKey: Ed25519Public,
  answer: string,
  question: TimeQuestion,
): Promise<number> {
  try {
    if (answer.length > TIME_ANSWER_LIMIT) throw new MalformedError('it is too long');
    const from = asObject(parseJson(await verifyJws(TIME_TYP, identityKey, answer), 'it'), 'it');
    if (from.v !== 1) throw new MalformedError('it is of another version');
    if (asId(from.aud, 'aud') !== question.device) throw new MalformedError('it is for another device');
    if (asId(from.nonce, 'nonce') !== question.nonce) throw new MalformedError('it is for another question');
    return asInteger(from.time, 'time');
  } catch (cause) {
    const why = cause instanceof MalformedError ? cause.message : 'its signature does not verify';
    throw new MessageError('ERR_TIME_ANSWER', `The server's answer about the time is refused: ${why}.`, {
      cause,
    });
  }
}
