/**
 * Runs the tests: those beside the sources in one process, then those of whole programs, each file in a process
 * of its own.
 *
 *     npm test                              all of them
 *     npm test -- policy e2e/backup         files whose path contains one of these
 *     npm test -- --test-name-pattern=deny  flags are for `node --test`
 *
 * A test that is skipped says why. With CI=true a skipped test is a failure: there every part is to be there.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';

const root = join(import.meta.dirname, '..');
const args = process.argv.slice(2);
const flags = args.filter((arg) => arg.startsWith('-'));
const filters = args.filter((arg) => !arg.startsWith('-'));

interface Result {
  readonly passed: boolean;
  readonly skipped: readonly string[];
}

const unit = testFiles('src');
const whole = testFiles('test');
if (unit.length + whole.length === 0) {
  console.error(`no test file has ${filters.join(' or ')} in its path`);
  process.exit(2);
}

const results = [
  await run(unit, ['--test-isolation=none']),
  await run(whole, ['--test-concurrency=2', '--test-timeout=600000']),
];

const skipped = results.flatMap((result) => result.skipped);
if (skipped.length > 0) {
  console.log(`\n${skipped.length} not run:\n${skipped.map((line) => `  ${line}`).join('\n')}`);
}
const strict = process.env.CI === 'true' && skipped.length > 0;
if (strict) console.log('In CI nothing is skipped: install what is missing (npm run provision).');
process.exitCode = results.every(({ passed }) => passed) && !strict ? 0 : 1;

function testFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => relative(root, join(root, folder, path)).replaceAll(sep, '/'))
    .filter((path) => path.endsWith('.test.ts'))
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
    .sort();
}

async function run(files: readonly string[], options: readonly string[]): Promise<Result> {
  if (files.length === 0) return { passed: true, skipped: [] };
  const scratch = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  const tap = join(scratch, 'tap');
  try {
    const child = spawn(
      process.execPath,
      [
        '--test',
        ...options,
        '--test-reporter=spec',
        '--test-reporter-destination=stdout',
        '--test-reporter=tap',
        `--test-reporter-destination=${tap}`,
        ...flags,
        ...files,
      ],
      { cwd: root, stdio: 'inherit' },
    );
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('exit', resolve);
      child.on('error', reject);
    });
    return { passed: code === 0, skipped: skippedIn(readFileSync(tap, 'utf8')) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** `ok 3 - name # SKIP why`, at any depth. */
function skippedIn(tap: string): string[] {
  return [...tap.matchAll(/^\s*(?:not )?ok \d+ - (.*?) # SKIP(?: (.*))?$/gm)].map(
    ([, name = '', why = 'no reason given']) => `${name}: ${why}`.replaceAll('\\#', '#'),
  );
}
