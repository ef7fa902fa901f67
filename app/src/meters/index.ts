export { type Meter, useMeters, usePendingMeters } from "./data.ts";
export { LiveFlow } from "./live-flow.tsx";
