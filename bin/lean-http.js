/**
 * Who imports `node:http` as a module is given all that it exports, also `WebSocket` and two events, which nobody here
 * uses: reading these loads a library as large as everything else that a command needs (20 ms, 8 MiB). They are set
 * aside before.
 */
export function leaveOutWebSocket() {
  const http = process.getBuiltinModule?.('node:http') ?? {};
  for (const name of ['WebSocket', 'CloseEvent', 'MessageEvent']) {
    const found = Object.getOwnPropertyDescriptor(http, name);
    if (found?.get && found.configurable) Object.defineProperty(http, name, { value: undefined });
  }
}
