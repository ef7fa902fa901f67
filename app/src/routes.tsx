/** The places of the dApp. Each page is loaded when it is first opened, by itself: an `index.ts` holds what others use. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { z } from "zod/mini";
import { Broken, Fetching, Layout, NotFound } from "./shell/index.ts";
import { parseAddress, untilLoaded, writeAddress } from "./ui/index.ts";

const root = createRootRoute({ component: Layout });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => untilLoaded(() => import("./home/index.ts")), "HomePage"),
});
/** A link into the market may say what to trade, so that "Sell 3.2 kWh" elsewhere opens a filled ticket. */
const market = createRoute({
  getParentRoute: () => root,
  path: "/market",
  component: lazyRouteComponent(() => untilLoaded(() => import("./market/market-page.tsx")), "MarketPage"),
  // Beside that the address says which list, interval and sheet are shown.
  validateSearch: z.looseObject({
    side: z.catch(z.optional(z.enum(["buy", "sell"])), undefined),
    // Whatever stands there: the page says what it makes of it.
    wh: z.catch(z.optional(z.union([z.string(), z.number()])), undefined),
    tick: z.catch(z.optional(z.union([z.string(), z.number()])), undefined),
  }),
});
const neighbourhood = createRoute({
  getParentRoute: () => root,
  path: "/neighbourhood",
  component: lazyRouteComponent(
    () => untilLoaded(() => import("./neighbourhood/neighbourhood-page.tsx")),
    "NeighbourhoodPage",
  ),
});
const nearby = createRoute({
  getParentRoute: () => root,
  path: "/nearby",
  component: lazyRouteComponent(() => untilLoaded(() => import("./nearby/index.ts")), "NearbyPage"),
});
const meters = createRoute({
  getParentRoute: () => root,
  path: "/meters",
  component: lazyRouteComponent(() => untilLoaded(() => import("./meters/meters-page.tsx")), "MetersPage"),
});
const money = createRoute({
  getParentRoute: () => root,
  path: "/money",
  component: lazyRouteComponent(() => untilLoaded(() => import("./money/money-page.tsx")), "MoneyPage"),
});
/** What it was called before: links and bookmarks of that time lead on. */
const wallet = createRoute({
  getParentRoute: () => root,
  path: "/wallet",
  beforeLoad: () => {
    throw redirect({ to: "/money", replace: true });
  },
});
const account = createRoute({
  getParentRoute: () => root,
  path: "/account",
  component: lazyRouteComponent(() => untilLoaded(() => import("./account/account-page.tsx")), "AccountPage"),
});
const statistics = createRoute({
  getParentRoute: () => root,
  path: "/statistics",
  component: lazyRouteComponent(() => untilLoaded(() => import("./statistics/index.ts")), "StatisticsPage"),
});
const notifications = createRoute({
  getParentRoute: () => root,
  path: "/notifications",
  component: lazyRouteComponent(
    () => untilLoaded(() => import("./notifications/notifications-page.tsx")),
    "NotificationsPage",
  ),
});
const more = createRoute({
  getParentRoute: () => root,
  path: "/more",
  component: lazyRouteComponent(() => untilLoaded(() => import("./shell/more-page.tsx")), "MorePage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    neighbourhood,
    market,
    nearby,
    meters,
    money,
    wallet,
    statistics,
    notifications,
    account,
    more,
  ]),
  defaultPreload: "intent",
  parseSearch: parseAddress,
  stringifySearch: writeAddress,
  defaultPendingComponent: Fetching,
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: Broken,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
