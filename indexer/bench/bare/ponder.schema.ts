import { onchainTable } from "ponder";

export const happened = onchainTable("happened", (t) => ({
  id: t.text().primaryKey(),
  name: t.text().notNull(),
}));
