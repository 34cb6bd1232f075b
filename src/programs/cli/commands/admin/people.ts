import type { Command } from 'commander';
import { dateTime } from '../../output/index.ts';
import { on } from './on.ts';

/** `admin user` and `admin group` (B1). */
export function addPeopleAdmin(admin: Command): void {
  const user = admin.command('user').description('the users of the company');
  on(user, 'add <NAME>', 'add a user', async (client, { args, output }) => {
    const added = await client.addUser(args[0] ?? '');
    output.result(added, `user ${added.name} (${added.id})`);
  });
  on(user, 'list', 'all users', async (client, { output }) => {
    const users = await client.users();
    const columns = [
      { title: 'NAME' },
      { title: 'GROUPS' },
      { title: 'DEVICES', right: true },
      { title: 'SINCE' },
      { title: 'ID' },
    ];
    output.list(users, columns, (row) => [
      row.name,
      row.groups.join(', ') || '-',
      String(row.devices),
      dateTime(row.created),
      row.id,
    ]);
  });
  on(user, 'remove <NAME>', 'remove a user and end all their devices', async (client, { args, output }) => {
    const [name = ''] = args;
    await client.removeUser(name);
    output.result({ removed: name }, `user ${name} is removed, and their devices have ended`);
  });

  const group = admin
    .command('group')
    .description('groups of users; where they disagree, the earlier one decides');
  on(group, 'add <NAME>', 'add a group, behind all others', async (client, { args, output }) => {
    const added = await client.addGroup(args[0] ?? '');
    output.result(added, `group ${added.name}`);
  });
  on(group, 'list', 'all groups, in the order in which they decide', async (client, { output }) => {
    output.list(
      await client.groups(),
      [{ title: 'NAME' }, { title: 'MEMBERS' }, { title: 'SINCE' }],
      (row) => [row.name, row.members.join(', ') || '-', dateTime(row.created)],
    );
  });
  on(group, 'remove <NAME>', 'remove a group; its members stay users', async (client, { args, output }) => {
    const [name = ''] = args;
    await client.removeGroup(name);
    output.result({ removed: name }, `group ${name} is removed`);
  });
  on(
    group,
    'order <NAME...>',
    'say in which order groups decide; every group, once',
    async (client, { args, output }) => {
      const groups = await client.orderGroups(args);
      output.result(groups, groups.map((row) => row.name).join('\n'));
    },
  );
  on(group, 'add-member <GROUP> <USER>', 'put a user into a group', async (client, { args, output }) => {
    const [name = '', member = ''] = args;
    await client.addMember(name, member);
    output.result({ group: name, added: member }, `${member} is in group ${name}`);
  });
  on(
    group,
    'remove-member <GROUP> <USER>',
    'take a user out of a group',
    async (client, { args, output }) => {
      const [name = '', member = ''] = args;
      await client.removeMember(name, member);
      output.result({ group: name, removed: member }, `${member} is no longer in group ${name}`);
    },
  );
}
