/** The shape of a policy message's payload. Unknown members are ignored, unless `crit` names them. */
import { MalformedError } from '../../lib/binary.ts';
import { asHash, asId, asInteger, asList, asObject, asText } from '../../lib/shape.ts';
import {
  type AreaGrant,
  MESSAGE_LIMIT,
  type PolicyPayload,
  type SectionName,
  type SectionPart,
} from './payload.ts';

/** @throws MalformedError */
export function parsePayload(value: unknown): PolicyPayload {
  const payload = asObject(value, 'the message');
  if (payload.v !== 1) throw new MalformedError('a policy message of another version');
  const from = asObject(payload.sections, 'sections');
  const part = (name: SectionName) => sectionPart(from[name], name);
  const iat = asInteger(payload.iat, 'iat');
  return {
    v: 1,
    iss: asId(payload.iss, 'iss'),
    aud: asId(payload.aud, 'aud'),
    seq: asInteger(payload.seq, 'seq', 1),
    iat,
    exp: asInteger(payload.exp, 'exp', iat + 1),
    sections: {
      rules: part('rules'),
      encryptionKeys: part('encryptionKeys'),
      decryptionKeys: part('decryptionKeys'),
      commands: part('commands'),
      trust: part('trust'),
    },
    grants: asList(payload.grants, 'grants', 64, areaGrant),
    ...(payload.crit !== undefined && {
      crit: asList(payload.crit, 'crit', 256, (name) => asText(name, 'a name in crit', 128)),
    }),
  };
}

function sectionPart(value: unknown, name: SectionName): SectionPart {
  const part = asObject(value, `section ${name}`);
  return {
    version: asInteger(part.version, `version of ${name}`, 1),
    hash: asHash(part.hash, `hash of ${name}`),
    ...(part.value !== undefined && { value: asText(part.value, `value of ${name}`, MESSAGE_LIMIT) }),
  };
}

function areaGrant(value: unknown): AreaGrant {
  const grant = asObject(value, 'a grant');
  return {
    area: asText(grant.area, 'area of a grant', 2048),
    append: asText(grant.append, 'append of a grant', 8192),
    read: asText(grant.read, 'read of a grant', 8192),
    ...(grant.owner !== undefined && { owner: asText(grant.owner, 'owner of a grant', 8192) }),
  };
}
