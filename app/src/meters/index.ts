export { type Meter, useIsUnpaid, useMeters, usePendingMeters } from "./data.ts";
export { LiveFlow } from "./live-flow.tsx";
export { useCalled, useCalledWithin } from "./use-called.ts";
