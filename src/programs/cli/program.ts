import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Help } from 'commander';
import {
  addAdminCommands,
  addAreaCommands,
  addBackupCommands,
  addCompletionCommand,
  addDeviceCommands,
  addDiffCommand,
  addListSetsCommand,
  addPruneCommand,
  addQuickstartCommand,
  addServerCommands,
  addSetCommands,
  addShareCommands,
  addSourceCommands,
  addStorageCommands,
  addWimCommands,
} from './commands/index.ts';
import { Flag, flag, packageRoot } from './settings/index.ts';

/** The whole command tree; building it loads none of the rooms behind it. */
export function buildProgram(): Command {
  const program = quiet(new Command('holdfast'));
  program
    .description('Encrypted backup for phones and laptops that a company can govern and no storage can read.')
    .version(version(), '--version', 'print the version');
  flag(program, 'global', '--config <FILE>', 'configuration file');
  flag(program, 'global', '--json', 'results as JSON, progress and entries as JSON lines');
  flag(program, 'global', '--quiet', 'results and errors only');
  flag(program, 'global', '--verbose', 'also say why and where');

  program.commandsGroup('See it work:');
  addQuickstartCommand(program);
  program.commandsGroup('A device:');
  addDeviceCommands(program);
  addSourceCommands(program);
  addAreaCommands(program);
  addBackupCommands(program);
  addListSetsCommand(program);
  addSetCommands(program);
  addDiffCommand(program);
  addPruneCommand(program);
  addWimCommands(program);
  addShareCommands(program);
  program.commandsGroup('A company:');
  addServerCommands(program);
  addAdminCommands(program);
  program.commandsGroup('A storage:');
  addStorageCommands(program);
  program.commandsGroup('This command line:');
  addCompletionCommand(program);
  program.helpCommand('help [COMMAND]', 'show help for a command');
  return settleAll(program);
}

const version = (): string => JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')).version;

/** Errors are thrown and said by us, in one line; `--help` shows the environment variables. */
function quiet(command: Command): Command {
  return command
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .helpOption('-h, --help', 'show this help')
    .configureHelp({
      showGlobalOptions: command.parent !== null,
      optionDescription: (option) =>
        option instanceof Flag
          ? `${option.description} [${option.variable}]`
          : Help.prototype.optionDescription(option),
    });
}

function settleAll(command: Command): Command {
  for (const child of command.commands) settleAll(quiet(child));
  return command;
}
