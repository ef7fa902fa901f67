import { type ReactNode, useState } from "react";
import { useI18n } from "../i18n/index.ts";
import { Button } from "./button.tsx";
import { classes } from "./classes.ts";
import { useWide } from "./use-wide.ts";

export type Column<Row> = {
  head: string;
  /** Needs no head to be understood, such as a button; only screen readers are told. */
  selfExplaining?: boolean;
  cell: (row: Row) => ReactNode;
  /** Numbers stand right-aligned under each other. */
  numeric?: boolean;
  /** The head of the card on a phone: stands first, without its label. */
  title?: boolean;
};

/** Cards on a phone before the rest is asked for. */
const CARDS = 8;

type Props<Row> = {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
  empty: ReactNode;
};

/** A long list: a table with a sticky head where there is room, cards on a phone. */
export function Records<Row>({ label, rows, columns, keyOf, empty }: Props<Row>) {
  const { t } = useI18n();
  const wide = useWide();
  const [all, setAll] = useState(false);
  if (rows.length === 0) return empty;
  if (!wide)
    return (
      <>
        <ul aria-label={label} className="divide-y">
          {(all ? rows : rows.slice(0, CARDS)).map((row) => (
            <li key={keyOf(row)} className="py-3 text-sm first:pt-0 last:pb-0">
              {columns.map(({ head, selfExplaining, cell, title }) =>
                title ? (
                  <div key={head} className="mb-1 font-medium">
                    {cell(row)}
                  </div>
                ) : (
                  <div key={head} className="flex min-h-6 items-center justify-between gap-3">
                    <span className="text-muted">{!selfExplaining && head}</span>
                    <span className="number text-right">{cell(row)}</span>
                  </div>
                ),
              )}
            </li>
          ))}
        </ul>
        {!all && rows.length > CARDS && (
          <Button className="mt-3 w-full" onClick={() => setAll(true)}>
            {t("common.showAll", { count: rows.length })}
          </Button>
        )}
      </>
    );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section aria-label={label} tabIndex={0} className="max-h-[60dvh] overflow-auto">
      <table aria-label={label} className="w-full text-sm">
        <thead className="sticky top-0 z-10 bg-surface">
          <tr className="border-b text-left text-muted">
            {columns.map(({ head, selfExplaining, numeric }) => (
              <th
                key={head}
                scope="col"
                className={classes("px-2 py-2 font-medium first:pl-0 last:pr-0", numeric && "text-right")}
              >
                {selfExplaining ? <span className="sr-only">{head}</span> : head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y">
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ head, cell, numeric }) => (
                <td
                  key={head}
                  className={classes("px-2 py-2 first:pl-0 last:pr-0", numeric && "number text-right")}
                >
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
