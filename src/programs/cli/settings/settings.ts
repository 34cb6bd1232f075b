import type { Command } from 'commander';
import { usage } from '../errors.ts';
import { unmarked } from '../ids.ts';
import { type ConfigFile, configKey } from './config.ts';
import { Flag } from './flags.ts';

/** The values of one command's flags, read once they are wanted. */
export class Settings {
  readonly #command: Command;
  readonly #env: NodeJS.ProcessEnv;
  readonly #config: ConfigFile;

  constructor(command: Command, env: NodeJS.ProcessEnv, config: ConfigFile) {
    this.#command = command;
    this.#env = env;
    this.#config = config;
  }

  /** A value, or undefined when nobody said one. */
  text(name: string): string | undefined {
    const value = this.#value(name);
    return typeof value === 'string' ? value : undefined;
  }

  /**
   * A value that the command cannot do without.
   *
   * @param secret a variable of the environment that holds what the flag would lead to
   */
  required(name: string, secret?: string): string {
    const value = this.text(name);
    if (value !== undefined) return value;
    const flag = this.#find(name).flag;
    throw usage(
      `${flag.flags} is missing (or set ${flag.variable}${secret === undefined ? '' : ` or ${secret}`})`,
      {
        hint: `holdfast ${commandPath(this.#command)} --help`,
      },
    );
  }

  list(name: string): readonly string[] {
    const value = this.#value(name);
    return Array.isArray(value) ? value : [];
  }

  on(name: string): boolean {
    return this.#value(name) === true;
  }

  /** A variable of the environment, for secrets; an empty one counts as not set. */
  secret(variable: string): string | undefined {
    return this.#env[variable] || undefined;
  }

  #value(name: string): string | boolean | readonly string[] | undefined {
    const { flag, command } = this.#find(name);
    const key = flag.attributeName();
    if (command.getOptionValueSource(key) === 'cli') return asTyped(command.getOptionValue(key));
    const fromEnvironment = this.#env[flag.variable];
    if (fromEnvironment) return parse(flag, fromEnvironment);
    return this.#config.get(configKey(flag));
  }

  #find(name: string): { flag: Flag; command: Command } {
    for (let command: Command | null = this.#command; command; command = command.parent) {
      const flag = command.options.find((option) => option.name() === name);
      if (flag instanceof Flag) return { flag, command };
    }
    throw new Error(`the command ${commandPath(this.#command)} has no flag --${name}`);
  }
}

/** Without the marks of ids. */
function asTyped(value: string | boolean | readonly string[]): string | boolean | readonly string[] {
  if (typeof value === 'string') return unmarked(value);
  return typeof value === 'boolean' ? value : value.map(unmarked);
}

/** `admin user add`: a command's name with those above it, without the program's. */
export function commandPath(command: Command): string {
  const above = command.parent?.parent ? `${commandPath(command.parent)} ` : '';
  return above + command.name();
}

function parse(flag: Flag, text: string): string | boolean | readonly string[] {
  if (flag.kind === 'text') return text;
  // One text for several values: a value that holds a comma has to come by its flag.
  if (flag.kind === 'list') return text.split(',').map((part) => part.trim());
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  throw usage(`${flag.variable}=${text}: wanted is true or false`);
}
