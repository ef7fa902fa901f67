/** What every answer says to browsers: it is what it calls itself, stands in no frame, and loads nothing. */
import { createHash } from "node:crypto";
import { secureHeaders } from "hono/secure-headers";

/** A page has a policy of its own, which stays. */
export const safeHeaders = () =>
  secureHeaders({
    contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    xFrameOptions: "DENY",
    // The dApp stands on another origin; CORS says which may read.
    crossOriginResourcePolicy: "cross-origin",
    // Whoever ends TLS promises it.
    strictTransportSecurity: false,
    overwrite: false,
  });

/**
 * What a page may load: its own server's files, what stands in it, and, of code within it, the scripts with these
 * contents.
 */
export function pagePolicy(inlineScripts: readonly string[] = []): string {
  const hashes = inlineScripts.map((script) => createHash("sha256").update(script).digest("base64"));
  const scripts = ["'self'", ...hashes.map((hash) => `'sha256-${hash}'`)].join(" ");
  return `default-src 'none'; script-src ${scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src data:; worker-src blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}
