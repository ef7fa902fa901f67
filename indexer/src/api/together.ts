/** Many rows' questions of one kind, asked at once. */

/** Asks once for all keys that come within one turn. */
export function together<Value>(ask: (keys: string[]) => Promise<Map<string, Value>>) {
  let turn: { keys: Set<string>; answers: Promise<Map<string, Value>> } | undefined;
  return async (key: string): Promise<Value | undefined> => {
    if (!turn) {
      const keys = new Set<string>();
      const answers = Promise.resolve().then(() => {
        turn = undefined;
        return ask([...keys]);
      });
      turn = { keys, answers };
    }
    turn.keys.add(key);
    return (await turn.answers).get(key);
  };
}
