/** Functions of one thread that another calls: questions and answers as messages. */
import { time } from "../seams/time.ts";

// biome-ignore lint/suspicious/noExplicitAny: whatever can be sent.
type Functions = Record<string, (...given: any[]) => Promise<unknown>>;

export type Call = { call: number; name: string; given: unknown[] };
export type Answer = { call: number; value?: unknown; error?: string };

/** Milliseconds after which nobody waits for an answer any more. */
const PATIENCE = 15_000;

/** Stands for `names` of functions elsewhere. @param send how a call gets there */
export function makeCaller<Remote extends Functions>(
  names: readonly (keyof Remote & string)[],
  send: (call: Call) => void,
) {
  const waiting = new Map<number, { answer: (value: never) => void; fail: (error: Error) => void }>();
  let last = 0;

  const ask = (name: string, given: unknown[]) =>
    new Promise((answer, reject) => {
      const call = ++last;
      const timer = time.setTimeout(
        () => fail(new Error(`${name}: no answer in ${PATIENCE / 1_000} s`)),
        PATIENCE,
      );
      const fail = (error: Error) => {
        waiting.delete(call);
        time.clear(timer);
        reject(error);
      };
      waiting.set(call, {
        answer: (value) => {
          waiting.delete(call);
          time.clear(timer);
          answer(value);
        },
        fail,
      });
      send({ call, name, given });
    });

  return {
    remote: Object.fromEntries(
      names.map((name) => [name, (...given: unknown[]) => ask(name, given)]),
    ) as Remote,
    answered: ({ call, value, error }: Answer): void => {
      if (error === undefined) waiting.get(call)?.answer(value as never);
      else waiting.get(call)?.fail(new Error(error));
    },
  };
}

/** Does what was called. */
export async function answerCall(functions: Functions, { call, name, given }: Call): Promise<Answer> {
  try {
    return { call, value: await functions[name]!(...given) };
  } catch (error) {
    return { call, error: `${name}: ${error instanceof Error ? error.message : String(error)}` };
  }
}
