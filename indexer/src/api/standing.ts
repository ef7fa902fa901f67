/** What the index's database and the chain say of how far it is, and what follows: reasons in words, and figures. */

/** What a part said, or why it says nothing. */
export type Look<Value> = { value?: Value; failure?: string };

export type Standing = {
  /** Up to which block the database has it; `complete` once history was read. */
  stored: Look<{ block: bigint; time: bigint; complete: boolean }>;
  /** The chain's newest block. */
  head: Look<bigint>;
  /** Unix seconds. */
  now: number;
};

/**
 * Asks a part once for all who want to know, and gives up when it takes too long.
 * @param fresh milliseconds for which what it said is passed on
 */
export function makeLook<Value>(
  ask: () => Promise<Value>,
  options: { patience: number; fresh: number; messageOf: (error: unknown) => string; now?: () => number },
): () => Promise<Look<Value>> {
  const { patience, fresh, messageOf, now = Date.now } = options;
  let last: { at: number; look: Promise<Look<Value>> } | undefined;

  async function look(): Promise<Look<Value>> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${patience} ms`)), patience);
    });
    try {
      return { value: await Promise.race([ask(), late]) };
    } catch (error) {
      return { failure: messageOf(error) };
    } finally {
      clearTimeout(timer);
    }
  }

  return () => {
    if (!last || now() - last.at > fresh) last = { at: now(), look: look() };
    return last.look;
  };
}

/** Blocks that the chain has and the index not; undefined where one of them does not say. */
const behind = ({ stored, head }: Standing): bigint | undefined => {
  if (!stored.value || head.value === undefined) return undefined;
  return head.value > stored.value.block ? head.value - stored.value.block : 0n;
};

/**
 * Whether questions can be answered, and all that is not as it should be: an index without a chain answers what it knows,
 * and says that it hears of nothing new.
 */
export function reasonsOf(standing: Standing): { ready: boolean; reasons: string[] } {
  const { stored, head } = standing;
  const reasons: string[] = [];
  if (stored.failure !== undefined) reasons.push("the database does not answer");
  if (stored.value?.complete === false) reasons.push("the chain's history is not read yet");
  const ready = reasons.length === 0;
  if (head.failure !== undefined) reasons.push("the chain does not answer");
  return { ready, reasons };
}

const numberOf = (value: bigint | boolean | undefined) => (value === undefined ? undefined : Number(value));

/** For Prometheus. What is not known is left out, rather than told as 0. */
export function textOf(standing: Standing): string {
  const { stored, head, now } = standing;
  const blocks = behind(standing);
  const seconds =
    blocks === undefined || !stored.value
      ? undefined
      : blocks === 0n
        ? 0
        : Math.max(0, now - Number(stored.value.time));
  const figures: [name: string, help: string, value: number | undefined][] = [
    [
      "enerlink_index_database_up",
      "1 while the database answers within a second",
      stored.failure === undefined ? 1 : 0,
    ],
    [
      "enerlink_index_chain_up",
      "1 while the chain answers within a second",
      head.failure === undefined ? 1 : 0,
    ],
    ["enerlink_index_complete", "1 once the chain's history was read", numberOf(stored.value?.complete)],
    ["enerlink_index_block", "Number of the newest indexed block", numberOf(stored.value?.block)],
    [
      "enerlink_index_block_timestamp_seconds",
      "When that block says that it was made",
      numberOf(stored.value?.time),
    ],
    ["enerlink_index_chain_head", "Number of the chain's newest block", numberOf(head.value)],
    ["enerlink_index_lag_blocks", "Blocks that the chain has and the index not", numberOf(blocks)],
    [
      "enerlink_index_lag_seconds",
      "How old the newest indexed block is, while the chain has a newer one; else 0",
      seconds,
    ],
  ];
  return figures
    .flatMap(([name, help, value]) =>
      value === undefined ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value}`],
    )
    .map((line) => `${line}\n`)
    .join("");
}
