/** `/auth`: sign-in with Ethereum (EIP-4361). A wallet's signature gives a session; its address gives the role. */

import { Problem } from "@enerlink/edge";
import { makeRoutes } from "@enerlink/edge/rest";
import { isAddressText, TYPED_ADDRESS } from "@enerlink/protocol";
import { z } from "@hono/zod-openapi";
import type { Address } from "viem";
import { type Accounts, owns, type Person } from "../auth/accounts.ts";
import { type ApiKey, MOST_KEYS } from "../auth/api-keys.ts";
import { UncheckedError } from "../auth/contract-signatures.ts";
import { type SignIn, SignInError } from "../auth/sign-in.ts";
import type { Mirror } from "../chain/mirror.ts";
import { time } from "../seams/time.ts";
import type { Acts } from "./acts.ts";
import type { Env } from "./env.ts";
import type { Guards } from "./guards.ts";
import { route } from "./routes.ts";
import * as schemas from "./schemas.ts";
import type { Session } from "./session.ts";

const TAG = "Sign-in";
/** Seconds after which to sign in again where the chain did not answer. */
const AGAIN = 5;

type Needs = {
  accounts: Pick<Accounts, "find" | "person" | "keys">;
  acts: Pick<Acts, "register" | "begin" | "end" | "makeKey" | "revokeKey" | "erase">;
  signIn: SignIn;
  session: Session;
  mirror: Pick<Mirror, "meters">;
  guards: Pick<Guards, "himself">;
};
type Routes = ReturnType<typeof makeRoutes<Env>>;
type Context = Parameters<Session["read"]>[0];

/** Signing in, and what is told of who has. */
function makeSigningIn({ accounts, acts, signIn, session, mirror }: Needs) {
  function profile(address: Address, { operator }: Pick<Person, "operator">) {
    const meters = mirror.meters().filter((meter) => owns(address, meter));
    const roles = [meters.length > 0 ? ("owner" as const) : [], operator ? ("operator" as const) : []].flat();
    return {
      address,
      name: accounts.find(address)?.name ?? "",
      roles,
      meters: meters.map(({ serial }) => serial),
    };
  }

  /** Checks a signed message against the nonce that this browser holds, and takes that nonce from it. */
  async function signer(context: Context, message: string, signature: string) {
    const bound = session.read(context, "nonce");
    session.clear(context, "nonce");
    try {
      return await signIn.verify(message, signature, bound);
    } catch (error) {
      if (error instanceof SignInError)
        throw new Problem(401, "Not signed in", `${error.field} ${error.message}`, [
          { field: error.field, message: error.message },
        ]);
      if (error instanceof UncheckedError) {
        context.header("retry-after", String(AGAIN));
        throw new Problem(503, "Not checked", `signature could not be checked: ${error.message}`);
      }
      throw error;
    }
  }

  async function begin(context: Context, address: Address, expiresAt: number) {
    const before = session.read(context, "session");
    if (before !== undefined) await acts.end(before);
    const token = await acts.begin(address, expiresAt);
    session.write(context, "session", token, expiresAt);
    return { ...profile(address, accounts.person(token)), expiresAt: new Date(expiresAt).toISOString() };
  }

  return { profile, signer, begin };
}
type SigningIn = ReturnType<typeof makeSigningIn>;

/** With a wallet's signature: of an account that is opened, or that there is. */
function addSignIn(routes: Routes, { accounts, acts }: Needs, { signer, begin }: SigningIn): void {
  routes.openapi(
    route(
      "post",
      "/register",
      TAG,
      "Open an account with a wallet's signature, and sign in",
      schemas.SignedIn,
      { body: schemas.SignedMessage.extend({ name: schemas.accountName }), cookies: true, may: [409, 503] },
      201,
    ),
    async (context) => {
      const { message, signature, name } = context.req.valid("json");
      const { address, expiresAt } = await signer(context, message, signature);
      if (!(await acts.register(address, name)))
        throw new Problem(409, "Registered", `${address} has an account: POST /api/v1/auth/login`);
      return context.json(await begin(context, address, expiresAt), 201);
    },
  );

  routes.openapi(
    route("post", "/login", TAG, "Sign in with a wallet's signature", schemas.SignedIn, {
      body: schemas.SignedMessage,
      cookies: true,
      may: [404, 503],
    }),
    async (context) => {
      const { message, signature } = context.req.valid("json");
      const { address, expiresAt } = await signer(context, message, signature);
      if (!accounts.find(address))
        throw new Problem(404, "Not registered", `${address} has no account: POST /api/v1/auth/register`);
      return context.json(await begin(context, address, expiresAt), 200);
    },
  );
}

const DAY = 86_400_000;

const shown = ({ createdAt, expiresAt, ...key }: ApiKey) => ({
  ...key,
  createdAt: new Date(createdAt).toISOString(),
  expiresAt: new Date(expiresAt).toISOString(),
});

/** Keys for an account's programs: made, listed and revoked by whoever has signed in. */
function addKeys(routes: Routes, { accounts, acts, guards: { himself } }: Needs): void {
  routes.openapi(
    route(
      "post",
      "/keys",
      TAG,
      "Make a key for a program; it is shown this once",
      schemas.NewKey,
      { body: schemas.KeyRequest, signedIn: true, secret: true, may: [409] },
      201,
    ),
    async (context) => {
      const address = himself(context.get("person"));
      const { name, scopes, days } = context.req.valid("json");
      const made = await acts.makeKey(address, { name, scopes, expiresAt: time.now() + days * DAY });
      if (!made) {
        const detail = `${address} has ${MOST_KEYS} keys, as many as it may: revoke one first`;
        throw new Problem(409, "Too many keys", detail);
      }
      context.header("cache-control", "no-store");
      return context.json({ ...shown(made.kept), key: made.key }, 201);
    },
  );

  routes.openapi(
    route("get", "/keys", TAG, "The account's keys", z.object({ items: z.array(schemas.Key) }), {
      signedIn: true,
    }),
    (context) => context.json({ items: accounts.keys.list(himself(context.get("person"))).map(shown) }, 200),
  );

  routes.openapi(
    route("delete", "/keys/{id}", TAG, "Revoke a key", schemas.Health, {
      params: z.object({ id: schemas.keyId }),
      signedIn: true,
      may: [404],
    }),
    async (context) => {
      const { id } = context.req.valid("param");
      if (!(await acts.revokeKey(himself(context.get("person")), id)))
        throw new Problem(404, "Not found", `There is no key ${id} of yours`);
      return context.json({ status: "ok" as const }, 200);
    },
  );
}

/** An account goes whenever its holder wants; the chain's records are nobody's to erase. */
function addErasure(routes: Routes, { acts, session, guards: { himself } }: Needs): void {
  routes.openapi(
    route(
      "delete",
      "/account",
      TAG,
      "Forget the account: its name, its sessions and its keys; what stands on the chain stays",
      schemas.Health,
      { signedIn: true, cookies: true },
    ),
    async (context) => {
      await acts.erase(himself(context.get("person")));
      session.clear(context, "session");
      return context.json({ status: "ok" as const }, 200);
    },
  );
}

export function makeAuthRoutes(needs: Needs) {
  const { accounts, acts, signIn, session } = needs;
  const routes = makeRoutes<Env>();
  const signingIn = makeSigningIn(needs);

  routes.openapi(
    route("get", "/nonce", TAG, "What to sign: a nonce for one sign-in of this browser", schemas.Challenge, {
      query: z.object({
        address: z
          .string()
          .refine(isAddressText, `must be ${TYPED_ADDRESS}`)
          .optional()
          .openapi({ description: "Whose account `registered` is about; nobody's unless given" }),
      }),
      cookies: true,
    }),
    (context) => {
      const { expiresAt, ...challenge } = signIn.challenge();
      const { address } = context.req.valid("query");
      session.write(context, "nonce", challenge.nonce, expiresAt);
      context.header("cache-control", "no-store");
      const registered = address === undefined ? null : accounts.find(address as Address) !== undefined;
      return context.json({ ...challenge, expiresAt: new Date(expiresAt).toISOString(), registered }, 200);
    },
  );

  addSignIn(routes, needs, signingIn);
  addKeys(routes, needs);
  addErasure(routes, needs);

  routes.openapi(route("get", "/me", TAG, "Who is signed in", schemas.Me), (context) => {
    const person = context.get("person");
    context.header("cache-control", "no-store");
    if (person.address === undefined)
      return context.json({ address: null, name: "", roles: [], meters: [] }, 200);
    return context.json(signingIn.profile(person.address, person), 200);
  });

  routes.openapi(
    route("post", "/logout", TAG, "End the session", schemas.Health, { cookies: true }),
    async (context) => {
      const token = session.read(context, "session");
      if (token !== undefined) await acts.end(token);
      session.clear(context, "session");
      return context.json({ status: "ok" as const }, 200);
    },
  );

  return routes;
}
