/**
 * Does something at once when it is wanted, and then no more often than `least` says, however often it is wanted.
 * @param least milliseconds between two times
 * @returns how to want it, and how to want it no longer
 */
export function makeNowAndThen(
  action: () => void,
  least: () => number,
): { soon: () => void; stop: () => void } {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let doneAt = 0;
  const act = () => {
    waiting = undefined;
    doneAt = Date.now();
    action();
  };
  return {
    soon: () => {
      waiting ??= setTimeout(act, Math.max(doneAt + least() - Date.now(), 0));
    },
    stop: () => {
      clearTimeout(waiting);
      waiting = undefined;
    },
  };
}
