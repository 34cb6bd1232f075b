/**
 * Ends TLS 1.3 in front of a program that speaks plain HTTP, as a web server would.
 * `tls-proxy.ts CERTIFICATE KEY PORT TARGET-PORT`, all on 127.0.0.1.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { pipeline } from 'node:stream';
import { createServer } from 'node:tls';

const [certificate = '', key = '', port = '', target = ''] = process.argv.slice(2);

createServer({ cert: readFileSync(certificate), key: readFileSync(key), minVersion: 'TLSv1.3' }, (client) => {
  const behind = connect(Number(target), '127.0.0.1');
  // A connection that breaks on one side ends on the other: both programs see it as it is.
  const ended = (): void => {};
  pipeline(client, behind, ended);
  pipeline(behind, client, ended);
}).listen(Number(port), '127.0.0.1', () => {
  console.log(JSON.stringify({ kind: 'listening', url: `https://127.0.0.1:${port}` }));
});
