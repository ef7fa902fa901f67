/** Bodies are JSON, and what they say in numbers is kept as it was sent. */
import { roundedNumbers } from "@enerlink/edge";
import type { MiddlewareHandler } from "hono";
import { invalid, Problem } from "./problem.ts";

const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i;

export const checkBody: MiddlewareHandler = async (context, next) => {
  const { method } = context.req;
  if (method !== "POST" && method !== "PUT") return next();
  if (!JSON_TYPE.test(context.req.header("content-type") ?? ""))
    throw new Problem(415, "Unsupported media type", "The body must be JSON: content-type application/json", [
      { field: "content-type", message: "must be application/json" },
    ]);
  const rounded = roundedIn(await context.req.text());
  if (rounded.length > 0) {
    const message = "has more digits than a JSON number keeps: send it as text";
    throw invalid(rounded.map((field) => ({ field: field || "body", message })));
  }
  return next();
};

function roundedIn(text: string): string[] {
  try {
    return roundedNumbers(text);
  } catch {
    throw invalid([{ field: "body", message: "must be JSON" }]);
  }
}
