/**
 * A relay of bytes before a program: the network as it really is. It can go away and come back as another network, cut
 * connections in the middle of a body, let them trickle, or take them and say nothing.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Cut {
  /** `up`: what the device sends; `down`: what it gets. */
  readonly way: 'up' | 'down';
  /** After so many bytes of that way, on one connection. */
  readonly after: number;
  /** How many connections; default: one. */
  readonly times?: number;
}

export class Relay implements AsyncDisposable {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #cut: { way: 'up' | 'down'; after: number; times: number } | undefined;
  #from = '127.0.0.1';
  port = 0;
  /** Connections that were cut. */
  cuts = 0;
  /** Takes connections and bytes, and gives nothing. */
  silent = false;
  /** Bytes a second that come down; undefined: as they come. */
  rate: number | undefined;
  /** Told of bytes that go up. */
  onUp: ((bytes: number) => void) | undefined;

  constructor(url: string) {
    const { hostname: host, port } = new URL(url);
    this.#target = { host, port: Number(port) };
  }

  /** Begins to listen, at the port that it had. @param from the address that the program sees the device at */
  async come(from = '127.0.0.1'): Promise<this> {
    this.#from = from;
    this.#server = createServer((socket) => this.#carry(socket)).listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** All connections break, and nobody is there any more. */
  async leave(): Promise<void> {
    const closed = this.#server && once(this.#server, 'close');
    this.#server?.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
    this.#server = undefined;
  }

  cut({ way, after, times = 1 }: Cut): void {
    this.#cut = { way, after, times };
  }

  #carry(near: Socket): void {
    const far = connect({ ...this.#target, localAddress: this.#from });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    this.#pass(near, far, 'up');
    this.#pass(far, near, 'down');
  }

  #pass(from: Socket, to: Socket, way: 'up' | 'down'): void {
    let passed = 0;
    from.on('data', (bytes: Buffer) => {
      if (way === 'up') this.onUp?.(bytes.length);
      if (this.silent) return;
      const cut = this.#cut;
      passed += bytes.length;
      if (cut?.way === way && cut.times > 0 && passed > cut.after) {
        cut.times--;
        this.cuts++;
        // What was before the cut arrives.
        to.write(bytes.subarray(0, Math.max(0, bytes.length - (passed - cut.after))), () => {
          from.resetAndDestroy();
          to.resetAndDestroy();
        });
        return;
      }
      if (way === 'down' && this.rate !== undefined) void this.#trickle(from, to, bytes, this.rate);
      else if (!to.write(bytes)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    });
    from.on('end', () => to.end());
  }

  async #trickle(from: Socket, to: Socket, bytes: Uint8Array, rate: number): Promise<void> {
    from.pause();
    const step = Math.max(1, Math.floor(rate / 20));
    for (let at = 0; at < bytes.length && !to.destroyed; at += step) {
      to.write(bytes.subarray(at, at + step));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    from.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }
}
