export { type Meter, useMeters, usePendingMeters } from "./data.ts";
export { LiveFlow } from "./live-flow.tsx";
export { useCalled } from "./use-called.ts";
