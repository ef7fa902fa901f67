import type { I18n } from "../i18n/index.ts";
import type { OpenOrder } from "./data.ts";

/** What taking an order back is called. */
export const cancelWords = (
  { openWh, tick }: Pick<OpenOrder, "openWh" | "tick">,
  { t, format }: Pick<I18n, "t" | "format">,
): string => t("orders.cancelThis", { energy: format.exactEnergy(openWh), price: format.tickPrice(tick) });
