/** What strangers meet: the broker's and the web's certificates, and what the proxy lets through. */
import { request } from "node:https";
import { isIP } from "node:net";
import { connect, rootCertificates } from "node:tls";
import { messageOf } from "@enerlink/service/log";
import { lasts } from "./certificate.ts";
import { behind, type Check, good, missing, unsafe } from "./finding.ts";

const PATIENCE = 4_000;
/** What a proxy keeps for those who run the services. */
const INNER = ["/metrics", "/figures"];

export type DoorSeen = {
  /** Unix seconds; undefined where nothing answers. */
  end: number | undefined;
  /** Why a client does not take the certificate, or why nothing answers. */
  problem: string | undefined;
  /** Of a web host: which inner paths it hands out, and the header that keeps browsers on TLS. */
  web: { open: string[]; strict: boolean } | undefined;
  now: number;
};

export const doorChecks: readonly Check<DoorSeen>[] = [
  [
    "answers",
    ({ end, problem }) =>
      end === undefined
        ? missing(
            problem ?? "no answer",
            "is it started, does its name lead here, does the firewall let it in?",
          )
        : good("over TLS"),
  ],
  [
    "trusted",
    ({ end, problem }) => {
      if (end === undefined) return undefined;
      return problem === undefined
        ? good("its certificate is taken")
        : unsafe(problem, "serve the certificate of the authority that clients know, for this name");
    },
  ],
  ["certificate", ({ end, now }) => (end === undefined ? undefined : lasts(end, now))],
  [
    "inner paths",
    ({ web }) => {
      if (!web) return undefined;
      return web.open.length === 0
        ? good(`${INNER.join(" and ")} are kept`)
        : unsafe(`${web.open.join(" and ")} answered`, "keep them at the proxy: deploy/nginx/tls.conf");
    },
  ],
  [
    "browsers",
    ({ web }) => {
      if (!web) return undefined;
      return web.strict
        ? good("are kept on TLS")
        : behind("no Strict-Transport-Security", "set it at the proxy: deploy/nginx/headers.conf");
    },
  ],
];

type Place = { host: string; port: number };

function seeCertificate({ host, port }: Place, ca: string[]): Promise<Pick<DoorSeen, "end" | "problem">> {
  return new Promise((resolve) => {
    // Only names are told to a server that has several certificates.
    const name = isIP(host) === 0 ? { servername: host } : {};
    const options = { host, port, ...name, ca, rejectUnauthorized: false, timeout: PATIENCE };
    const socket = connect(options, () => {
      const end = Date.parse(socket.getPeerCertificate().valid_to) / 1_000;
      const problem = socket.authorizationError as unknown;
      resolve({ end, problem: problem ? messageOf(problem) : undefined });
      socket.destroy();
    });
    const failed = (problem: string) => {
      resolve({ end: undefined, problem });
      socket.destroy();
    };
    socket.once("timeout", () => failed(`no answer within ${PATIENCE / 1_000} s`));
    socket.once("error", (error) => failed(messageOf(error)));
  });
}

type Answered = { shown: boolean; strict: boolean };

/** Whether figures are shown at `path`: the dApp answers every path with its page. */
function ask({ host, port }: Place, path: string): Promise<Answered> {
  return new Promise((resolve) => {
    const asking = request(
      { host, port, path, rejectUnauthorized: false, timeout: PATIENCE, agent: false },
      ({ statusCode, headers }) => {
        const shown = statusCode === 200 && /^text\/plain/.test(headers["content-type"] ?? "");
        resolve({ shown, strict: headers["strict-transport-security"] !== undefined });
        asking.destroy();
      },
    );
    asking.once("timeout", () => asking.destroy());
    asking.once("error", () => resolve({ shown: false, strict: false }));
    asking.end();
  });
}

/** @param authority whose certificates are taken beside those of the public ones, PEM */
export async function seeDoor(url: string, authority: string | undefined): Promise<DoorSeen> {
  const { hostname: host, port, protocol } = new URL(url);
  const isWeb = protocol === "https:";
  const place = { host, port: Number(port || (isWeb ? 443 : 8883)) };
  const ca = [...rootCertificates, ...(authority ? [authority] : [])];
  const seen = { ...(await seeCertificate(place, ca)), now: Date.now() / 1_000 };
  if (!isWeb || seen.end === undefined) return { ...seen, web: undefined };
  const answers = await Promise.all(INNER.map((path) => ask(place, path)));
  const open = INNER.filter((_, index) => answers[index]!.shown);
  const { strict } = await ask(place, "/");
  return { ...seen, web: { open, strict } };
}
