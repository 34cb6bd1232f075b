#!/usr/bin/env node
// Plain JavaScript that an old Node can read, so that it can say what is missing instead of a syntax error.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { useCompileCache } from './compile-cache.js';
import { leaveOutWebSocket } from './lean-http.js';

const NEEDED = 26;
const script = fileURLToPath(import.meta.url);
const root = dirname(dirname(script));

if (majorOf(process.versions.node) >= NEEDED) start();
else startWith(findNode());

/** In a clone the sources themselves, never a forgotten build of them; in a package, which has none, the build. */
function start() {
  useCompileCache();
  // Help and version ask nobody.
  if (process.argv.length > 2 && !process.argv[2].startsWith('-')) leaveOutWebSocket();
  const sources = join(root, 'src', 'programs', 'cli', 'index.ts');
  const built = join(root, 'dist', 'cli.js');
  import(pathToFileURL(existsSync(sources) ? sources : built).href)
    .then((cli) => cli.main(process.argv.slice(2)))
    .then(
      (code) => {
        process.exitCode = code;
      },
      (error) => {
        console.error(error);
        process.exitCode = 1;
      },
    );
}

function majorOf(version) {
  return Number(version.split('.')[0]);
}

/** The binary of the npm package `node`, installed beside this package or where the command is given. */
function findNode() {
  const places = [script, join(process.cwd(), 'package.json')];
  for (const place of places) {
    try {
      const require = createRequire(place);
      const manifest = require.resolve('node/package.json');
      const name = process.platform === 'win32' ? 'node.exe' : 'node';
      const binary = join(dirname(manifest), 'bin', name);
      if (majorOf(require(manifest).version) >= NEEDED && existsSync(binary)) return binary;
    } catch {
      // Not installed here: the next place.
    }
  }
  return undefined;
}

function startWith(node) {
  if (!node) {
    console.error(
      `holdfast needs Node.js ${NEEDED} or newer; this is ${process.versions.node} and no other is installed here.`,
    );
    console.error(`Install it beside holdfast: npm install node@${NEEDED}`);
    process.exitCode = 1;
    return;
  }
  const child = spawn(node, [script].concat(process.argv.slice(2)), { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
    process.on(signal, () => {
      // Ctrl-C reaches both of us by itself, and a second one would mean: at once.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    console.error(`holdfast cannot start ${node}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code === null ? 1 : code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
