/**
 * Keys by which an account's programs ask without a wallet: each with a name, what it may do and an end. Of a key only
 * its hash is kept; it is shown once.
 */
import { createHash } from "node:crypto";
import { KEY_PREFIX } from "@enerlink/edge";
import { type Address, getAddress } from "viem";
import { random } from "../seams/random.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";

/** See what meters say and their alerts; settle a last reading; send commands; have what the account signed paid for. */
export const scopes = ["readings", "settle", "command", "relay"] as const;
export type Scope = (typeof scopes)[number];

export type ApiKey = {
  id: string;
  name: string;
  scopes: Scope[];
  /** Milliseconds. */
  createdAt: number;
  expiresAt: number;
};
export type KeyWish = Pick<ApiKey, "name" | "scopes" | "expiresAt">;

/** Of one account, of those that have not ended. */
export const MOST_KEYS = 20;

type Row = {
  id: bigint;
  address: Address;
  name: string;
  scopes: string;
  created_at: bigint;
  expires_at: bigint;
};

export const hashOf = (secret: string) => createHash("sha256").update(secret).digest("hex");

export function makeApiKeys({ database, now = time.now }: { database: Database; now?: () => number }) {
  const insert = database
    .prepare<unknown[], bigint>(
      "INSERT INTO api_keys (hash, address, name, scopes, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
    )
    .pluck();
  const ofAddress = database.prepare<unknown[], Row>(
    "SELECT * FROM api_keys WHERE address = ? AND expires_at > ? ORDER BY id",
  );
  const byHash = database.prepare<unknown[], Row>("SELECT * FROM api_keys WHERE hash = ? AND expires_at > ?");
  const remove = database.prepare("DELETE FROM api_keys WHERE id = ? AND address = ?");
  const removeOf = database.prepare("DELETE FROM api_keys WHERE address = ?");
  const forget = database.prepare("DELETE FROM api_keys WHERE expires_at <= ?");

  const keyOf = ({ id, name, scopes: kept, created_at, expires_at }: Row): ApiKey => ({
    id: id.toString(),
    name,
    scopes: kept.split(" ") as Scope[],
    createdAt: Number(created_at),
    expiresAt: Number(expires_at),
  });
  const list = (address: Address): ApiKey[] => ofAddress.all(getAddress(address), now()).map(keyOf);

  return {
    /** @returns the key and what is kept of it; undefined when the account has as many as it may */
    make: (address: Address, wish: KeyWish): { key: string; kept: ApiKey } | undefined => {
      forget.run(now());
      if (list(address).length >= MOST_KEYS) return undefined;
      const key = `${KEY_PREFIX}${random.bytes(32).toString("base64url")}`;
      const createdAt = now();
      const { name, expiresAt } = wish;
      const asked = scopes.filter((scope) => wish.scopes.includes(scope));
      const id = insert.get(hashOf(key), getAddress(address), name, asked.join(" "), createdAt, expiresAt)!;
      return { key, kept: { id: id.toString(), name, scopes: asked, createdAt, expiresAt } };
    },
    list,
    /** @returns whether there was one */
    revoke: (address: Address, id: string): boolean =>
      remove.run(BigInt(id), getAddress(address)).changes === 1,
    removeAll: (address: Address): void => void removeOf.run(getAddress(address)),
    /** Whose key it is, and what it may do. */
    find: (key: string): { address: Address; scopes: Scope[] } | undefined => {
      const row = byHash.get(hashOf(key), now());
      return row && { address: row.address, scopes: keyOf(row).scopes };
    },
  };
}
