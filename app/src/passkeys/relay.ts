/** Asking the oracle's relay to pay for what this device has signed. */
import type { components, operations } from "@enerlink/client/oracle-types";
import type { PublicKey } from "@enerlink/protocol/account";
import { type Address, concat } from "viem";
import { oracleAt } from "../oracle-api/client.ts";
import type { KeptCalls } from "./signed.ts";
import { wireCalls } from "./signed.ts";

/** Why the relay did not take something: its own words, or that it could not be asked. */
export type RelayReason = NonNullable<components["schemas"]["Problem"]["reason"]> | "away";

export class RelayProblem extends Error {
  override readonly name = "RelayProblem";
  readonly reason: RelayReason;
  constructor(reason: RelayReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** It says nothing about the calls: the same may be asked again, and others may submit them meanwhile. */
export const isPassing = ({ reason }: RelayProblem) => reason === "away" || reason === "busy";

export type Relayed = operations["postRelay"]["responses"]["202"]["content"]["application/json"];

const AWAY = "The relay does not answer.";

async function answered(asked: Promise<{ data?: Relayed; error?: unknown; response: Response }>) {
  const { data, error, response } = await asked.catch(() => {
    throw new RelayProblem("away", AWAY);
  });
  if (response.ok && data) return data;
  const { detail = `HTTP ${response.status}`, reason } = (error ?? {}) as Partial<
    components["schemas"]["Problem"]
  >;
  if (reason) throw new RelayProblem(reason, detail);
  if (response.status === 429) throw new RelayProblem("busy", detail);
  // A node without a relay, or one that cannot answer now.
  throw new RelayProblem(response.status === 400 ? "would-fail" : "away", detail);
}

export function relayAt(oracleUrl: string) {
  const oracle = oracleAt(oracleUrl);
  return {
    /**
     * Asked again with the same nonce it tells how they fared, and does nothing twice.
     * @throws RelayProblem
     */
    submit: ({ account, create, calls, nonce, deadline, signature }: KeptCalls) =>
      answered(
        oracle.POST("/api/v1/relay", {
          body: {
            ...{ account, deadline, signature, nonce: String(nonce), calls: wireCalls(calls) },
            ...(create ? { create } : {}),
          },
        }),
      ),
    /**
     * Completes a recovery whose time has come. Asked again it does nothing twice.
     * @param key that the account's guardian has proposed
     * @throws RelayProblem
     */
    recover: (account: Address, { x, y }: PublicKey) =>
      answered(oracle.POST("/api/v1/relay/recovery", { body: { account, signer: concat([x, y]) } })),
    /** @throws RelayProblem */
    look: (id: number) => answered(oracle.GET("/api/v1/relay/{id}", { params: { path: { id } } })),
  };
}
export type Relay = ReturnType<typeof relayAt>;
