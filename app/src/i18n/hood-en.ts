import type { hoodId } from "./hood-id.ts";

/** English that only the neighbourhood's page says. */
export const hoodEn: { readonly [K in keyof typeof hoodId]: string } = {
  "hood.connect": "Choose an account to see your neighbourhood.",
  "hood.noMeter": "No home of yours yet",
  "hood.noMeterHint": "Once a meter is yours, it can share with the neighbours.",
  "hood.none": "There is no neighbourhood here yet",
  "hood.noneHint":
    "The operator sets one up with the utility. Your home then joins once, and what it has left over goes to neighbours automatically.",
  "hood.slots": "What just happened",
  "hood.running": "running until {time}",
  "hood.noSlot": "Nothing was shared yet",
  "hood.noSlotHint": "When the first period ends, what neighbours shared stands here, and why.",
  "hood.several": "Added up from {count} periods, at their average price.",
  "hood.chart": "What neighbours had left over and needed, and the price",
  "hood.surplus": "left over",
  "hood.need": "needed",
  "hood.price": "neighbours' price",
  "hood.plnSells": "PLN sells at {price}",
  "hood.plnBuys": "PLN buys at {price}",
  "hood.youSellFrom": "you: from {price}",
  "hood.youBuyUpTo": "you: up to {price} with the fee",
  "hood.earned": "earned",
  "hood.paid": "paid",
  "hood.better": "{amount} better than PLN alone",
  "hood.same": "as much as with PLN alone",
  "hood.worse": "{amount} less well than PLN alone",
  "hood.limits": "Your limits",
  "hood.terms":
    "PLN buys at {feedIn} and sells at {retail}. Between neighbours the price follows what is left over and what is needed; buyers pay the network {fee} on top.",
  "hood.termsKept":
    "PLN sells at {retail} and pays nothing for what you have left over: what no neighbour takes stays yours as energy. Between neighbours the price follows what is left over and what is needed; buyers pay the network {fee} on top.",
  "hood.sellFrom": "Sell from",
  "hood.buyUpTo": "Buy up to, with the fee",
  "hood.any": "any price no worse than PLN's",
  "hood.isWidest": "You share at any price that is no worse than PLN's.",
  "hood.isNarrow": "What does not fit your limits goes to PLN, or comes from it.",
  "hood.isNarrowKept": "What does not fit your limits stays yours as energy, or comes from PLN.",
  "hood.fillLimits": "Fill in both limits to see what they would have meant last week.",
  "hood.noWeek": "Nothing was shared in the last week, so there is nothing to compare with yet.",
  "hood.nothingKnown": "Nothing is on record yet for your home since {from}.",
  "hood.meant":
    "With these limits you would have shared in {shared} of {periods} periods since {from}: {sold} sold to and {bought} bought from neighbours, {better} better than PLN alone.",
  "hood.meantChart": "What these limits would have meant, period by period",
  "hood.meantHint":
    "Worked out from your meter and the neighbours', as if your home had been one of them and everybody had accepted the price.",
  "hood.soldTo": "sold to neighbours",
  "hood.boughtFrom": "bought from neighbours",
  "hood.changeLimits": "Change limits",
  "hood.saveLimits": "Save limits",
  "hood.quit": "Leave the neighbourhood",
  "hood.quitTitle": "{home} leaves the neighbourhood",
  "hood.quitMeans":
    "From the next reading on your home shares with nobody. What it has left over becomes energy in your trading balance, which you sell yourself in the Market or Nearby; what it draws has to be bought there.",
  "hood.quitBack": "To come back you need the registrar's permission again.",
  "hood.stay": "Stay",
  "hood.quitSubmit": "Leave",
  "hood.joinTitle": "Your home may join",
  "hood.joinWith": "Join with {home}",
  "hood.pointShare":
    "What your roof has left over goes to neighbours first, what you lack comes from them first.",
  "hood.pointRest":
    "PLN takes and gives the rest at its own prices: with these limits you are never worse off than with PLN alone.",
  "hood.pointAlone":
    "It runs by itself: you set two limits once, and can change them or leave at any time. To come back after leaving you need the registrar's permission.",
  "hood.firstReading": "Waiting for your meter's first reading. This takes about a minute.",
  "hood.layAside": "From your wallet to your trading balance",
  "hood.layAsideHint":
    "What your home draws is paid from the trading balance, and what it gives is paid into it. The money stays yours.",
  "hood.layingAside":
    "Moves {idrs} from your wallet to your trading balance. You can move it back at any time.",
  "hood.noMoney":
    "You have no rupiah to buy with yet. You can join now and pay in later; until then what you draw is owed.",
  "hood.accept": "Accept and join",
  "hood.outside": "{home} is not in the neighbourhood",
  "hood.outsideWhy":
    "Neighbours share by themselves what their roofs have left over, at prices between PLN's two.",
  "hood.outsideAsk":
    "Ask the registrar to admit {home}: it makes sure that your home is on the same part of the grid.",
  "hood.outsideThen": "Then come back here and join in one step.",
  "hood.wouldHave": "What it would have been worth",
  "hood.noSlotThen": "There is nothing on record for this day. Choose another one.",
  "hood.slotsOf": "What happened on {day}",
  "hood.lastDay": "The last 24 hours",
  "hood.dayBefore": "The day before",
  "hood.dayAfter": "The day after",
  "hood.each": "See {from} to {to} one by one",
  "hood.wholeDay": "Back to the whole day",
  "hood.buyers": "Bought by {names}.",
  "hood.buyersOfAll": "All sellers together sold {all}; it was bought by {names}.",
  "hood.sellersToAll": "All buyers together bought {all}; it came from {names}.",
  "hood.sellers": "It came from {names}.",
  "hood.otherHomes": "{count} other {count|home|homes}",
  "hood.joinOwes":
    "It owes {debt} from before. Sharing does not pay that off: repay it under Meters. Until it joins, what it draws beyond your own energy is added.",
  "hood.joinSoon": "Until it joins, what it draws beyond your own energy is owed.",
  "hood.neverSells":
    "Nothing is sold to neighbours at this limit: they never pay you more than {most}, which is PLN's {retail} less the network's {fee}.",
  "hood.neverBuys":
    "Nothing is bought from neighbours at this limit: with the network's {fee} they never cost less than {least}.",
  "hour.is": "In the last hour {what}.",
  "hour.toNeighbours": "{energy} to neighbours at {price}",
  "hour.fromNeighbours": "{energy} from neighbours at {price}",
  "hour.toUtility": "{energy} to PLN at {price}",
  "hour.fromUtility": "{energy} from PLN at {price}",
  "outlook.title": "The next day",
  "outlook.cheap":
    "Neighbours' energy is usually cheapest from {from} to {to}: mostly {price} or less, {paid} with the network fee. Wash and charge then.",
  "outlook.learning": "When neighbours' energy is cheapest is known after a week of sharing.",
  "outlook.chart": "What your home may have left over and need, and the price, hour by hour",
  "outlook.left": "likely left over",
  "outlook.needed": "likely needed",
  "outlook.unknown": "not known yet",
  "outlook.foot":
    "As the same hours of the last 14 days were; in brackets and grey, where eight of ten prices lay. It does not know the weather.",
  "slot.nothing": "Nobody in the neighbourhood had energy left over or needed any.",
  "slot.noSurplus": "Nobody had energy left over; neighbours needed {need}, which came from PLN.",
  "slot.noNeed": "Neighbours had {surplus} left over and nobody needed any, so it went to PLN.",
  "slot.noNeedKept":
    "Neighbours had {surplus} left over and nobody needed any. PLN pays nothing for it, so each home kept its own.",
  "slot.notShared":
    "Neighbours had {surplus} left over and needed {need}, but nobody shared at the price that this made.",
  "slot.shared": "Neighbours had {surplus} left over and needed {need}. They shared {shared} at {price}.",
  "price.lowest":
    "so much more was left over than needed that the price is at its lowest: the {low} that PLN pays.",
  "price.highest":
    "so much more was needed than left over that the price is at its highest: PLN's {retail} less the network fee of {fee}.",
  "price.nearLowest":
    "more was left over than needed, so the price lies nearer to its lowest, {low} (what PLN pays), than to its highest, {high} (what PLN asks, less the network fee).",
  "price.nearHighest":
    "more was needed than left over, so the price lies nearer to its highest, {high} (what PLN asks, less the network fee), than to its lowest, {low} (what PLN pays).",
  "price.middle":
    "about as much was left over as needed, so the price lies in the middle between {low} and {high}.",
  "price.ofRead": "Only homes whose meter was also read at the start count towards the price: {what}",
  "price.moved":
    "The price moved from {low} to {high}, as what was left over and needed changed from period to period.",
  "hood.limitsThen": "Your limits then: sell from {sellFrom}, buy up to {buyUpTo} with the fee.",
  "hood.limitsMoved": "You changed your limits in this time.",
  "hours.sold": "You sold {energy} to neighbours, at {price} on average.",
  "hours.bought": "You bought {energy} from neighbours, at {price} on average with the network fee.",
  "hours.toUtility": "{energy} went to PLN at {price}, {reasons}.",
  "hours.fromUtility": "{energy} came from PLN at {price}, {reasons}.",
  "hours.sold.rest": "because more was left over than neighbours needed",
  "hours.sold.limits": "because not everybody who needed energy bought at the neighbours' price",
  "hours.sold.nobody": "because no neighbour needed energy",
  "hours.sold.limit": "because neighbours paid less than your limit",
  "hours.sold.others": "because no neighbour bought at that price",
  "hours.sold.unread": "because your home's meter was not read at the start",
  "hours.bought.rest": "because neighbours needed more than was left over",
  "hours.bought.limits": "because not everybody who had some left over sold at the neighbours' price",
  "hours.bought.nobody": "because no neighbour had any left over",
  "hours.bought.limit": "because neighbours asked more than your limit",
  "hours.bought.others": "because no neighbour sold at that price",
  "hours.bought.unread": "because your home's meter was not read at the start",
};
