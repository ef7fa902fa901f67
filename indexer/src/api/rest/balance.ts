/** `/trading`, the money and energy in the market: put in, taken out, and what the market may fetch. */
import { makeRoutes } from "@enerlink/edge/rest";
import { formatIdr, formatKwh } from "@enerlink/protocol";
import { z } from "@hono/zod-openapi";
import type { Address } from "viem";
import { contracts, energyTokenAbi, marketAbi } from "../chain.ts";
import { wrong } from "../input.ts";
import { chainTime } from "../now.ts";
import { checkDeadline, permitToSign, type Token, tokenOf, unitsOf } from "./permit.ts";
import { prepare } from "./prepare.ts";
import { PREPARES, route } from "./routes.ts";
import * as schemas from "./schemas.ts";
import { isoOf } from "./times.ts";

const TAG = "Trading balance";
const market = { to: contracts.energyMarket, abi: marketAbi };
const PERMIT_SECONDS = 3_600n;

const amounts = {
  energyAmount: schemas.energyAmount
    .optional()
    .openapi({ description: "ETK, kWh with 3 decimals; none unless given" }),
  amount: schemas
    .amount(schemas.MOST_IDRS)
    .optional()
    .openapi({ description: "IDRS, IDR with 6 decimals; none unless given" }),
};

type Moved = { energyAmount?: bigint | undefined; amount?: bigint | undefined };

/** What is moved, in Wh and IDRS base units. @throws Problem 400 where it is nothing */
function movedOf({ energyAmount: wattHours = 0n, amount: idrs = 0n }: Moved) {
  if (wattHours === 0n && idrs === 0n) throw wrong("amount", "above 0, or energyAmount");
  const parts = [
    wattHours > 0n ? [`${formatKwh(wattHours)} kWh`] : [],
    idrs > 0n ? [`${formatIdr(idrs)} IDR`] : [],
  ];
  return { args: [wattHours, idrs] as const, words: parts.flat().join(" and ") };
}

const decimal = (token: Token, value: bigint) => (token === "ETK" ? formatKwh(value) : formatIdr(value));
const inWords = (token: Token, value: bigint) =>
  `${decimal(token, value)} ${token === "ETK" ? "kWh of ETK" : "IDRS"}`;

const units = ({ token, amount }: { token: Token; amount: bigint }) => {
  const value = unitsOf(token, amount);
  return { value, words: inWords(token, value) };
};

export const balance = makeRoutes();

balance.openapi(
  route("post", "/approve", TAG, "Let the market pull a token from the wallet", schemas.TransactionToSign, {
    body: z.object({ from: schemas.address, ...schemas.tokenAmount }),
    may: PREPARES,
  }),
  async (context) => {
    const { from, ...asked } = context.req.valid("json");
    const { value, words } = units(asked);
    return context.json(
      await prepare({
        to: tokenOf(asked.token),
        abi: energyTokenAbi,
        from,
        functionName: "approve",
        args: [contracts.energyMarket, value],
        effect: () => `Lets the market pull up to ${words}`,
      }),
      200,
    );
  },
);

balance.openapi(
  route(
    "post",
    "/permit",
    TAG,
    "What to sign so that an order, a request or a deposit brings its own permission to pull a token",
    schemas.PermitToSign,
    {
      body: z.object({
        from: schemas.address,
        ...schemas.tokenAmount,
        deadline: schemas.time.optional().openapi({
          description: `Until when it counts; an hour from now unless given. ${schemas.TIME_FORMS}`,
        }),
      }),
      may: PREPARES,
    },
  ),
  async (context) => {
    const { from, deadline, ...asked } = context.req.valid("json");
    const { value, words } = units(asked);
    if (deadline !== undefined) await checkDeadline("deadline", deadline);
    const until = deadline ?? (await chainTime()) + PERMIT_SECONDS;
    const { token } = asked;
    const { typedData, allowance } = await permitToSign(from, token, value, until);
    const before = allowance === null ? "without limit" : inWords(token, allowance);
    return context.json(
      {
        typedData,
        permit: {
          token,
          amount: decimal(token, value),
          deadline: isoOf(until),
        },
        allowance: allowance === null ? null : decimal(token, allowance),
        effect: `Lets the market pull up to ${words} in the place of what it may pull now (${before}); to be handed in until ${isoOf(until)}`,
      },
      200,
    );
  },
);

balance.openapi(
  route(
    "post",
    "/deposit",
    TAG,
    "Move tokens from the wallet to a trading balance",
    schemas.TransactionToSign,
    {
      body: z.object({
        from: schemas.address,
        ...amounts,
        account: schemas.address.optional().openapi({
          description: "Whose trading balance, which it alone may then use; the sender's unless given",
        }),
        permit: schemas.permit,
      }),
      may: PREPARES,
    },
  ),
  async (context) => {
    const { from, account, permit, ...asked } = context.req.valid("json");
    const { args, words } = movedOf(asked);
    const other: Address | undefined = account === from ? undefined : account;
    return context.json(
      await prepare({
        ...market,
        from,
        permit,
        pulls: [args[0] > 0n ? (["ETK"] as const) : [], args[1] > 0n ? (["IDRS"] as const) : []].flat(),
        functionName: other ? "depositFor" : "deposit",
        args: other ? [other, ...args] : args,
        effect: () => `Moves ${words} from the wallet to the trading balance${other ? ` of ${other}` : ""}`,
      }),
      200,
    );
  },
);

balance.openapi(
  route("post", "/withdraw", TAG, "Move free trading balance to the wallet", schemas.TransactionToSign, {
    body: z.object({ from: schemas.address, ...amounts }),
    may: PREPARES,
  }),
  async (context) => {
    const { from, ...asked } = context.req.valid("json");
    const { args, words } = movedOf(asked);
    return context.json(
      await prepare({
        ...market,
        from,
        functionName: "withdraw",
        args,
        effect: () => `Moves ${words} from the trading balance to the wallet`,
      }),
      200,
    );
  },
);
