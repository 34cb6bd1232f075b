/** A certificate for 127.0.0.1 that nobody else trusts: the programs get it as theirs to trust. */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificate {
  /** Paths of PEM files. */
  readonly certificate: string;
  readonly key: string;
}

/** @returns undefined where there is no openssl */
export async function makeCertificate(directory: string): Promise<Certificate | undefined> {
  await mkdir(directory, { recursive: true });
  const [certificate, key] = [join(directory, 'certificate.pem'), join(directory, 'key.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  try {
    await run('openssl', [
      ...['req', '-x509', ...curve, '-days', '2', ...names],
      ...['-keyout', key, '-out', certificate],
    ]);
    return { certificate, key };
  } catch {
    return undefined;
  }
}
