export { type Meter, type Settlement, useMeters, useSettlementsSince } from "./data.ts";
export { LiveFlow } from "./live-flow.tsx";
