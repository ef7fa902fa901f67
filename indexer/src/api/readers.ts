/**
 * The connections that the API asks PostgreSQL with. Each asks one statement at a time, and that a `SELECT`: what
 * notifies, sets, copies or calls is a statement of its own. What they may read, and that they can write nothing, is
 * their role's matter (docs/production.md), which `powersOf` looks at.
 */
import { type Client, NonRetryableUserError, type ReaderPool } from "./ponder.ts";

/** What PostgreSQL would refuse as often as it is asked; the message is for whoever asked. */
export class Unanswerable extends NonRetryableUserError {
  constructor(message: string) {
    super(message);
    // Ponder's errors make themselves ones of their own class.
    Object.setPrototypeOf(this, Unanswerable.prototype);
  }
}

/** Errors of PostgreSQL that the same question meets again: bad data, bad SQL, too large, took too long. */
const FINAL = /^(22|42|54|57014)/;
const TOOK_TOO_LONG = "57014";
const BAD_SQL = /^42/;

const READS = /^[\s(]*(select|with)\b/i;

/** Ponder lets each sort of each connection take 512 MB. */
const SORT_MEMORY = "16MB";

type Limits = {
  /** The reading role's connection; Ponder's own unless given. */
  url: string | undefined;
  /** How long one question may take. */
  milliseconds: number;
};

/** Makes `pool`, which must not have connected yet, one of readers. */
export function limitReaders({ options }: ReaderPool, { url, milliseconds }: Limits): void {
  if (url !== undefined) options.connectionString = url;
  options.statement_timeout = milliseconds;
  options.onConnect = async (client) => {
    await client.query(...([`SET work_mem = '${SORT_MEMORY}'`] as never[]));
    guard(client, milliseconds);
  };
}

type Asked = string | { text: string; values?: unknown };
type Answered = (error: unknown, ...rest: unknown[]) => void;

function guard(client: Client, milliseconds: number): void {
  const ask = client.query.bind(client) as (...given: unknown[]) => unknown;
  client.query = (asked: Asked, ...given: unknown[]) => {
    const question = typeof asked === "string" ? { text: asked } : asked;
    if (!READS.test(question.text)) throw new NonRetryableUserError("The API only reads");
    // The extended protocol takes one statement; the simple one would take any number.
    const single = { ...question, queryMode: "extended" };
    const callback = given.at(-1);
    if (typeof callback === "function") {
      const answer: Answered = (error, ...rest) => callback(error && final(error, milliseconds), ...rest);
      return ask(single, ...given.slice(0, -1), answer);
    }
    return (ask(single, ...given) as Promise<unknown>).catch((error) => {
      throw final(error, milliseconds);
    });
  };
}

function final(error: unknown, milliseconds: number): unknown {
  const { code = "", message = code } = error as { code?: string; message?: string };
  if (!FINAL.test(code)) return error;
  if (code === TOOK_TOO_LONG)
    return new Unanswerable(`The question took longer than ${milliseconds / 1_000} s: ask for less`);
  return BAD_SQL.test(code)
    ? new NonRetryableUserError(message)
    : new Unanswerable(`The question holds a value that is none: ${message}`);
}

/** Each row names one thing that a reading role must not be able to do. */
const POWERS = `
  WITH self AS (SELECT * FROM pg_roles WHERE rolname = current_user),
  own AS (SELECT oid FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)')
  SELECT 'is a superuser' AS power FROM self WHERE rolsuper
  UNION ALL SELECT 'may make roles, databases or replicas' FROM self
    WHERE rolcreaterole OR rolcreatedb OR rolreplication
  UNION ALL SELECT 'is a member of ' || r.rolname FROM self, pg_roles r
    WHERE NOT self.rolsuper AND r.rolname <> self.rolname AND r.rolname <> 'pg_read_all_data'
      AND pg_has_role(self.oid, r.oid, 'MEMBER')
  UNION ALL SELECT 'may create schemas or temporary tables' FROM self
    WHERE has_database_privilege(current_database(), 'CREATE, TEMPORARY')
  UNION ALL SELECT 'may create tables in ' || n.nspname FROM pg_namespace n JOIN own USING (oid)
    WHERE has_schema_privilege(n.oid, 'CREATE')
  UNION ALL SELECT 'may write to ' || min(c.oid::regclass::text) FROM pg_class c JOIN own ON own.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v') AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
    HAVING count(*) > 0`;

/** What the readers' role may do beyond reading, in words; nothing where it is as it should be. */
export async function powersOf(pool: ReaderPool): Promise<string[]> {
  const { rows } = await pool.query(POWERS);
  return rows.map(({ power }) => String(power));
}
