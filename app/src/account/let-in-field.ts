import type { Address } from "viem";
import { z } from "zod/mini";
import { letInProblem } from "./codes.ts";
import type { DeviceI18n } from "./words.ts";

const problems = { empty: "device.codeEmpty", cut: "device.codeCut", other: "finger.notKeyCode" } as const;

/** The code of a device that is to be let into `account`. */
export const letInField = (account: Address, t: DeviceI18n["t"]) =>
  z.string().check((context) => {
    const problem = letInProblem(context.value, account);
    if (problem) context.issues.push({ code: "custom", message: t(problems[problem]), input: context.value });
  });
