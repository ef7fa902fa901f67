/** Whether long tests run in their whole form, as `pnpm test:deep` has them, or in the short one that every change passes. */
export const whole = process.env.ENERLINK_WHOLE === "true";
