/** Of `enerlink meter`: what its registrar changes of a meter, and whether anybody's unsigned readings settle. */
import { energyConverterAbi, meterRegistryAbi, revertOf } from "@enerlink/protocol";
import { isAddressEqual } from "viem";
import type { Argv } from "yargs";
import { type Answer, answering } from "./answer.ts";
import { act, preview } from "./authority.ts";
import { openChain } from "./chain.ts";
import { type Closing, closingProblem, closingWords } from "./closing.ts";
import {
  type Meter,
  needed,
  option,
  readChoice,
  readEnergy,
  readPublicKey,
  readWatts,
  readWhole,
  serialOnly,
  trusts,
  UsageError,
} from "./options.ts";

const registry = { contract: "meterRegistry", abi: meterRegistryAbi } as const;

type Given<More> = { serial: Meter; preview: boolean } & More;

const changeRating = ({ serial: { serial, id }, exportWatts, importWatts, ...given }: Given<Rating>) =>
  act(
    {
      ...registry,
      functionName: "setRating",
      args: [id, exportWatts, importWatts],
      does: `${serial} is rated ${exportWatts} W to the grid and ${importWatts} W from it, once the registry's activation delay is over`,
    },
    given.preview,
  );
type Rating = { exportWatts: number; importWatts: number };

const changeTrust = ({ serial: { serial, id }, trust, ...given }: Given<{ trust: number }>) =>
  act(
    {
      ...registry,
      functionName: "setTrust",
      args: [id, trust],
      does: `${serial} is of trust class ${trusts[trust]}`,
    },
    given.preview,
  );

type Key = { publicKey: { keyX: `0x${string}`; keyY: `0x${string}` } };
const changeKey =
  (functionName: "proposeKey" | "acceptKey") =>
  ({ serial: { serial, id }, publicKey: { keyX, keyY }, ...given }: Given<Key>) => {
    const request = { ...registry, functionName, args: [id, keyX, keyY] };
    return functionName === "proposeKey"
      ? act(
          { ...request, does: `another key is proposed for ${serial}, which its owner accepts` },
          given.preview,
        )
      : act({ ...request, does: `${serial} signs with that key`, isOwners: true }, given.preview);
  };

const epochs = { contract: "energyConverter", abi: energyConverterAbi } as const;
type Proposed = { exportKwh: bigint; importKwh: bigint; storedKwh: bigint; at: number; epoch: number };

/** Does `doing`; where the contract refuses the closing, it is said which option is wrong. */
async function withClosing({ id }: Meter, closing: Closing, doing: () => Promise<Answer>): Promise<Answer> {
  try {
    return await doing();
  } catch (error) {
    const refusal = revertOf(error)?.data;
    if (refusal?.errorName !== "ClosingRejected") throw error;
    const { client, contracts } = await openChain();
    const [[exportWh, importWh, , , timestamp], { epoch }] = await Promise.all([
      client.readContract({
        ...{ address: contracts.energyConverter, abi: energyConverterAbi },
        ...({ functionName: "settled", args: [id] } as const),
      }),
      client.readContract({
        ...{ address: contracts.meterRegistry, abi: meterRegistryAbi },
        ...({ functionName: "meter", args: [id] } as const),
      }),
    ]);
    const standing = { timestamp, exportWh, importWh, epoch };
    const problem = closingProblem(Number(refusal.args?.[1]), closing, standing);
    throw problem === undefined ? error : new UsageError(problem, { cause: error });
  }
}

const proposeEpoch = ({ serial: meter, ...given }: Given<Proposed>) => {
  const { serial, id } = meter;
  const { exportKwh: exportWh, importKwh: importWh, storedKwh: storedWh, at: timestamp, epoch } = given;
  const closing = { meterId: id, exportWh, importWh, storedWh, timestamp, epoch };
  const request = {
    ...epochs,
    functionName: "proposeEpoch",
    args: [id, closing],
    does: `a new register epoch is proposed for ${serial}, ${closingWords(closing)}; its owner accepts or refuses it, or it is declared seven days later`,
  } as const;
  return withClosing(meter, closing, () => act(request, given.preview));
};

/** The owner accepts exactly what the chain shows as proposed. */
async function acceptEpoch({ serial: meter, ...given }: Given<object>) {
  const { serial, id } = meter;
  const { client, contracts } = await openChain();
  const [closing] = await client.readContract({
    address: contracts.energyConverter,
    abi: energyConverterAbi,
    functionName: "epochProposal",
    args: [id],
  });
  const does = `the proposed register epoch of ${serial} begins, ${closingWords(closing)}`;
  const request = {
    ...epochs,
    functionName: "acceptEpoch",
    args: [id, closing],
    does,
    isOwners: true,
  } as const;
  return withClosing(meter, closing, () => act(request, given.preview));
}

/** By the registrar, or as a refusal by the owner, whom no role lets in. */
async function withdrawEpoch({ serial: { serial, id }, ...given }: Given<object>) {
  const { client, contracts, account } = await openChain();
  const { owner } = await client.readContract({
    address: contracts.meterRegistry,
    abi: meterRegistryAbi,
    functionName: "meter",
    args: [id],
  });
  const does = `no epoch is proposed for ${serial} any more`;
  const isOwners = isAddressEqual(owner, account().address);
  return act({ ...epochs, functionName: "withdrawEpochProposal", args: [id], does, isOwners }, given.preview);
}

const declareEpoch = ({ serial: { serial, id }, ...given }: Given<object>) =>
  act(
    {
      ...epochs,
      functionName: "declareEpoch",
      args: [id],
      does: `a new register epoch of ${serial} begins: its registers are counted anew from its next reading on`,
    },
    given.preview,
  );

const allowUnsigned = ({ what, ...given }: { what: string; preview: boolean }) =>
  act(
    {
      ...registry,
      functionName: "setUnsignedSettlement",
      args: [what === "allow"],
      does:
        what === "allow"
          ? "meters of class C settle, by what devices say that do not sign"
          : "no meter of class C settles any more",
    },
    given.preview,
  );

const register = (name: string, what: string) => ({
  ...option(name, (given, text) => readEnergy(given, text, 63n), what),
  default: "0",
});
/** Where the registers stood at the end, if that is known: what they counted until then is settled. */
const closing = {
  "export-kwh": register("export-kwh", "export register at the end of the old epoch, kWh, with --at"),
  "import-kwh": register("import-kwh", "import register then, kWh"),
  "stored-kwh": register("stored-kwh", "battery register then, kWh"),
  at: {
    ...option("at", readMoment, "when that was, ISO 8601; without it the last registers are unknown"),
    default: "none",
  },
  epoch: {
    ...option(
      "epoch",
      (name, text) => readWhole(name, text, 0, 999_999_999),
      "the old epoch's number, with --at",
    ),
    default: "0",
  },
} as const;

/** Unix seconds; 0 for none. */
function readMoment(name: string, text: string): number {
  if (text === "none") return 0;
  const seconds = Date.parse(text) / 1_000;
  if (Number.isInteger(seconds) && seconds > 0) return seconds;
  throw new UsageError(`--${name} ${text}: must be a whole second in ISO 8601, such as 2026-11-21T08:00:00Z`);
}

const ofMeter = (yargs: Argv) => serialOnly(yargs).options(preview);
const key = needed("public-key", readPublicKey, "the new P-256 key: 128 hexadecimal digits or a PEM file");

export function changes(commands: Argv): Argv {
  return commands
    .command(
      "rating <serial>",
      "change its rated power; counts after the activation delay",
      (yargs) =>
        ofMeter(yargs).options({
          "export-watts": needed("export-watts", readWatts, "rated power towards the grid, whole watts"),
          "import-watts": needed("import-watts", readWatts, "rated power from the grid, whole watts"),
        }),
      answering(changeRating),
    )
    .command(
      "trust <serial>",
      "change its trust class",
      (yargs) =>
        ofMeter(yargs).option(
          "trust",
          needed("trust", (name, text) => readChoice(name, text, trusts), trusts.join(", ")),
        ),
      answering(changeTrust),
    )
    .command(
      "key <serial>",
      "propose another key, which its owner accepts",
      (yargs) => ofMeter(yargs).option("public-key", key),
      answering(changeKey("proposeKey")),
    )
    .command(
      "accept-key <serial>",
      "accept the proposed key; with the owner's PRIVATE_KEY",
      (yargs) => ofMeter(yargs).option("public-key", key),
      answering(changeKey("acceptKey")),
    )
    .command(
      "propose-epoch <serial>",
      "propose that its registers are counted anew, after a repair or a preset; its owner accepts or refuses, or it is declared after seven days",
      (yargs) => ofMeter(yargs).options(closing),
      answering(proposeEpoch),
    )
    .command(
      "accept-epoch <serial>",
      "accept the proposed epoch; with the owner's PRIVATE_KEY",
      ofMeter,
      answering(acceptEpoch),
    )
    .command(
      "withdraw-epoch <serial>",
      "take the proposed epoch back, or with the owner's PRIVATE_KEY refuse it",
      ofMeter,
      answering(withdrawEpoch),
    )
    .command(
      "declare-epoch <serial>",
      "let an epoch begin whose closing was proposed, once its owner had seven days",
      ofMeter,
      answering(declareEpoch),
    )
    .command(
      "unsigned <what>",
      "allow or forbid that devices which do not sign settle; announced 48 hours ahead where people's money is at stake",
      (yargs) =>
        yargs
          .positional("what", {
            choices: ["allow", "forbid"],
            demandOption: true,
            describe: "allow or forbid",
          })
          .options(preview),
      answering(allowUnsigned),
    );
}
