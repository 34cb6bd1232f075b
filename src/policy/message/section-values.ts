/** The shapes of the sections' values. Unknown members are ignored, unless the message lists them in `crit`. */
import { MalformedError } from '../../lib/binary.ts';
import {
  asBytesText,
  asHash,
  asId,
  asInteger,
  asList,
  asObject,
  asOneOf,
  asText,
  parseJson,
} from '../../lib/shape.ts';
import { databaseFieldNames, decodeRules, PolicyError } from '../rules/index.ts';
import { CERTIFICATE_LIMIT } from './certificate.ts';
import { p256Shape } from './keys.ts';
import type { ChainHead, Command, PolicyKey, SectionName, SectionValues, TrustedDevice } from './payload.ts';

const KEY_LIMIT = 8192;
const DEVICE_LIMIT = 1024;
const HEAD_LIMIT = 8192;
const COMMAND_LIMIT = 1024;

/** What a message may list in `crit` for this version to accept it: a member, or `section.member`. */
export const understood: ReadonlySet<string> = new Set([
  ...['sections', 'grants', 'rules', 'encryptionKeys', 'decryptionKeys', 'commands', 'trust'],
  ...['commands.erase-keys', 'commands.end', 'trust.devices', 'trust.heads', 'trust.knownAt'],
  ...['rules.classify', 'rules.databases', 'rules.classes', 'rules.unencrypted', 'rules.destinations'],
  ...[
    'rules.schedule',
    'rules.retention',
    'rules.verify',
    'rules.refresh',
    'rules.expires',
    'rules.whenStale',
  ],
  ...databaseFieldNames.map((field) => `rules.databases.${field}`),
]);

/** One parser per section. @throws MalformedError */
export const sectionParsers: { readonly [S in SectionName]: (value: unknown) => SectionValues[S] } = {
  rules(value) {
    try {
      return decodeRules(value);
    } catch (cause) {
      if (cause instanceof PolicyError) throw new MalformedError(cause.message, { cause });
      throw cause;
    }
  },
  encryptionKeys(value) {
    const keys = asList(value, 'encryptionKeys', KEY_LIMIT, policyKey);
    const uses = keys.map((key) => JSON.stringify([key.use, key.database]));
    if (new Set(uses).size !== keys.length) throw new MalformedError('two encryption keys for one use');
    return keys;
  },
  decryptionKeys(value) {
    const keys = asList(value, 'decryptionKeys', KEY_LIMIT, policyKey);
    if (new Set(keys.map((key) => key.kid)).size !== keys.length) {
      throw new MalformedError('one decryption key twice');
    }
    return keys;
  },
  commands: (value) => asList(value, 'commands', COMMAND_LIMIT, command),
  trust(value) {
    const trust = asObject(value, 'trust');
    return {
      devices: asList(trust.devices, 'devices', DEVICE_LIMIT, trustedDevice),
      heads: asList(trust.heads, 'heads', HEAD_LIMIT, chainHead),
      knownAt: asInteger(trust.knownAt, 'knownAt'),
    };
  },
};

/** A section's text as it was accepted. @throws MalformedError */
export function parseSection<S extends SectionName>(name: S, text: string): SectionValues[S] {
  const parse: (value: unknown) => SectionValues[S] = sectionParsers[name];
  return parse(parseJson(text, name));
}

function policyKey(value: unknown): PolicyKey {
  const key = asObject(value, 'a policy key');
  const use = asOneOf(key.use, 'use', ['user', 'device', 'database']);
  if ((key.database !== undefined) !== (use === 'database')) {
    throw new MalformedError('a policy key whose use and database do not go together');
  }
  if ((key.k === undefined) === (key.jwk === undefined))
    throw new MalformedError('a policy key with not one value');
  return {
    kid: asId(key.kid, 'kid'),
    use,
    ...(key.database !== undefined && { database: asText(key.database, 'database', 512) }),
    ...(key.k !== undefined && { k: asBytesText(key.k, 'k', 32) }),
    ...(key.jwk !== undefined && { jwk: asymmetric(key.jwk) }),
  };
}

/** P-256 or RSA, public or private; the room that uses the key imports it and thereby checks it. */
function asymmetric(value: unknown): Readonly<JsonWebKey> {
  const jwk = asObject(value, 'jwk');
  if (jwk.kty === 'EC') p256Shape(jwk);
  else if (jwk.kty !== 'RSA') throw new MalformedError('a policy key that is neither P-256 nor RSA');
  for (const member of Object.values(jwk)) asText(member, 'a member of a key', 2048);
  return jwk as JsonWebKey;
}

function command(value: unknown): Command {
  const from = asObject(value, 'a command');
  const id = asId(from.id, 'id of a command');
  const kind = asText(from.kind, 'kind of a command', 64);
  if (kind === 'erase-keys') {
    return { id, kind, kids: asList(from.kids, 'kids', KEY_LIMIT, (kid) => asId(kid, 'kid')) };
  }
  return kind === 'end' ? { id, kind } : { id, kind: 'unknown', name: kind };
}

function trustedDevice(value: unknown): TrustedDevice {
  const device = asObject(value, 'a device');
  return {
    id: asId(device.id, 'id of a device'),
    user: asId(device.user, 'user of a device'),
    certificate: asText(device.certificate, 'certificate', CERTIFICATE_LIMIT),
    state: asOneOf(device.state, 'state of a device', ['active', 'ended']),
  };
}

function chainHead(value: unknown): ChainHead {
  const head = asObject(value, 'a head');
  return {
    chain: asId(head.chain, 'chain'),
    device: asId(head.device, 'device'),
    counter: asInteger(head.counter, 'counter'),
    hash: asHash(head.hash, 'hash'),
    time: asInteger(head.time, 'time'),
    ...(head.area !== undefined && { area: asId(head.area, 'area') }),
  };
}
