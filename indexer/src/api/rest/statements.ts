/** `/statements`: what an account sold and bought, of whom and for how much. */
import { answerCsv, makeRoutes, tableOf } from "@enerlink/edge/rest";
import { z } from "@hono/zod-openapi";
import { rangeOf } from "../questions/meter-energy.ts";
import { STATEMENT_DAYS, statementSpans } from "../questions/periods.ts";
import { statement } from "../questions/statement.ts";
import { route } from "./routes.ts";
import * as schemas from "./schemas.ts";
import { statementOf } from "./slot-format.ts";
import { StatementPeriod } from "./slot-schemas.ts";

export const statements = makeRoutes();

statements.openapi(
  route(
    "get",
    "/{account}",
    "Statements",
    "What an account sold and bought by periods of the calendar, oldest first: of neighbours, utility, offers and the book, with what the utility alone would have cost. A slot counts in the period in which it begins. CSV has a line for each period, of all its meters together",
    z.object({ items: z.array(StatementPeriod) }),
    {
      params: z.object({ account: schemas.address }),
      query: z.object(schemas.periods(statementSpans, "30 days before `to`")),
      csv: true,
    },
  ),
  async (context) => {
    const { groupBy, format, ...asked } = context.req.valid("query");
    const { account } = context.req.valid("param");
    const found = await statement(account, await rangeOf(asked, STATEMENT_DAYS), groupBy);
    const items = found.map(statementOf);
    return format === "csv"
      ? answerCsv(context, `statement-${account}`, tableOf(StatementPeriod, items))
      : context.json({ items }, 200);
  },
);
