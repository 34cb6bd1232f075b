/** Wraps what goes over sockets, requests and answers alike, and the one command that programs run: `sync`. */
import { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { bytesOf, halfOf } from './bytes.ts';
import type { Calls } from './calls.ts';
import type { Fn } from './files.ts';

interface Wire {
  readonly fd?: number;
  readonly remotePort?: number;
  readonly localPort?: number;
}

interface Chunk {
  readonly chunk: unknown;
  readonly encoding: unknown;
}

export function wrapNetwork(calls: Calls): void {
  const methods = Socket.prototype as unknown as Record<string, Fn>;
  const { connect, _write: write, _writev: writev } = methods as Record<string, Fn>;
  if (!connect || !write || !writev) throw new Error('this Node writes to its sockets by other means');

  methods.connect = function (this: Wire, ...args) {
    return calls.make({ kind: 'connect', target: 'connect' }, () => connect.apply(this, args));
  } as Fn;

  const send = (socket: Wire, bytes: () => Buffer, run: () => unknown): unknown => {
    // Standard output may be a socket too.
    if (socket.fd !== undefined && socket.fd <= 2) return run();
    // What fits into the socket's buffer is written at once, and is sent though the process dies.
    const half = () => write.call(socket, halfOf(bytes()), 'buffer', () => {});
    return calls.make({ kind: 'send', target: `to port ${socket.remotePort}`, half }, run);
  };
  methods._write = function (this: Wire, data, encoding, done) {
    return send(
      this,
      () => bytesOf(data, encoding),
      () => write.call(this, data, encoding, done),
    );
  } as Fn;
  methods._writev = function (this: Wire, chunks, done) {
    const all = () =>
      Buffer.concat((chunks as Chunk[]).map(({ chunk, encoding }) => bytesOf(chunk, encoding)));
    return send(this, all, () => writev.call(this, chunks, done));
  } as Fn;
}

/** `sync -f` stands for a call that Node does not have. */
export function wrapSyncCommand(calls: Calls): void {
  const methods = ChildProcess.prototype as unknown as Record<string, Fn>;
  const spawn = methods.spawn!;
  methods.spawn = function (this: ChildProcess, options) {
    if ((options as { file?: string }).file !== 'sync') return spawn.call(this, options);
    const after = calls.start({ kind: 'sync', target: 'the command sync' });
    const synced = calls.disk?.syncsAll();
    this.once('exit', (code) => {
      if (code === 0) synced?.();
      after();
    });
    return spawn.call(this, options);
  } as Fn;
}
