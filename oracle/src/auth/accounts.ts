/** Who has registered here, and who is signed in: sessions are kept as hashes, and end by themselves. */
import { type Address, getAddress, isAddressEqual } from "viem";
import type { Meter } from "../chain/mirror.ts";
import { random } from "../seams/random.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";
import { hashOf, makeApiKeys, type Scope } from "./api-keys.ts";

export type Account = {
  address: Address;
  /** What the account calls itself; empty unless given. */
  name: string;
  /** Milliseconds. */
  createdAt: number;
};

/** Who asks. Nobody is signed in when `address` is undefined. */
export type Person = {
  address: Address | undefined;
  operator: boolean;
  /** What its key may do; undefined where it signed in itself and may do what it likes. */
  scopes?: readonly Scope[];
};

/** Whether `person` asks by itself, or by a key that may do this. */
export const mayBy = ({ scopes }: Person, scope: Scope): boolean => scopes?.includes(scope) ?? true;

/** Whether `address` owns the meter: nobody does until it is accepted. */
export const owns = (address: Address | undefined, { owner }: Pick<Meter, "owner">): boolean =>
  address !== undefined && owner !== null && isAddressEqual(owner, address);

/** Whether `person` may see what a meter says, settle it and command it: its owner, and operators. */
export function mayControl(person: Person, meter: Pick<Meter, "owner">): boolean {
  return person.operator || owns(person.address, meter);
}

export type Accounts = ReturnType<typeof makeAccounts>;

export function makeAccounts({
  database,
  operators,
  now = time.now,
}: {
  database: Database;
  /** Addresses that may see and do everything here. */
  operators: readonly Address[];
  /** Milliseconds. */
  now?: () => number;
}) {
  const insertAccount = database.prepare(
    "INSERT INTO accounts (address, name, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const accountRow = database.prepare<unknown[], { address: Address; name: string; created_at: bigint }>(
    "SELECT * FROM accounts WHERE address = ?",
  );
  const insertSession = database.prepare("INSERT INTO sessions (hash, address, expires_at) VALUES (?, ?, ?)");
  const sessionRow = database.prepare<unknown[], { address: Address }>(
    "SELECT address FROM sessions WHERE hash = ? AND expires_at > ?",
  );
  const endSession = database.prepare("DELETE FROM sessions WHERE hash = ?");
  const endAll = database.prepare("DELETE FROM sessions WHERE address = ?");
  const removeAccount = database.prepare("DELETE FROM accounts WHERE address = ?");
  const endOld = database.prepare("DELETE FROM sessions WHERE expires_at <= ?");

  function find(address: Address): Account | undefined {
    const row = accountRow.get(getAddress(address));
    return row && { address: row.address, name: row.name, createdAt: Number(row.created_at) };
  }

  const isOperator = (address: Address) => operators.some((operator) => isAddressEqual(operator, address));
  const keys = makeApiKeys({ database, now });

  /** Forgets who it was, and whatever opens something as it. @returns whether there was such an account. */
  const erase = database.transaction((address: Address): boolean => {
    const whose = getAddress(address);
    endAll.run(whose);
    keys.removeAll(whose);
    return removeAccount.run(whose).changes === 1;
  });

  return {
    find,
    keys,
    isOperator,
    erase,
    /** @returns whether the account is new. */
    register: (address: Address, name: string): boolean =>
      insertAccount.run(getAddress(address), name, now()).changes === 1,
    /** Signs an address in until `expiresAt` (milliseconds). @returns the session's secret. */
    begin: (address: Address, expiresAt: number): string => {
      endOld.run(now());
      const token = random.bytes(32).toString("base64url");
      insertSession.run(hashOf(token), getAddress(address), expiresAt);
      return token;
    },
    end: (token: string) => void endSession.run(hashOf(token)),
    /** Whose key it is; undefined where there is none such, or no longer. */
    holder: (key: string): Person | undefined => {
      const found = keys.find(key);
      return found && { ...found, operator: isOperator(found.address) };
    },
    /** Who holds the session. */
    person: (token: string | undefined): Person => {
      const address = token === undefined ? undefined : sessionRow.get(hashOf(token), now())?.address;
      return { address, operator: address !== undefined && isOperator(address) };
    },
  };
}
