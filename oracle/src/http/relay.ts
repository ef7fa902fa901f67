/** `/relay`: has this node pay for what a household signed. */
import { Problem } from "@enerlink/edge";
import { makeRoutes, onlyThese } from "@enerlink/edge/rest";
import { isAddressText, TYPED_ADDRESS } from "@enerlink/protocol";
import { z } from "@hono/zod-openapi";
import { getAddress, type Hex, isHex } from "viem";
import type { Relayed, RelayLedger } from "../relay/ledger.ts";
import type { RelayAnswer, RelayBudget } from "../relay/relay.ts";
import type { RefusalReason } from "../rules/relaying.ts";
import type { Acts } from "./acts.ts";
import type { Env } from "./env.ts";
import { relaying } from "./guards.ts";
import { route } from "./routes.ts";

const TAG = "Relay";
const MOST_CALLS = 16;
/** Bytes of calldata of one call, and of a signature. */
const LONGEST = 8_192;

const address = z
  .string()
  .refine(isAddressText, `must be ${TYPED_ADDRESS}`)
  .transform((text) => getAddress(text))
  .openapi({ type: "string", example: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8" });
const bytes = z
  .string()
  .refine(
    (text) => isHex(text) && text.length % 2 === 0 && text.length <= 2 + 2 * LONGEST,
    `must be 0x and whole bytes in hexadecimal digits, ${LONGEST} at most`,
  )
  .transform((text) => text as Hex)
  .openapi({ type: "string", example: "0x" });
const word = bytes.refine((text) => text.length === 66, "must be 0x and 64 hexadecimal digits");
const whole = (bits: number) =>
  z
    .string()
    .regex(/^\d{1,78}$/, "must be a whole number, in decimal text")
    .transform(BigInt)
    .refine((value) => value < 1n << BigInt(bits), `must be below 2^${bits}`)
    .openapi({ type: "string", example: "0" });
const relayedId = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, "must be an id that `POST relay` answered")
  .transform(Number)
  .openapi({ type: "integer", minimum: 1, example: 1 });

const RelayRequest = z
  .object({
    account: address.openapi({ description: "The household's account" }),
    create: onlyThese({ x: word, y: word }).optional().openapi({
      description:
        "Its first passkey's public key, where the account may not be there yet; the account is there unless given",
    }),
    calls: z
      .array(
        onlyThese({
          to: address,
          value: whole(256).prefault("0").openapi({ description: "Must be 0" }),
          data: bytes,
        }),
      )
      .min(1, "must be 1 to 16 calls")
      .max(MOST_CALLS, `must be 1 to ${MOST_CALLS} calls`)
      .openapi({
        example: [{ to: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", value: "0", data: "0x" }],
      }),
    nonce: whole(256).openapi({ description: "`nonces(account, key)` of the account" }),
    deadline: z
      .int("must be a whole number of unix seconds")
      .min(0)
      .max(2 ** 48 - 1)
      .openapi({ description: "Last unix second at which the calls may run", example: 1_795_000_000 }),
    signature: bytes.openapi({ description: "Signer's length, signer, proof, as `HomeAccount` reads it" }),
  })
  .openapi("RelayRequest");

const RecoveryRequest = z
  .object({
    account: address.openapi({ description: "The household's account" }),
    signer: bytes.openapi({
      description: "The signer that its guardian has proposed: of a passkey x and y of its key",
    }),
  })
  .openapi("RecoveryRequest");

const RelayedCalls = z
  .object({
    id: z.int().nullable().openapi({ description: "Null where somebody else submitted the calls" }),
    state: z.enum(["pending", "mined", "failed"]).openapi({
      description:
        "failed: this node's transaction did nothing; the calls may have run in somebody else's, and POST with the same nonce says so",
    }),
    hash: z.string().openapi({ description: "The transaction; another one when its fee had to be raised" }),
  })
  .openapi("RelayedCalls");

const RelayOffer = z
  .object({
    payer: z.string().openapi({ description: "The account that pays" }),
    mostGas: z.string().openapi({ description: "Gas of one transaction" }),
    dailyGas: z.string().openapi({ description: "Gas of an account's in a day (UTC)" }),
    dailyTotal: z.string().openapi({ description: "Gas of everybody's in a day (UTC)" }),
  })
  .openapi("RelayOffer");

const bodyOf = ({ id, state, hash }: Pick<Relayed, "state" | "hash"> & { id: number | null }) => ({
  id,
  state,
  hash,
});

/** Who is refused, and not only this time. */
const forbidden: readonly RefusalReason[] = ["not-a-member", "not-sponsored", "wrong-account"];

/** @throws Problem where it was refused */
function takenOf(answer: RelayAnswer) {
  if (answer.refusal) {
    const { reason, detail } = answer.refusal;
    throw new Problem(forbidden.includes(reason) ? 403 : 409, "Not relayed", detail, [], { reason });
  }
  return bodyOf("done" in answer ? { id: null, state: "mined", ...answer.done } : answer.relayed);
}

export type RelaySettings = { payer: string; budget: RelayBudget };

export function makeRelayRoutes({
  relay,
  ledger,
  acts,
}: {
  /** Undefined where this node pays for nobody. */
  relay: RelaySettings | undefined;
  ledger: Pick<RelayLedger, "find">;
  acts: Pick<Acts, "relay" | "recover">;
}) {
  const routes = makeRoutes<Env>();
  function offered(): RelaySettings {
    if (!relay)
      throw new Problem(404, "No relay", "this node pays for no calls; another wallet may submit them");
    return relay;
  }

  routes.openapi(
    route("get", "/", TAG, "Who pays for households' calls, and how much", RelayOffer, { may: [404] }),
    (context) => {
      const { payer, budget } = offered();
      const { most, daily, dailyTotal } = budget;
      return context.json(
        { payer, mostGas: `${most}`, dailyGas: `${daily}`, dailyTotal: `${dailyTotal}` },
        200,
      );
    },
  );

  routes.openapi(
    route(
      "post",
      "/",
      TAG,
      "Submit calls that a household signed; asked again with the same nonce, answers how they fared",
      RelayedCalls,
      { body: RelayRequest, may: [404, 409] },
      202,
    ),
    async (context) => {
      offered();
      const { create, ...request } = context.req.valid("json");
      relaying(context.get("person"), request.account);
      return context.json(takenOf(await acts.relay({ ...request, create })), 202);
    },
  );

  addRecovery(routes, offered, acts);

  routes.openapi(
    route("get", "/{id}", TAG, "How calls fared that this node submitted", RelayedCalls, {
      params: z.object({ id: relayedId }),
      may: [404],
    }),
    (context) => {
      const { id } = context.req.valid("param");
      const found = ledger.find(id);
      if (!found) throw new Problem(404, "Not found", `nothing was relayed under ${id}`);
      return context.json(bodyOf(found), 200);
    },
  );
  return routes;
}

/** Beside what a household signs: what anybody may do for one that has nobody left to sign. */
function addRecovery(
  routes: ReturnType<typeof makeRoutes<Env>>,
  offered: () => unknown,
  acts: Pick<Acts, "recover">,
): void {
  routes.openapi(
    route(
      "post",
      "/recovery",
      TAG,
      "Complete a recovery whose time has come, as anybody may; asked again with the same signer, answers how it fared",
      RelayedCalls,
      { body: RecoveryRequest, may: [404, 409] },
      202,
    ),
    async (context) => {
      offered();
      const request = context.req.valid("json");
      relaying(context.get("person"), request.account);
      return context.json(takenOf(await acts.recover(request)), 202);
    },
  );
}
