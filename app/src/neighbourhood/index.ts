export { useLastShare } from "./last-share.ts";
