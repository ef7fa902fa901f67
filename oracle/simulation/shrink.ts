/** As few of a life's faults as it takes to go wrong. */
import { live, type Told } from "./life.ts";

export async function shrink(told: Told): Promise<Told> {
  let least = told;
  for (let index = 0; index < least.faults.length; ) {
    const fewer = await live(told.seed, least.faults.toSpliced(index, 1));
    if (fewer.problem) least = fewer;
    else index++;
  }
  return least;
}
