import { afterEach, describe, expect, test, vi } from "vitest";
import { isPassing, RelayProblem, relayAt } from "./relay.ts";

afterEach(() => vi.unstubAllGlobals());

const answer = (status: number, body: object) =>
  vi.stubGlobal("fetch", async () => Response.json(body, { status }));
const refusal = async (): Promise<RelayProblem> => {
  const problem = await relayAt("http://oracle.example")
    .look(1)
    .catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(RelayProblem);
  return problem as RelayProblem;
};

describe("why the relay does not take something", () => {
  test.each([
    [403, { reason: "not-a-member" }, "not-a-member", false],
    [409, { reason: "budget" }, "budget", false],
    [409, { reason: "busy" }, "busy", true],
    [429, { title: "Too many requests" }, "busy", true],
    [404, { title: "No relay" }, "away", true],
    [503, { title: "Not ready" }, "away", true],
    [400, { title: "Invalid request" }, "would-fail", false],
  ] as const)("is read from %d %o", async (status, body, reason, passing) => {
    answer(status, body);
    const problem = await refusal();
    expect(problem.reason).toBe(reason);
    expect(isPassing(problem)).toBe(passing);
  });

  test("is that it is away, where nobody answers", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    expect((await refusal()).reason).toBe("away");
  });
});
