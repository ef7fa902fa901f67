/**
 * How a whole answer goes out: named by its content, so that who has it already is told so (304), and compressed for
 * who takes that. A stream goes out as it comes.
 */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Context, MiddlewareHandler } from "hono";

/** Bytes below which compressing saves nothing. */
const LEAST = 1_024;
const TEXT = /^(text\/|application\/([\w.-]+\+)?(json|javascript|xml)|image\/svg)/i;
const STREAM = /^text\/event-stream/i;

type Encoding = { name: string; encode: (body: Buffer) => Promise<Buffer> };
/** Quality 4 takes as long as gzip and leaves a sixth less of JSON. */
const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const encodings: Encoding[] = [
  { name: "br", encode: (body) => promisify(brotliCompress)(body, quality) },
  { name: "gzip", encode: (body) => promisify(gzip)(body) },
];

/** The first encoding here that a client takes (RFC 9110): what it names, or else what it says of any. */
export function encodingFor(accepted = ""): Encoding | undefined {
  const weights = new Map<string, number>();
  for (const part of accepted.split(",")) {
    const [name = "", ...parameters] = part.split(";").map((one) => one.trim().toLowerCase());
    const weight = parameters.find((one) => one.startsWith("q="))?.slice(2) ?? "1";
    weights.set(name, Number(weight));
  }
  return encodings.find(({ name }) => (weights.get(name) ?? weights.get("*") ?? 0) > 0);
}

/** Weak: what is compressed is the same answer. */
const tagOf = (body: Buffer) => `W/"${createHash("sha1").update(body).digest("base64url")}"`;

const plain = (tag: string) => tag.trim().replace(/^W\//, "");
const hasIt = (known: string | undefined, tag: string) =>
  known !== undefined && (known.trim() === "*" || known.split(",").map(plain).includes(plain(tag)));

/** Hono copies the headers of the answer before, its length among them, to one that takes its place. */
function replace(context: Context, response: Response): void {
  context.res = undefined;
  context.res = response;
}

/** @param caching what answers that say nothing about it say: kept, but asked about each time */
export const wholeAnswers =
  (caching: "no-cache" | "private, no-cache"): MiddlewareHandler =>
  async (context, next) => {
    await next();
    const { res } = context;
    const type = res.headers.get("content-type") ?? "";
    if (!res.body || STREAM.test(type) || res.headers.has("content-encoding")) return;
    const body = Buffer.from(await res.arrayBuffer());
    const headers = new Headers(res.headers);
    // The server says how long it is; Ponder's would say it twice.
    headers.delete("content-length");
    if (res.status === 200 && ["GET", "HEAD"].includes(context.req.method)) {
      const tag = tagOf(body);
      headers.set("etag", tag);
      if (!headers.has("cache-control")) headers.set("cache-control", caching);
      if (hasIt(context.req.header("if-none-match"), tag)) {
        headers.delete("content-type");
        headers.append("vary", "accept-encoding");
        return replace(context, new Response(null, { status: 304, headers }));
      }
    }
    let sent: Uint8Array = body;
    if (TEXT.test(type) && body.length >= LEAST) {
      headers.append("vary", "accept-encoding");
      const encoding = encodingFor(context.req.header("accept-encoding"));
      if (encoding) {
        headers.set("content-encoding", encoding.name);
        sent = await encoding.encode(body);
      }
    }
    replace(context, new Response(new Uint8Array(sent), { status: res.status, headers }));
  };
