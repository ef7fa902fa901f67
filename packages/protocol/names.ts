/** The names of the contracts' enums. Their numbers by name are generated (`generated/enums.ts`). */
import { enums } from "./generated/enums.ts";

type Members<Name extends string> = Readonly<Record<Name, number>>;
type Names<Name extends string> = readonly [Name, ...Name[]];

/** An enum's members by number: `namesOf(TradeStatus)[2]` is "Accepted". */
export const namesOf = <Name extends string>(members: Members<Name>) =>
  Object.keys(members) as readonly string[] as Names<Name>;

/** Those that something can have which exists: all but `None`. */
export const realNamesOf = <Name extends string>(members: Members<Name>) =>
  namesOf(members).filter((name) => name !== "None") as readonly string[] as Names<Exclude<Name, "None">>;

/** As the index's tables write them: `capitals(namesOf(MeterKind))[1]` is "PROSUMER". */
export const capitals = <Name extends string>(names: Names<Name>) =>
  names.map((name) => name.toUpperCase()) as readonly string[] as Names<Uppercase<Name>>;

/** As commands and REST write them: `smalls(namesOf(MeterKind))[1]` is "prosumer". */
export const smalls = <Name extends string>(names: Names<Name>) =>
  names.map((name) => name.toLowerCase()) as readonly string[] as Names<Lowercase<Name>>;

export type EnumName = keyof typeof enums;

/** The members of the enum called `name`, if there is one. */
export const membersOf = (name: string): readonly string[] | undefined =>
  Object.hasOwn(enums, name)
    ? namesOf(enums[name as EnumName] as Readonly<Record<string, number>>)
    : undefined;
