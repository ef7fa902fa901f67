export { type Meter, type Settlement, useMeters, useSettlementsSince } from "./data.ts";
export { MetersPage } from "./meters-page.tsx";
