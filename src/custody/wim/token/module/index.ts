/**
 * Module: the side that holds a vendor's PKCS#11 library, in a process of its own (`main.ts`, started by
 * `token/connection`): a library that crashes or hangs takes nothing with it. It answers one request at a time over the
 * IPC channel, which is also the only way a PIN comes here. What it says is checked by the other side.
 */
export * from './protocol.ts';
