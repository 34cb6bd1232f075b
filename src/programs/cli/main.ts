import { type Command, CommanderError } from 'commander';
import { CliError, usage } from './errors.ts';
import { markIds, unmarked } from './ids.ts';
import { type Invocation, invocation } from './invocation.ts';
import { Output } from './output/index.ts';
import { buildProgram } from './program.ts';
import { Flag, noConfig, readConfig, Settings } from './settings/index.ts';
import { onReaderGone, stopOnSignal } from './signals.ts';

/**
 * Runs one command line.
 *
 * @param argv what was typed behind `holdfast`
 * @returns the exit code: 0 done, 1 failed, 2 usage, 3 partial, 4 refused by policy, 5 no key, 6 integrity,
 *   130 interrupted
 */
export async function main(argv: readonly string[]): Promise<number> {
  let output = new Output({
    json: argv.includes('--json'),
    quiet: false,
    verbose: argv.includes('--verbose'),
  });
  onReaderGone(() => output.deafen());
  const stop = stopOnSignal(() => output.detail('stopping; once more ends at once'));
  try {
    const program = buildProgram();
    const typed = await parse(program, argv);
    if (!typed) return 0;
    const settings = await settle(program, typed);
    output = new Output({
      json: settings.on('json'),
      quiet: settings.on('quiet'),
      verbose: settings.on('verbose'),
    });
    const { command, action } = typed;
    await action({ args: command.args.map(unmarked), settings, output, signal: stop.signal });
    return 0;
  } catch (error) {
    return output.failure(stop.signal.aborted ? interrupted(error) : error);
  } finally {
    stop.end();
  }
}

/** A command that does not go on where it was says so itself. */
const interrupted = (cause: unknown): CliError =>
  cause instanceof CliError && cause.code === 'ERR_INTERRUPTED'
    ? cause
    : new CliError('ERR_INTERRUPTED', 'interrupted; the same command again goes on from here', { cause });

/** Undefined when the words asked only for help or the version, which has been given. */
async function parse(program: Command, argv: readonly string[]): Promise<Invocation | undefined> {
  if (argv.length === 0) {
    program.outputHelp();
    return undefined;
  }
  const explained = helpWanted(program, argv);
  if (explained) {
    explained.outputHelp();
    return undefined;
  }
  try {
    await program.parseAsync(markIds(argv), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw notUnderstood(program, argv, error);
  }
  return invocation(program);
}

/** `help device enrol`, `device help enrol`: the command that is to be explained. */
function helpWanted(program: Command, argv: readonly string[]): Command | undefined {
  const words = argv.filter((word) => !word.startsWith('-'));
  const at = words.indexOf('help');
  const above = at < 0 ? undefined : descend(program, words.slice(0, at));
  if (!above || above.commands.length === 0) return undefined;
  const named = words.slice(at + 1);
  const command = descend(above, named);
  if (command) return command;
  throw usage(`help: there is no command '${[...words.slice(0, at), ...named].join(' ')}'`, {
    hint: 'holdfast --help',
  });
}

function descend(from: Command, words: readonly string[]): Command | undefined {
  let command: Command | undefined = from;
  for (const word of words) command = command?.commands.find((child) => child.name() === word);
  return command;
}

function notUnderstood(program: Command, argv: readonly string[], error: CommanderError): CliError {
  let command = program;
  for (const word of argv) command = command.commands.find((c) => c.name() === word) ?? command;
  const path = command === program ? '' : `${fullName(command)} `;
  const hint = `holdfast ${path}--help`;
  if (error.code === 'commander.help') {
    const names = command.commands.map((c) => c.name()).filter((name) => name !== 'help');
    return usage(`${path}needs one of: ${names.join(', ')}`, { hint });
  }
  return usage(
    unmarked(error.message)
      .replace(/^error: /, '')
      .replaceAll('\n', ' '),
    { hint },
  );
}

function fullName(command: Command): string {
  return command.parent?.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}

async function settle(program: Command, { command }: Invocation): Promise<Settings> {
  const bare = new Settings(command, process.env, noConfig);
  const config = await readConfig(bare.text('config'), allFlags(program));
  return new Settings(command, process.env, config);
}

function allFlags(command: Command): Flag[] {
  const own = command.options.filter((option) => option instanceof Flag);
  return [...own, ...command.commands.flatMap(allFlags)];
}
