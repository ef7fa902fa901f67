import type { outsideId } from "./outside-id.ts";

/** English about the last hour of a home that shares with nobody. */
export const outsideEn: { readonly [K in keyof typeof outsideId]: string } = {
  "outside.counted": "In the last hour your home sent {exported} to the grid and drew {imported} from it.",
  "outside.countedAnd":
    "In the last hour your home sent {exported} to the grid and drew {imported} from it; {what}.",
  "outside.traded": "In the last hour {what}. What your meter counted in it is not booked yet.",
  "outside.unread": "Nothing that your meter counted in the last hour is booked yet.",
  "outside.bookSold": "you sold {energy} in the market for {idrs}, {price} on average",
  "outside.bookBought": "you bought {energy} in the market for {idrs}, {price} on average",
  "outside.buyer.taken": ", from {names}: the cheapest on offer then",
  "outside.buyer.waited": ", from {names}, who sold at the price of your order",
  "outside.buyer.both": ", from {names}: the cheapest on offer then, or at the price of your order",
  "outside.seller.taken": ", to {names}: who paid most then",
  "outside.seller.waited": ", to {names}, who bought at the price of your order",
  "outside.seller.both": ", to {names}: who paid most then, or at the price of your order",
  "outside.others": "{count} {count|other|others}",
  "outside.trades": "See these trades",
  "outside.offersSold": "you sold {energy} of your battery for {idrs}, {price} on average",
  "outside.offersBought": "you bought {energy} of neighbours' batteries for {idrs}, {price} on average",
  "outside.seller.offered": ", to {names}, who took your offer",
  "outside.buyer.offered": ", from {names}, at the price of the offer that you chose",
};
