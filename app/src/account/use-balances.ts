import type { Address } from "viem";
import { useChain, useSystem } from "../system/index.ts";

/** Free amounts: energy in Wh, rupiah in IDRS base units. What lies in orders and escrow is not among them. */
export type Balances = {
  wallet: { energyWh: bigint; idrs: bigint };
  trading: { energyWh: bigint; idrs: bigint };
};

export function useBalances(address: Address | undefined) {
  const { market, energyToken, rupiahToken } = useSystem();
  return useChain<Balances>(
    ["balances", address],
    address &&
      (async () => {
        const [walletEnergy, walletIdrs, [energyWh, idrs]] = await Promise.all([
          energyToken.read.balanceOf([address]),
          rupiahToken.read.balanceOf([address]),
          market.read.tradingBalance([address]),
        ]);
        return { wallet: { energyWh: walletEnergy, idrs: walletIdrs }, trading: { energyWh, idrs } };
      }),
  );
}
