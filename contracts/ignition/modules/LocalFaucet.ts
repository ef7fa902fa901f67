/** EnerLink with a faucet that gives IDRS to anyone: development chains only. */
import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { roles } from "../../roles.ts";
import EnerLink from "./EnerLink.ts";

export default buildModule("LocalFaucet", (m) => {
  const contracts = m.useModule(EnerLink);
  const faucet = m.contract("Faucet", [contracts.rupiahToken]);
  m.call(contracts.accessManager, "grantRole", [roles.IDRS_ISSUER, faucet, 0]);
  return { ...contracts, faucet };
});
