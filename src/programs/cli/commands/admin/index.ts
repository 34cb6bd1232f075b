/** `admin`: what an administrator asks of an enterprise server. A file for each kind of thing that is administered. */
import type { Command } from 'commander';
import { addDeviceAdmin } from './devices.ts';
import { addPeopleAdmin } from './people.ts';
import { addPolicyAdmin } from './policies.ts';
import { addRecordAdmin } from './records.ts';

export function addAdminCommands(program: Command): void {
  const admin = program.command('admin').description('administer an enterprise server');
  addPeopleAdmin(admin);
  addDeviceAdmin(admin);
  addPolicyAdmin(admin);
  addRecordAdmin(admin);
}
