/** Somebody who begins with nothing but a fingerprint: no key, no ether, no meter. The relay pays, the local installer helps. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  energyMarketAbi,
  faucetAbi,
  meterId,
  meterRegistryAbi,
  parseIdr,
  rupiahTokenAbi,
  slotPoolAbi,
} from "@enerlink/protocol";
import { accountCode, type Call } from "@enerlink/protocol/account";
import { type Abi, type Address, encodeFunctionData } from "viem";
import { CHAIN_ID } from "../../local/accounts.ts";
import { newHousehold, signCalls } from "../../oracle/testing/household.ts";
import type { System } from "./system.ts";

/** Any price better than PLN's. */
const LIMITS = [900, 1_445] as const;
const CASH = parseIdr("200000");

async function post(url: string, body: unknown) {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(url, init);
  // biome-ignore lint/suspicious/noExplicitAny: what the tests are about.
  return { status: response.status, body: (await response.json()) as any };
}

const call = (to: Address, abi: Abi, functionName: string, args: readonly unknown[]): Call => ({
  to,
  data: encodeFunctionData({ abi, functionName, args }),
});

export function makeNewcomer({ appUrl, oracleUrl, contracts }: System) {
  const home = newHousehold({ contracts });
  let lane = 0;

  /** One touch: signs calls, has them paid for, and waits until they are mined. @throws when they are not */
  async function touch(calls: Call[], create = false): Promise<void> {
    lane++;
    for (let tries = 0; ; tries++) {
      const { status, body } = await post(
        `${oracleUrl}/api/v1/relay`,
        signCalls(home, calls, { create, lane }),
      );
      if (status === 202 && body.state === "mined") return;
      // The node may be a moment behind the chain; and what is asked again is answered with how it fared.
      if ((status !== 202 && body.reason !== "not-a-member") || tries > 40)
        throw new Error(`not relayed: ${JSON.stringify(body)}`);
      await sleep(500);
    }
  }

  return {
    ...home,
    /** Shows the account's code to the installer. */
    askInstaller: (code = accountCode(home.account, CHAIN_ID)) => post(`${appUrl}/installer`, { code }),
    /** Creates the account, takes money and the meter. */
    openHome: (serial: string) =>
      touch(
        [
          call(contracts.faucet!, faucetAbi, "draw", [CASH]),
          call(contracts.rupiahToken, rupiahTokenAbi, "approve", [contracts.energyMarket, CASH]),
          call(contracts.energyMarket, energyMarketAbi, "deposit", [0n, CASH]),
          call(contracts.meterRegistry, meterRegistryAbi, "acceptMeter", [meterId(serial), 0n]),
        ],
        true,
      ),
    joinNeighbours: (serial: string) =>
      touch([
        call(contracts.energyMarket, energyMarketAbi, "authorizeModule", [contracts.slotPool, true]),
        call(contracts.slotPool, slotPoolAbi, "join", [meterId(serial), 1, ...LIMITS]),
      ]),
  };
}
