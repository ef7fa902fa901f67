/** EnerLink with its administration handed from the deployer to the admin, who acts with a delay. */
import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { ADMIN } from "../../roles.ts";
import EnerLink from "./EnerLink.ts";

export default buildModule("Handover", (m) => {
  const contracts = m.useModule(EnerLink);
  const handedOver = m.call(contracts.accessManager, "grantRole", [
    ADMIN,
    m.getParameter("admin"),
    m.getParameter("adminDelay"),
  ]);
  m.call(contracts.accessManager, "renounceRole", [ADMIN, m.getAccount(0)], { after: [handedOver] });
  return contracts;
});
