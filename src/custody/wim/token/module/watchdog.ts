/**
 * A thread beside the one that the library is called in: that one may hang for ever, and then would not notice that
 * the program it works for has ended. A process left behind would keep the card to itself.
 */
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, 1000);
