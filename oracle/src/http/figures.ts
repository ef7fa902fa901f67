/** Figures of the thread that answers over HTTP, beside those of the thread that signs and settles. */
import type { MiddlewareHandler } from "hono";
import { Histogram, Registry } from "prom-client";

const STATUSES = ["2xx", "3xx", "4xx", "5xx"] as const;

export function makeFigures() {
  const registry = new Registry();
  const requests = new Histogram({
    name: "enerlink_http_request_seconds",
    help: "How long requests took, by the kind of their status; probes are not counted",
    labelNames: ["status"],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  for (const status of STATUSES) requests.zero({ status });
  const timed: MiddlewareHandler = async (context, next) => {
    const took = requests.startTimer();
    await next();
    took({ status: `${Math.floor(context.res.status / 100)}xx` });
  };
  return { timed, text: () => registry.metrics() };
}
