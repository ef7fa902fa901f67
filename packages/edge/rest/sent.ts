/**
 * Headers of answers as the document says them. What every server of HTTP sends (`Content-Type`, `Vary`, …), and what a
 * browser's protection asks for (`headers.ts`, CORS), stands in no document.
 */

export type Headers = Record<
  string,
  { description: string; schema: { type: "string" | "integer"; format?: "date-time" }; example?: string }
>;

const text = { type: "string" } as const;

/** Of whole answers to GET (`answers.ts`). */
export const named: Headers = {
  ETag: {
    description: "Names the answer by what it says: sent back as `If-None-Match`, the same answer is 304",
    schema: text,
  },
};
/** Of answers to GET, and of those with a secret. */
export const kept: Headers = {
  "Cache-Control": { description: "Whether it may be kept, and must be asked about again", schema: text },
};

/** Of lists (`lists.ts`). */
export const goesOn: Headers = {
  Link: {
    description:
      "Where there is more than this page: the query of the next one, relative to this address (RFC 8288); none on the last page. It goes on in the same form, JSON or CSV",
    schema: text,
    example: '<?limit=50&format=csv&before=eyJpZCI6IjcifQ>; rel="next"',
  },
};

/** Of tables (`csv.ts`). */
export const asFile: Headers = {
  "Content-Disposition": { description: "Of CSV: what a browser calls the file that it keeps", schema: text },
};

export const cookie: Headers = {
  "Set-Cookie": { description: "The browser's part of signing in or out", schema: text },
};

/** Of refusals that will not last. */
export const retry: Headers = {
  "Retry-After": {
    description: "After how many seconds to ask again, where that helps",
    schema: { type: "integer" },
  },
};
/** The statuses of those. */
export const waits: ReadonlySet<string> = new Set(["429", "503"]);

/** Of routes that will go (`routes.ts`). */
export const farewells: Headers = {
  Deprecation: {
    description: "Since when it should not be used any more: `@` and unix seconds (RFC 9745)",
    schema: text,
  },
  Sunset: { description: "When it may be gone (RFC 8594)", schema: text },
};
