/** What a test waits for may take its time where other programs are at work as well: only never is too late. */
import { vi } from "vitest";

const PATIENCE_MS = 60_000;
/** Who waits less than that means that nothing may come so soon. */
const MOMENT_MS = 1_000;
const waitFor = vi.waitFor;

vi.waitFor = (condition, options = {}) => {
  const asked = typeof options === "number" ? { timeout: options } : options;
  const { timeout = PATIENCE_MS } = asked;
  return waitFor(condition, {
    ...asked,
    timeout: timeout < MOMENT_MS ? timeout : Math.max(timeout, PATIENCE_MS),
  });
};
