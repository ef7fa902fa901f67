import {
  createSortedRowModel,
  rowSortingFeature,
  sortFn_basic,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useI18n } from "../i18n/index.ts";
import { Button } from "./button.tsx";
import { classes } from "./classes.ts";
import { SelectField } from "./field.tsx";
import { useWide } from "./use-wide.ts";

export type Column<Row> = {
  /** Names the column, also towards the others. */
  head: string;
  /** Needs no head to be understood, such as a button; only screen readers are told. */
  selfExplaining?: boolean;
  cell: (row: Row) => ReactNode;
  /** What the rows are put in order by when the head is pressed; a column without it cannot be. */
  sortBy?: (row: Row) => bigint | number | string;
  /** Numbers stand right-aligned under each other. */
  numeric?: boolean;
  /** The head of the card on a phone: stands first, without its label. */
  title?: boolean;
};

/** Cards on a phone before the rest is asked for. */
const CARDS = 8;

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });

const ariaSort = { asc: "ascending", desc: "descending" } as const;
const arrows = { asc: ArrowUp, desc: ArrowDown } as const;

type Props<Row> = {
  label: string;
  /** In their usual order, which stands until the reader asks for another. */
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
  empty: ReactNode;
  /** As many rows are asked for: where there are so many, there may be older ones, and that is said. */
  latest?: number | undefined;
};

/** A long list: a table with a sticky head where there is room, cards on a phone. */
export function Records<Row extends object>({ latest, ...list }: Props<Row>) {
  const { t } = useI18n();
  return (
    <>
      <Rows {...list} />
      {latest !== undefined && list.rows.length >= latest && (
        <p className="mt-3 text-sm text-muted">{t("common.latest", { count: latest })}</p>
      )}
    </>
  );
}

function Rows<Row extends object>({ label, rows, columns, keyOf, empty }: Omit<Props<Row>, "latest">) {
  const wide = useWide();
  const table = useTable({
    features,
    data: rows,
    getRowId: keyOf,
    columns: columns.map(({ head, sortBy }) => ({
      id: head,
      header: head,
      sortFn: sortFn_basic,
      ...(sortBy ? { accessorFn: sortBy } : {}),
    })),
  });
  const shown = table.getRowModel().rows.map(({ original }) => original);
  const sorting = table.state.sorting[0];
  if (rows.length === 0) return empty;
  if (!wide)
    return (
      <Cards
        {...{ label, columns, keyOf }}
        rows={shown}
        sorting={sorting}
        onSort={(next) => table.setSorting(next ? [next] : [])}
      />
    );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section aria-label={label} tabIndex={0} className="max-h-[60dvh] overflow-auto">
      <table aria-label={label} className="w-full text-sm">
        <thead className="sticky top-0 z-10 bg-surface">
          <tr className="border-b text-left text-muted">
            {columns.map(({ head, selfExplaining, sortBy, numeric }) => {
              const direction = sorting?.id === head && (sorting.desc ? "desc" : "asc");
              const Arrow = direction ? arrows[direction] : ChevronsUpDown;
              return (
                <th
                  key={head}
                  scope="col"
                  aria-sort={sortBy && (direction ? ariaSort[direction] : "none")}
                  className={classes("px-2 py-1 font-medium first:pl-0 last:pr-0", numeric && "text-right")}
                >
                  {sortBy ? (
                    <button
                      type="button"
                      onClick={() => table.getColumn(head)?.toggleSorting()}
                      className={classes(
                        "inline-flex min-h-6 items-center gap-1 hover:text-text",
                        numeric && "flex-row-reverse",
                        direction && "text-text",
                      )}
                    >
                      {head}
                      <Arrow aria-hidden className={classes("size-3.5", !direction && "opacity-60")} />
                    </button>
                  ) : (
                    <span className={selfExplaining ? "sr-only" : undefined}>{head}</span>
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody className="divide-y">
          {shown.map((row) => (
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

type Sorting = { id: string; desc: boolean };

/** The same rows on a phone; what does not fit on one screen can be put in another order. */
function Cards<Row>({
  label,
  rows,
  columns,
  keyOf,
  sorting,
  onSort,
}: Omit<Props<Row>, "empty" | "latest"> & {
  sorting: Sorting | undefined;
  onSort: (sorting: Sorting | undefined) => void;
}) {
  const { t } = useI18n();
  const [all, setAll] = useState(false);
  const orders = columns.flatMap(({ head, sortBy }) =>
    sortBy
      ? [
          {
            value: `desc ${head}`,
            label: t("common.descending", { head }),
            sorting: { id: head, desc: true },
          },
          {
            value: `asc ${head}`,
            label: t("common.ascending", { head }),
            sorting: { id: head, desc: false },
          },
        ]
      : [],
  );
  return (
    <>
      {rows.length > CARDS && orders.length > 0 && (
        <div className="mb-3">
          <SelectField
            label={t("nearby.order")}
            value={sorting ? `${sorting.desc ? "desc" : "asc"} ${sorting.id}` : ""}
            onChange={({ target }) => onSort(orders.find(({ value }) => value === target.value)?.sorting)}
            options={[{ value: "", label: t("common.usualOrder") }, ...orders]}
          />
        </div>
      )}
      <ul aria-label={label} className="divide-y">
        {(all ? rows : rows.slice(0, CARDS)).map((row) => (
          <li key={keyOf(row)} className="py-3 text-sm first:pt-0 last:pb-0">
            {columns.map(({ head, selfExplaining, cell, title }) =>
              title ? (
                <div key={head} className="mb-1 font-medium">
                  {cell(row)}
                </div>
              ) : (
                <div key={head} className="flex min-h-6 flex-wrap items-center justify-between gap-x-3">
                  <span className="text-muted">{!selfExplaining && head}</span>
                  <span className="number ml-auto text-right">{cell(row)}</span>
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
}
