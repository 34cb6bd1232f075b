/**
 * Holdfast as it is used: an enterprise server, a storage and the device's command line, each a process of its own,
 * on the loopback. Its CPU is that of all three together. To a storage area over HTTP; over TLS, behind a proxy of
 * our own, since the programs leave TLS to a web server; or to a backup file.
 */
import { join } from 'node:path';
import type { Contender } from '../contender.ts';
import { type Certificate, makeCertificate } from './certificate.ts';
import { type Installed, install } from './install.ts';
import { session } from './session.ts';
import { setUp } from './world.ts';

export { type Installed, install } from './install.ts';

const OWN = 'keys and catalogue of the device';

const contender = (name: string, way: 'http' | 'tls' | 'file', durable: string): Contender => {
  let installed: Installed | undefined;
  let certificate: Certificate | undefined;
  return {
    name,
    durable,
    async prepare(directory) {
      if (way === 'tls') {
        certificate = await makeCertificate(`${directory}-tls`);
        if (!certificate) return { missing: `${name}: openssl is not installed` };
      }
      installed = await install(directory);
      return { version: installed.version };
    },
    async open(directory, source, options) {
      const { program } = installed!;
      const world = await setUp(directory, source, { program, folders: options.folders, certificate });
      return session(directory, world, way === 'file' ? join(directory, 'backup.ipd') : undefined, options);
    },
  };
};

export const holdfast = contender(
  'holdfast',
  'http',
  `each document before the storage answers (fsync of file and folder); ${OWN}`,
);
export const holdfastTls = contender('holdfast tls', 'tls', 'as holdfast');
export const holdfastFile = contender('holdfast file', 'file', `the backup file (fsync); ${OWN}`);
