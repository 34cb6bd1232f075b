import type { AdminClient } from '../../../api/client/index.ts';
import type { RunningServer } from '../../server/index.ts';
import type { RunningStorage } from '../../storage/index.ts';

/** The programs of the company and of the storage, in this process but on real ports. */
export interface Programs {
  readonly server: RunningServer;
  readonly storage: RunningStorage;
  readonly admin: AdminClient;
  readonly areaUri: string;
  /** Directory in which the storage keeps the area's objects. */
  readonly objects: string;
}
