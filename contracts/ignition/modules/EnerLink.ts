/**
 * The whole system except the development faucet: contracts, wiring, roles. What differs between networks is in
 * `parameters/<network>.json`; addresses of people come from the environment (`deploy.ts`).
 */
import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { roleFunctions, roles, vetoed } from "../../roles.ts";

type Module = Parameters<Parameters<typeof buildModule>[1]>[0];
type Contract = Parameters<Module["call"]>[0];
type Bound = (typeof roleFunctions)[number]["contract"] | "accessManager" | "equivocationProof";

/** Until here the deployer does everything as the admin; from now on each function belongs to its role. */
function bindRoles(m: Module, contracts: Record<Bound, Contract>, after: ReturnType<Module["call"]>[]): void {
  const { accessManager, rupiahDesk, equivocationProof } = contracts;
  const call = (id: string, name: string, args: unknown[]) =>
    m.encodeFunctionCall(accessManager, name, args as never, { id });
  const holders = {
    REGISTRAR: [m.getParameter("registrar"), m.getParameter("registrarDelay")],
    IDRS_ISSUER: [m.getParameter("idrsIssuer"), m.getParameter("idrsIssuerDelay")],
    MARKET_OPERATOR: [m.getParameter("marketOperator"), m.getParameter("marketOperatorDelay")],
    GUARDIAN: [m.getParameter("guardian"), 0],
    EQUIVOCATION: [equivocationProof, 0],
  };
  m.call(
    accessManager,
    "multicall",
    [
      [
        ...roleFunctions.map(({ contract, role, selectors }) =>
          call(`bind_${contract}_${role}`, "setTargetFunctionRole", [
            contracts[contract],
            selectors,
            roles[role],
          ]),
        ),
        ...Object.entries(roles).flatMap(([role, id]) => [
          call(`label_${role}`, "labelRole", [id, role]),
          call(`grant_${role}`, "grantRole", [id, ...holders[role as keyof typeof holders]]),
        ]),
        // What waits can be stopped by somebody else than who announced it.
        ...vetoed.map((role) => call(`veto_${role}`, "setRoleGuardian", [roles[role], roles.GUARDIAN])),
        call("grant_rupiahDesk", "grantRole", [roles.IDRS_ISSUER, rupiahDesk, 0]),
      ],
    ],
    { id: "bindRoles", after },
  );
}

/** Households' accounts know nothing of the market, and the market nothing of them. */
function households(m: Module) {
  const homeAccount = m.contract("HomeAccount");
  return { homeAccount, homeAccountFactory: m.contract("HomeAccountFactory", [homeAccount]) };
}

export default buildModule("EnerLink", (m) => {
  const deployer = m.getAccount(0);
  const accessManager = m.contract("MarketAccess", [deployer]);

  const meterRegistry = m.contract("MeterRegistry", [
    accessManager,
    m.getParameter("activationDelay"),
    m.getParameter("ratingCaps"),
  ]);
  const energyConverter = m.contract("EnergyConverter", [
    accessManager,
    meterRegistry,
    m.getParameter("energyDecimals"),
  ]);
  const energyToken = m.contractAt("EnergyToken", m.staticCall(energyConverter, "energyToken"));
  const rupiahToken = m.contract("RupiahToken", [accessManager]);
  const rupiahDesk = m.contract("RupiahDesk", [accessManager, rupiahToken, m.getParameter("treasury")]);
  const energyMarket = m.contract("EnergyMarket", [
    accessManager,
    meterRegistry,
    energyConverter,
    energyToken,
    rupiahToken,
    m.getParameter("minimumPrice"),
    m.getParameter("boardPaused"),
  ]);
  const oracleCommittee = m.contract("RootCommittee", [
    accessManager,
    energyConverter,
    m.getParameter("committeeMembers"),
    m.getParameter("committeeQuorum"),
  ]);
  const deviceReporter = m.contract("DeviceReporter", [
    meterRegistry,
    energyConverter,
    m.getParameter("silence"),
  ]);
  const equivocationProof = m.contract("EquivocationProof", [meterRegistry]);
  const energyCertificates = m.contract("EnergyCertificates", [meterRegistry, energyConverter]);
  const functionsReporter = m.contract("FunctionsReporter", [
    accessManager,
    m.getParameter("functionsRouter"),
    meterRegistry,
    energyConverter,
  ]);
  const slots = [m.getParameter("slots"), m.getParameter("slotsAdjustable")] as const;
  const slotPool = m.contract("SlotPool", [accessManager, energyMarket, energyConverter, ...slots]);
  const contracts = {
    accessManager,
    energyToken,
    rupiahToken,
    rupiahDesk,
    meterRegistry,
    energyConverter,
    oracleCommittee,
    deviceReporter,
    functionsReporter,
    equivocationProof,
    energyCertificates,
    energyMarket,
    slotPool,
    ...households(m),
  };

  const wired = [
    m.call(meterRegistry, "setConverter", [energyConverter]),
    m.call(energyConverter, "setMarket", [energyMarket]),
    m.call(energyConverter, "setPool", [slotPool]),
    ...Object.entries({ oracleCommittee, deviceReporter, functionsReporter }).map(([name, reporter]) =>
      m.call(energyConverter, "setReporter", [reporter, true], { id: `admit_${name}` }),
    ),
  ];

  bindRoles(m, contracts, wired);

  return contracts;
});
