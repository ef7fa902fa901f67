import type { metersId } from "./meters-id.ts";

/** English that only the meters' page says. */
export const metersEn: { readonly [K in keyof typeof metersId]: string } = {
  "meters.details": "Details",
  "meters.rating": "Connection",
  "meters.ratingValue": "out {export}, in {import}",
  "meters.signed": "Its readings are signed",
  "meters.signed.A": "by the meter itself",
  "meters.signed.B": "by the device that reads it",
  "meters.signed.C": "by nobody",
  "meters.mayOwe": "May owe up to",
  "meters.period": "Counting period",
  "meters.dearer":
    "At today's offers that is about {price}, which is {more} above PLN's {retail}. It may wait: no interest is charged.",
  "meters.proven.title": "On record, not settled yet",
  "meters.proven.why":
    "Your meter's reading of {time} is on record on the network. All meters are settled together later. If you want its tokens or money sooner, settle it now.",
  "meters.proven.counts": "Since the last settlement: {export} out, {import} in.",
  "meters.proven.settle": "Settle it now",
};
