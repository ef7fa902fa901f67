import { capitals, realNamesOf, WithdrawalStatus } from "@enerlink/contracts";
import { z } from "zod/mini";
import { integer, itemsOf, seconds, useIndex } from "../energy-index/index.ts";

const movementSchema = z.object({
  id: z.string(),
  kind: z.enum([
    "DEPOSITED",
    "WITHDRAWN",
    "DRAWN",
    "ORDER_PLACED",
    "ORDER_CANCELLED",
    "BOUGHT",
    "SOLD",
    "ESCROWED",
    "REFUNDED",
    "DELIVERY_BOUGHT",
    "DELIVERY_SOLD",
  ]),
  energyWh: integer,
  idrs: integer,
  timestamp: seconds,
});
export type Movement = z.infer<typeof movementSchema>;

const MOVEMENTS = `query ($account: String!) {
  movements(where: { account: $account }, orderBy: "timestamp", orderDirection: "desc", limit: 50) {
    items { id kind energyWh idrs timestamp }
  }
}`;

/** Every change of the trading balance, newest first. */
export const useMovements = (account: string | undefined) =>
  useIndex(
    MOVEMENTS,
    account === undefined ? undefined : { account: account.toLowerCase() },
    itemsOf("movements", movementSchema),
  );

const hex = z.templateLiteral(["0x", z.string()]);
const transferSchema = z.object({
  id: z.string(),
  token: z.enum(["ETK", "IDRS"]),
  from: hex,
  to: hex,
  amount: integer,
  timestamp: seconds,
});
export type Transfer = z.infer<typeof transferSchema>;

const TRANSFERS = `query ($account: String!) {
  transfers(where: { OR: [{ from: $account }, { to: $account }] }, orderBy: "timestamp", orderDirection: "desc", limit: 50) {
    items { id token from to amount timestamp }
  }
}`;

/** Tokens that came into a wallet and left it, newest first. */
export const useTransfers = (account: string | undefined) =>
  useIndex(
    TRANSFERS,
    account === undefined ? undefined : { account: account.toLowerCase() },
    itemsOf("transfers", transferSchema),
  );

const withdrawalSchema = z.object({
  id: z.string(),
  amount: integer,
  status: z.enum(capitals(realNamesOf(WithdrawalStatus))),
  requestedAt: seconds,
  reclaimableAt: z.nullable(seconds),
});
export type BankWithdrawal = z.infer<typeof withdrawalSchema>;

const WITHDRAWALS = `query ($account: String!) {
  bankWithdrawals(where: { account: $account }, orderBy: "requestedAt", orderDirection: "desc", limit: 20) {
    items { id amount status requestedAt reclaimableAt }
  }
}`;

/** Rupiah that were asked back from the issuer, newest first. */
export const useBankWithdrawals = (account: string | undefined) =>
  useIndex(
    WITHDRAWALS,
    account === undefined ? undefined : { account: account.toLowerCase() },
    itemsOf("bankWithdrawals", withdrawalSchema),
  );

const accountSchema = z.object({
  ordersWh: integer,
  ordersIdrs: integer,
  escrowIdrs: integer,
});

const SET_ASIDE = `query ($id: String!) { account(id: $id) { ordersWh ordersIdrs escrowIdrs } }`;

/** What lies in the account's orders (Wh, IDRS) and in its requests to sellers (IDRS). */
export const useSetAside = (account: string | undefined) =>
  useIndex(
    SET_ASIDE,
    account === undefined ? undefined : { id: account.toLowerCase() },
    z.pipe(
      z.object({ account: z.nullable(accountSchema) }),
      z.transform(({ account }) => account),
    ),
  );
