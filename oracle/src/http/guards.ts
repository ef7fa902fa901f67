/** Whether whoever asks may do that with this meter. */
import { Problem } from "@enerlink/edge";
import type { Context } from "hono";
import { mayControl, type Person } from "../auth/accounts.ts";
import type { Meter, Mirror } from "../chain/mirror.ts";
import type { Env } from "./env.ts";
import type { Views } from "./views.ts";

export type Guards = ReturnType<typeof makeGuards>;

export function makeGuards({
  mirror,
  views,
}: {
  mirror: Pick<Mirror, "meter">;
  views: Pick<Views, "maySee">;
}) {
  /** @throws Problem 404 */
  function meterOf(serial: string): Meter {
    const meter = mirror.meter(serial);
    if (meter) return meter;
    const message = `${serial} is not in the registry`;
    throw new Problem(404, "Unknown meter", `meterId ${message}`, [{ field: "meterId", message }]);
  }

  function refuse(person: Person, meter: Meter): never {
    if (person.address === undefined)
      throw new Problem(401, "Not signed in", "Sign in first: see /api/v1/auth/nonce");
    throw new Problem(
      403,
      "Forbidden",
      `${meter.serial} belongs to ${meter.owner ?? "nobody yet"}, not to ${person.address}`,
    );
  }

  return {
    meterOf,
    /** The meter, to one who may see what it says. @throws Problem 401, 403, 404 */
    seen: (context: Context<Env>, serial: string): Meter => {
      const meter = meterOf(serial);
      const person = context.get("person");
      return views.maySee(person, meter) ? meter : refuse(person, meter);
    },
    /** The meter, to one who may settle and command it. @throws Problem 401, 403, 404 */
    controlled: (context: Context<Env>, serial: string): { meter: Meter; person: Person } => {
      const meter = meterOf(serial);
      const person = context.get("person");
      return mayControl(person, meter) ? { meter, person } : refuse(person, meter);
    },
  };
}
