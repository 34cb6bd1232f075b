/**
 * HTTP: the adapters between requests and services. Thin on purpose: who may come in, limits, JSON in and out,
 * problems; what is done is in `service/`.
 */
export * from './app.ts';
export * from './attempts.ts';
export { Gate } from './gate.ts';
export { spreadFor } from './pace.ts';
