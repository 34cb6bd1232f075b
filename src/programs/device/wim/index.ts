/**
 * WIM, at hand: what a person does with a key file or a token before, or without, a device: making, adopting, looking,
 * changing what opens it. It needs no state directory and never goes through the agent: the token is in this
 * computer, and its PIN was typed here.
 */
export * from './change.ts';
export * from './make.ts';
export * from './show.ts';
