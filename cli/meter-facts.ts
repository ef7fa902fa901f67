/** Of `enerlink meter show`: what the chain knows of a meter. */
import { energyConverterAbi, formatKwh, MeterStatus, meterRegistryAbi } from "@enerlink/protocol";
import { cellToLatLng, getResolution } from "h3-js";
import { type Answer, columns, time, timeOrNull } from "./answer.ts";
import { openChain } from "./chain.ts";
import { proposedCorrection } from "./correction.ts";
import { kinds, type Meter, somebody, statuses, trusts, UsageError } from "./options.ts";

/** All that the chain knows of a meter. @throws UsageError when it is not registered */
export async function showMeter(meter: Meter): Promise<Answer> {
  const { data, correction } = await readFacts(meter);
  return { text: columns(10, linesOf(data, correction)), data };
}

async function readFacts({ serial, id }: Meter) {
  const chain = await openChain();
  const { client, contracts } = chain;
  const args = [id] as const;
  const [meter, settled, correction] = await Promise.all([
    client.readContract({
      address: contracts.meterRegistry,
      abi: meterRegistryAbi,
      functionName: "meter",
      args,
    }),
    client.readContract({
      address: contracts.energyConverter,
      abi: energyConverterAbi,
      functionName: "settled",
      args,
    }),
    proposedCorrection(chain, id),
  ]);
  if (meter.status === MeterStatus.None) throw new UsageError(`No meter ${serial} is registered`);
  const [exportWh, importWh, debtWh, storedWh, timestamp] = settled;
  const { number, exportWatts, importWatts, capacityWh, creditWh, epoch } = meter;
  const data = {
    ...{ serial, number, exportWatts, importWatts, capacityWh, creditWh, epoch },
    ...{ kind: kinds[meter.kind]!, status: statuses[meter.status]!, trust: trusts[meter.trust]! },
    owner: somebody(meter.owner),
    pendingOwner: somebody(meter.pendingOwner),
    acceptableFrom: timeOrNull(meter.acceptableFrom),
    cell: meter.h3Cell.toString(16),
    epochDeclaredAt: time(meter.epochDeclaredAt),
    activeFrom: time(meter.activeFrom),
    settledUntil: timeOrNull(timestamp),
    ...{ exportWh, importWh, storedWh, debtWh },
    correction: correction?.data ?? null,
  };
  return { data, correction: correction?.text };
}

type Facts = Awaited<ReturnType<typeof readFacts>>["data"];

/** The same in words. */
function linesOf(meter: Facts, correction: string | undefined): [string, string][] {
  const { serial, number, kind, status, trust, owner, pendingOwner, acceptableFrom, cell } = meter;
  const place = cellToLatLng(cell).map((degrees) => degrees.toFixed(3));
  const from = acceptableFrom === null ? "" : ` from ${acceptableFrom}`;
  return [
    ["meter", `${serial} (number ${number}), ${kind}, ${status}`],
    ["owner", owner ?? "nobody yet"],
    ...(pendingOwner === null ? [] : [["offered", `to ${pendingOwner}${from}`] as [string, string]]),
    ["trust", trust],
    ["rated", `${meter.exportWatts} W to the grid, ${meter.importWatts} W from it`],
    ...(meter.capacityWh > 0n ? [["battery", `${formatKwh(meter.capacityWh)} kWh`] as [string, string]] : []),
    ["cell", `${cell} (resolution ${getResolution(cell)}, around ${place.join(", ")})`],
    ["epoch", `${meter.epoch}, declared ${meter.epochDeclaredAt}, active from ${meter.activeFrom}`],
    ["settled", meter.settledUntil === null ? "nothing yet in this epoch" : `until ${meter.settledUntil}`],
    [
      "registers",
      `export ${formatKwh(meter.exportWh)} kWh, import ${formatKwh(meter.importWh)} kWh, stored ${formatKwh(meter.storedWh)} kWh`,
    ],
    ["debt", `${formatKwh(meter.debtWh)} kWh of ${formatKwh(meter.creditWh)} kWh credit`],
    ...(correction ? [["correct", correction] as [string, string]] : []),
  ];
}
