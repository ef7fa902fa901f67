export { type Meter, useMeters } from "./data.ts";
export { LiveFlow } from "./live-flow.tsx";
