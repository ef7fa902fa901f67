export { type Meter, type Settlement, useMeters, useSettlementsSince } from "./data.ts";
export { LiveFlow } from "./live-flow.tsx";
export { MetersPage } from "./meters-page.tsx";
