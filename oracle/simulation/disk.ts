/**
 * A member's disk: one store in memory for all lives of this thread. What happens to it in a life is one transaction, which
 * is taken back before the next; what a process does after it was killed is taken back before the next one starts.
 */
import type { Database, Statement } from "better-sqlite3";
import { openMemory } from "../src/store/database.ts";

/**
 * Has `database` hand out what it prepared for one process to the next, in the same order: a fourth of a life went into
 * preparing. @returns what says that the last process is over
 */
function prepareOnce(database: Database): () => void {
  const prepare = database.prepare.bind(database);
  const made = new Map<string, Statement[]>();
  let taken = new Map<string, number>();
  database.prepare = ((sql: string) => {
    const place = taken.get(sql) ?? 0;
    taken.set(sql, place + 1);
    const statements = made.get(sql) ?? [];
    made.set(sql, statements);
    const known = statements[place];
    // As it is when it is new.
    if (known) return known.reader ? known.pluck(false) : known;
    const statement = prepare(sql);
    statements.push(statement);
    return statement;
  }) as Database["prepare"];
  return () => {
    taken = new Map();
  };
}

export type Disk = ReturnType<typeof makeDisk>;

export function makeDisk() {
  const database = openMemory();
  database.pragma("foreign_keys = ON");
  const processIsOver = prepareOnce(database);
  /** States that it may be put back to, the oldest first. */
  let marks: string[] = [];
  let isStopped = false;

  function stop(): void {
    isStopped = true;
    database.exec("SAVEPOINT stopped");
  }

  function goOn(): void {
    isStopped = false;
    database.exec("ROLLBACK TO stopped; RELEASE stopped");
  }

  return {
    database,
    /** A life begins: it is blank. */
    begin: (): void => {
      if (database.inTransaction) database.exec("ROLLBACK");
      database.exec("BEGIN");
      [marks, isStopped] = [[], false];
    },
    /** Its process was killed: what that does from now on never came to the disk. */
    stop,
    /** A process starts on it, as it was when the last one was killed, or at `mark` where that state is still known. */
    start: (mark: string | undefined): void => {
      processIsOver();
      if (!isStopped) return;
      goOn();
      if (mark === undefined || !marks.includes(mark)) return;
      marks = marks.slice(0, marks.indexOf(mark) + 1);
      database.exec(`ROLLBACK TO ${mark}`);
    },
    /** Remembers it as it is now. */
    mark: (): string => {
      const mark = `mark${marks.length}`;
      marks.push(mark);
      const wasStopped = isStopped;
      if (wasStopped) goOn();
      database.exec(`SAVEPOINT ${mark}`);
      if (wasStopped) stop();
      return mark;
    },
  };
}
