/** What was traded, by the event that the change of the balance belongs to. */
export type Traded = { id: string; wattHours: bigint; cost: bigint };

/** A change of a trading balance. */
type Change = { id: string; kind: string; energyWh: bigint; idrs: bigint };

/**
 * A trade as what was sold or bought, and for how much: out of an order or a request, what had been set aside before is
 * part of it although the balance does not change by it.
 */
export function withTraded<One extends Change>(movements: readonly One[], trades: readonly Traded[]): One[] {
  const byId = new Map(trades.map((one) => [one.id, one]));
  return movements.map((movement) => {
    const { kind, id } = movement;
    const isSold = kind === "SOLD" || kind === "DELIVERY_SOLD";
    if (!isSold && kind !== "BOUGHT" && kind !== "DELIVERY_BOUGHT") return movement;
    const traded = byId.get(id.slice(0, -(kind.length + 1)));
    if (!traded) return movement;
    const { wattHours, cost } = traded;
    return {
      ...movement,
      energyWh: isSold ? -wattHours : wattHours,
      idrs: isSold ? cost : -cost,
    };
  });
}
