import { expect, test } from "vitest";
import { en } from "../i18n/en.ts";
import { id } from "../i18n/id.ts";
import { makeI18n } from "../i18n/index.ts";
import { demoLabel } from "./demo-label.ts";

test("those who run the demo market are called in the reader's language, households by their name", () => {
  const [inEnglish, inIndonesian] = [makeI18n("en", en), makeI18n("id", id)];
  const utility = { name: "utility", label: "PLN (utility)" };
  expect(demoLabel(utility, inEnglish)).toBe("PLN (utility)");
  expect(demoLabel(utility, inIndonesian)).toBe("PLN (perusahaan listrik)");
  expect(demoLabel({ name: "home-03", label: "Rumah Kebayoran" }, inIndonesian)).toBe("Rumah Kebayoran");
  expect(demoLabel({ name: "home-11", label: "" }, inIndonesian)).toBe("home-11");
});
