import { expect, test } from "vitest";
import { useNotificationStore } from "./store.ts";

test("an account that the browser meets has seen what was before, once", () => {
  const { begin, see } = useNotificationStore.getState();
  begin("0xa", 100);
  begin("0xa", 200);
  expect(useNotificationStore.getState().seen).toEqual({ "0xa": 100 });
  see("0xa", 300);
  begin("0xa", 400);
  begin("0xb", 400);
  expect(useNotificationStore.getState().seen).toEqual({ "0xa": 300, "0xb": 400 });
});
