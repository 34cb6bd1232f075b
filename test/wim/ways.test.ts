/** Ways in without a token; and a reader that is not ours. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  createSoftwareWim,
  identityOf,
  lowestCost,
  openSoftwareWim,
  publicPartPath,
  readPublicPart,
  wayInFromPhrase,
} from '../../src/custody/wim/index.ts';
import { toBase64Url } from '../../src/lib/bytes.ts';
import { checkWayIn, sealedFor } from './kit/way-in.ts';

const PYTHON = '/usr/bin/python3';
const JWCRYPTO = '/usr/lib/python3/dist-packages/jwcrypto';
const missing = existsSync(JWCRYPTO) ? false : 'python3-jwcrypto is not installed (npm run provision)';

interface Vector {
  readonly phrase: string;
  readonly decipher: { readonly scalar: string; readonly jwk: { readonly kty: string } };
}
const file = join(import.meta.dirname, '../vectors/holdfast/phrase.json');
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] };

test('a recovery phrase opens and signs', async () => {
  await checkWayIn(await wayInFromPhrase(vectors[3]!.phrase));
});

test('a software WIM opens and signs; its public part is enough to seal', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-ways-'));
  try {
    const path = join(folder, 'me.wim');
    await createSoftwareWim(path, 'me', 'correct horse battery', lowestCost);
    const sealed = await sealedFor(await readPublicPart(publicPartPath(path)));
    const way = await openSoftwareWim(path, 'correct horse battery');
    assert(await sealed.opens(identityOf(way)));
    await checkWayIn(way);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Opens the envelope with the key, then seals what it held again for the same recipient, as `kid` says. */
const SCRIPT = `
import json, sys
from jwcrypto import jwe, jwk
given = json.load(sys.stdin)
key = jwk.JWK(**given["key"])
opened = jwe.JWE(algs=["ECDH-ES+A256KW", "A256GCM"])
opened.deserialize(json.dumps(given["envelope"]))
opened.decrypt(key)
protected = json.loads(opened.objects["protected"])
protected.pop("epk", None)
again = jwe.JWE(opened.payload, protected=json.dumps(protected), algs=["ECDH-ES+A256KW", "A256GCM"])
public = jwk.JWK(**{name: value for name, value in given["key"].items() if name != "d"})
again.add_recipient(public, header=json.dumps({"alg": "ECDH-ES+A256KW", "kid": given["kid"]}))
made = json.loads(again.serialize())
if "recipients" not in made:
    made["recipients"] = [{"header": made.pop("header"), "encrypted_key": made.pop("encrypted_key")}]
json.dump({"payload": opened.payload.decode(), "envelope": made}, sys.stdout)
`;

test('python3-jwcrypto opens what is sealed here, and what it seals opens here', {
  skip: missing,
}, async () => {
  for (const { phrase, decipher } of vectors) {
    const way = await wayInFromPhrase(phrase);
    const key = { ...decipher.jwk, d: toBase64Url(Uint8Array.fromHex(decipher.scalar)) };
    const sealed = await sealedFor(way.public);
    const envelope = JSON.parse(Buffer.from(sealed.bytes).toString());
    const input = JSON.stringify({ key, envelope, kid: envelope.recipients[0].header.kid });
    const output = JSON.parse(execFileSync(PYTHON, ['-c', SCRIPT], { input, encoding: 'utf8' }));
    assert.equal(Object.keys(JSON.parse(output.payload).keys).length, 3);
    assert.notEqual(output.envelope.ciphertext, envelope.ciphertext);
    assert(await sealed.opens(identityOf(way), Buffer.from(JSON.stringify(output.envelope))));
  }
});
