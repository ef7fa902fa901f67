// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

enum Side {
    Bid,
    Ask
}

/// @dev GTC rests what is not filled; IOC returns it; FOK fills all or reverts; PostOnly rests all or reverts.
enum TimeInForce {
    GTC,
    IOC,
    FOK,
    PostOnly
}

/// @title Trading balances
/// @notice Energy in Wh (ETK base units), money in IDRS base units; cost = Wh x price, without rounding.
interface IAccounts {
    /// @notice Tokens came in to the balance of `account`, pulls by orders and requests included.
    event Deposited(address indexed account, uint128 energyWh, uint128 idrs);
    event Withdrawn(address indexed account, uint128 energyWh, uint128 idrs);
    /// @notice The converter burned free energy for metered import.
    event EnergyDrawn(address indexed account, uint128 energyWh);
    /// @notice The converter minted metered export into a free balance.
    event EnergyCredited(address indexed account, uint128 energyWh);
    /// @notice `owner` got its first balance; modules name it by `number` from then on.
    event AccountOpened(address indexed owner, uint32 number);

    error NothingToMove();
    error ZeroAccount();
    error InsufficientBalance(address account, uint256 energyWh, uint256 idrs);
    error UnsupportedToken(address token);
    error OnlyConverter(address caller);
    error BalanceOverflow(address account);
    error TooManyAccounts();

    /// @notice Move tokens from the wallet to the trading balance; needs allowances.
    /// @dev Reverts with `NothingToMove`, `TooManyAccounts`, `BalanceOverflow` when the market would hold 2^128 units
    ///      of a token, or the token's error where balance or allowance are short.
    function deposit(uint128 energyWh, uint128 idrs) external;
    /// @notice Move tokens from the caller's wallet to the trading balance of `account`, which alone may then use them;
    ///         needs the caller's allowances.
    /// @dev Reverts with `ZeroAccount`, or as `deposit` does.
    function depositFor(address account, uint128 energyWh, uint128 idrs) external;
    /// @notice Move free balance to the wallet. Works while paused.
    /// @dev Reverts with `NothingToMove` or `InsufficientBalance`.
    function withdraw(uint128 energyWh, uint128 idrs) external;
    /// @notice What `account` may place, promise or withdraw: not in orders, not in escrow.
    function tradingBalance(address account) external view returns (uint128 energyWh, uint128 idrs);
    /// @notice Several calls of the sender in one transaction; reverts with the first error.
    function multicall(bytes[] calldata calls) external returns (bytes[] memory);
    /// @notice ERC-2612 permit of the sender for this contract; does nothing when it was already used.
    /// @dev Reverts with `UnsupportedToken`, or the token's error (`ERC2612ExpiredSignature`, `ERC2612InvalidSigner`)
    ///      unless the allowance is there anyway.
    function permit(address token, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
    /// @notice Take up to `wattHours` of free energy for a burn. The converter only.
    /// @dev Reverts with `OnlyConverter`.
    /// @return drawnWh What was there
    function drawEnergy(address account, uint256 wattHours) external returns (uint256 drawnWh);
    /// @notice Put energy that was just minted to this contract into a free balance. The converter only.
    /// @dev Reverts with `OnlyConverter` or `TooManyAccounts`.
    function creditEnergy(address account, uint128 wattHours) external;
}

/// @title Other contracts that move these balances, each only those of accounts that authorised it
/// @notice An entry is one word, highest bits first: account number 32 | IDRS base units 128 | Wh 96.
interface IModules {
    event ModuleAuthorized(address indexed account, address indexed module, bool allowed);
    /// @notice These amounts went into the module's own balance.
    event Taken(address indexed module, uint256[] entries);
    /// @notice These amounts came out of the giver's own balance.
    event Given(address indexed giver, uint256[] entries);

    error ZeroModule();
    error UnknownAccount(uint32 number);

    /// @notice Let `module` take from the caller's free balance from now on, or no longer.
    /// @dev Reverts with `ZeroModule` or `TooManyAccounts`.
    function authorizeModule(address module, bool allowed) external;
    /// @notice Take from accounts that authorised the caller what is wanted of each, as far as its free balance goes.
    /// @param entries What is wanted
    /// @return taken The same accounts with what came; nothing of one that did not authorise the caller
    function take(uint256[] calldata entries) external returns (uint256[] memory taken);
    /// @notice Give from the caller's own free balance.
    /// @dev Reverts with `UnknownAccount`, or `InsufficientBalance` when all of it together is more than there is.
    function give(uint256[] calldata entries) external;
    /// @notice The number of `owner`'s account, 0 when there is none, and whether it authorised `module`.
    function accountOf(address owner, address module) external view returns (uint32 number, bool authorized);
}

/// @title The ETK/IDRS order book
/// @notice tick = whole IDR per kWh; order id = side | tick 16 | epoch 32 | index 32.
interface IOrderBook {
    struct Level {
        uint16 tick;
        uint64 wattHours;
    }

    /// @param wattHours What rests
    event OrderPlaced(uint256 indexed orderId, address indexed owner, uint32 wattHours);
    /// @param wattHours What was returned
    event OrderCancelled(uint256 indexed orderId, address indexed owner, uint32 wattHours);
    /// @notice `makerOrderId` was filled at its own tick; its owner is whoever placed it.
    event OrderFilled(uint256 indexed makerOrderId, address indexed taker, uint32 wattHours);

    error BookPaused();
    error InvalidTick(uint16 tick);
    error OrderTooSmall(uint32 wattHours, uint32 minimumWh);
    error FillOrKillUnfilled(uint32 wattHours, uint32 fillableWh);
    error PostOnlyWouldCross(uint16 tick, uint16 bestOpposite);
    error InvalidOrderId(uint256 orderId);
    error OrderNotOpen(uint256 orderId);
    error NotOrderOwner(uint256 orderId, address caller);
    error LevelFull(Side side, uint16 tick);

    /// @notice Place an order: fills against the other side by price, then time, at the makers' prices; the rest as
    ///         `timeInForce` says. Pulls from the wallet what the trading balance lacks.
    /// @param tick Limit, whole IDR per kWh, 1 to 65,535
    /// @param wattHours At least 100
    /// @param maxSteps Most fills and cancelled entries to walk; 0 only rests, and only if nothing crosses
    /// @dev Reverts with `BookPaused`, `InvalidTick` for 0, `OrderTooSmall`, `FillOrKillUnfilled`,
    ///      `PostOnlyWouldCross`, `LevelFull` after 2^32 - 1 orders or emptyings of a price, or as `deposit` does where
    ///      it pulls.
    /// @return orderId What rests, 0 when nothing does
    /// @return filledWh What was traded at once
    function placeOrder(
        Side side,
        uint16 tick,
        uint32 wattHours,
        TimeInForce timeInForce,
        uint16 maxSteps
    ) external returns (uint256 orderId, uint32 filledWh);
    /// @notice Take an own order back into the trading balance. Works while paused.
    /// @dev Reverts with `InvalidOrderId` (bits above the 81 of an id), `OrderNotOpen` or `NotOrderOwner`.
    /// @return returnedWh What was open
    function cancelOrder(uint256 orderId) external returns (uint32 returnedWh);
    /// @notice Best tick of a side, 0 when empty.
    function bestPrice(Side side) external view returns (uint16 tick);
    /// @notice The best `levels` price levels of a side, best first.
    function depth(Side side, uint256 levels) external view returns (Level[] memory);
    /// @notice What is open of an order; `openWh` 0 and owner zero when filled, cancelled or never placed.
    /// @dev Reverts with `InvalidOrderId`.
    function openOrder(
        uint256 orderId
    ) external view returns (address owner, Side side, uint16 tick, uint32 openWh);
}

/// @title Located, negotiated offers of stored energy
/// @notice price = milli-IDR per kWh = IDRS base units per Wh.
interface IOfferBoard {
    enum OfferStatus {
        None,
        Active,
        Completed,
        Cancelled,
        Expired
    }

    enum TradeStatus {
        None,
        Pending,
        Accepted,
        Rejected,
        Cancelled,
        Lapsed,
        Completed,
        Expired
    }

    struct Offer {
        address seller;
        bytes32 batteryId;
        uint32 remainingWh;
        uint40 price;
        uint64 h3Cell;
        uint40 availableFrom;
        uint40 availableTo;
        OfferStatus status;
    }

    /// @param answerBy Until when the seller may accept, unix seconds; meaningful while pending
    /// @param deliverBy Until when delivery is paid, unix seconds, pauses and outages included
    struct Trade {
        uint256 offerId;
        address buyer;
        address seller;
        uint32 wattHours;
        uint32 deliveredWh;
        uint40 price;
        uint40 availableFrom;
        uint40 availableTo;
        uint40 answerBy;
        uint40 deliverBy;
        TradeStatus status;
    }

    /// @notice What the chain saw of an account. A trade counts when it is completed or expired, not while it is open.
    /// @param promisedWh Accepted as a seller, Wh
    /// @param deliveredWh Delivered of that, Wh
    /// @param ratings How many ratings were received
    /// @param stars Their sum
    struct Reputation {
        uint64 promisedWh;
        uint64 deliveredWh;
        uint32 ratings;
        uint32 stars;
    }

    event OfferCreated(
        uint256 indexed offerId,
        address indexed seller,
        bytes32 indexed batteryId,
        uint32 wattHours,
        uint40 price,
        uint64 h3Cell,
        uint40 availableFrom,
        uint40 availableTo
    );
    event OfferUpdated(uint256 indexed offerId, uint32 remainingWh, uint40 price, uint40 availableTo);
    event OfferCancelled(uint256 indexed offerId);
    /// @notice Everything offered was sold and delivered.
    event OfferCompleted(uint256 indexed offerId);
    /// @notice What the offer still held was released: its time was over.
    event OfferExpired(uint256 indexed offerId);
    event TradeRequested(
        uint256 indexed tradeId,
        uint256 indexed offerId,
        address indexed buyer,
        uint32 wattHours,
        uint40 price
    );
    event TradeAccepted(uint256 indexed tradeId);
    event TradeRejected(uint256 indexed tradeId);
    event TradeCancelled(uint256 indexed tradeId);
    event TradeLapsed(uint256 indexed tradeId);
    /// @notice `wattHours` of a settled report were counted for an accepted trade: they can be handed over.
    event TradeMetered(uint256 indexed tradeId, uint32 wattHours);
    event TradeDelivered(uint256 indexed tradeId, address indexed caller, uint32 wattHours);
    event TradeCompleted(uint256 indexed tradeId);
    /// @param undeliveredWh Refunded to the buyer
    event TradeExpired(uint256 indexed tradeId, uint32 undeliveredWh);
    event TradeRated(uint256 indexed tradeId, address indexed rater, address indexed rated, uint8 stars);
    event MinimumPriceChanged(uint40 price);
    /// @notice No reporter settles any more, or one does again.
    event SettlementStopped(bool stopped);

    error BoardPaused();
    error UnknownOffer(uint256 offerId);
    error UnknownTrade(uint256 tradeId);
    error NotOfferSeller(uint256 offerId, address caller);
    error OfferNotActive(uint256 offerId, OfferStatus status);
    error NotBatteryOwner(bytes32 batteryId, address caller);
    error NotABattery(bytes32 batteryId);
    error BatterySlotted(bytes32 batteryId);
    error BatteryReportTooOld(bytes32 batteryId, uint40 timestamp);
    error PromiseExceedsStored(bytes32 batteryId, uint256 promisedWh, uint256 coveredWh);
    error AmountTooSmall(uint32 wattHours, uint32 minimumWh);
    error AmountExceedsOffer(uint256 offerId, uint32 wattHours, uint32 remainingWh);
    error PriceTooLow(uint40 price, uint40 minimumPrice);
    error PriceTooHigh(uint40 price, uint40 maximumPrice);
    error PriceMoved(uint256 offerId, uint40 seen, uint40 price);
    error EndMoved(uint256 offerId, uint40 seenTo, uint40 availableTo);
    error CellMismatch(uint64 h3Cell, uint64 batteryCell);
    error InvalidPeriod(uint40 availableFrom, uint40 availableTo, uint40 earliest, uint40 latest);
    error OfferNotClosable(uint256 offerId, uint40 availableTo);
    error TooManyOffers();
    error TooManyTrades();
    error TooManyOpenTrades(bytes32 batteryId, uint256 mostTrades);
    error OwnOffer(uint256 offerId);
    error NotTradeSeller(uint256 tradeId, address caller);
    error NotTradeBuyer(uint256 tradeId, address caller);
    error NotTradeParty(uint256 tradeId, address caller);
    error WrongTradeStatus(uint256 tradeId, TradeStatus status);
    error AnswerTooLate(uint256 tradeId, uint40 answerBy);
    error NotDeliverableYet(uint256 tradeId, uint40 availableFrom);
    error DeliveryTooLate(uint256 tradeId, uint40 deliverBy);
    /// @param meteredWh What is metered for the trade and not delivered
    error DeliveryNotMetered(uint256 tradeId, uint32 wattHours, uint256 meteredWh);
    error NotClosableYet(uint256 tradeId, uint40 closableAt);
    error InvalidStars(uint8 stars);
    error AlreadyRated(uint256 tradeId, address rater);
    error NotRatable(uint256 tradeId, address rater);
    error TooManyStars(address rated);

    /// @notice Offer energy from an own battery.
    /// @param wattHours At least 100; together with the battery's open promises at most min(stored, capacity) - debt
    /// @param price milli-IDR per kWh, 1 to 4,294,967,295 and at least `minimumPrice`
    /// @param h3Cell The battery's cell or a parent of it
    /// @param availableFrom May lie ahead, unix seconds
    /// @param availableTo After now and `availableFrom`, at most seven days ahead
    /// @dev Reverts with `BoardPaused`, `AmountTooSmall`, `PriceTooLow`, `PriceTooHigh`, `InvalidPeriod`,
    ///      `NotBatteryOwner` (also for an unknown meter), `NotABattery`, `BatterySlotted`, `CellMismatch`,
    ///      `BatteryReportTooOld` after an hour, `PromiseExceedsStored`, `TooManyOffers` or `TooManyAccounts`.
    /// @return offerId Counts from 1
    function createOffer(
        bytes32 batteryId,
        uint32 wattHours,
        uint40 price,
        uint64 h3Cell,
        uint40 availableFrom,
        uint40 availableTo
    ) external returns (uint256 offerId);
    /// @notice Change an own active offer: what remains, at least 100 Wh, or what it holds when that is less; price,
    ///         milli-IDR per kWh; end, unix seconds. An amount above what it held must be covered like a new one.
    /// @dev Reverts with `BoardPaused`, `UnknownOffer`, `OfferNotActive`, `NotOfferSeller`, or as `createOffer` does.
    function updateOffer(uint256 offerId, uint32 remainingWh, uint40 price, uint40 availableTo) external;
    /// @notice Take an own active offer back. Works while paused; accepted trades stay.
    /// @dev Reverts with `UnknownOffer`, `OfferNotActive` or `NotOfferSeller`.
    function cancelOffer(uint256 offerId) external;
    /// @notice Release what an expired offer still holds of the battery's energy. Anyone. Works while paused; accepted
    ///         trades stay.
    /// @dev Reverts with `UnknownOffer`, `OfferNotActive` or `OfferNotClosable`.
    function closeOffer(uint256 offerId) external;
    /// @notice Ask for a part of an offer, at least 100 Wh or all that is left, at the price and until the end seen;
    ///         escrows Wh x price, pulled from the wallet as far as the balance lacks it. The seller has 15 minutes to
    ///         answer, at most until the offer's end.
    /// @param price milli-IDR per kWh
    /// @param availableTo The offer's end, unix seconds: two hours later escrow that bought nothing can be freed
    /// @dev Reverts with `BoardPaused`, `UnknownOffer`, `OfferNotActive`, `OwnOffer`, `AmountTooSmall`,
    ///      `AmountExceedsOffer`, `PriceMoved`, `EndMoved`, `TooManyTrades`, or as `deposit` does where it pulls.
    /// @return tradeId Counts from 1
    function requestTrade(
        uint256 offerId,
        uint32 wattHours,
        uint40 price,
        uint40 availableTo
    ) external returns (uint256 tradeId);
    /// @notice The seller promises to deliver: reserves the energy. What the battery's meter settles as export from now
    ///         on is counted for it, see `countExport`.
    /// @dev Reverts with `BoardPaused`, `UnknownTrade`, `WrongTradeStatus`, `OfferNotActive`, `NotTradeSeller`,
    ///      `AnswerTooLate`, `AmountExceedsOffer`, `TooManyOpenTrades` (14 of one battery), `CellMismatch` when the
    ///      battery was moved out of the offer's cell, `BatteryReportTooOld` or `PromiseExceedsStored`.
    function acceptTrade(uint256 tradeId) external;
    /// @notice The seller declines a pending request; refunds. Works while paused.
    /// @dev Reverts with `UnknownTrade`, `WrongTradeStatus` or `NotTradeSeller`.
    function rejectTrade(uint256 tradeId) external;
    /// @notice The buyer takes a pending request back; refunds. Works while paused.
    /// @dev Reverts with `UnknownTrade`, `WrongTradeStatus` or `NotTradeBuyer`.
    function cancelTrade(uint256 tradeId) external;
    /// @notice Hand over metered energy against its price: the seller's ETK (balance, then wallet) to the buyer, the
    ///         price from escrow to the seller. Anyone, in parts if need be, from `availableFrom` to two hours after
    ///         `availableTo`; longer by as long as board, settlement or the battery's meter were stopped since
    ///         acceptance, each second once, but by seven days at most. Where a part of `wattHours` was delivered
    ///         meanwhile, it delivers the rest of them. Works while paused.
    /// @dev Reverts with `UnknownTrade`, `WrongTradeStatus`, `AmountTooSmall` for 0, `NotDeliverableYet`,
    ///      `DeliveryTooLate`, `DeliveryNotMetered` (also when all that was metered is delivered), or the token's error
    ///      where the seller lacks ETK.
    function deliver(uint256 tradeId, uint32 wattHours) external;
    /// @notice End a lapsed request or an accepted trade after its deadline (anyone), or early (the seller); refunds
    ///         what was not delivered. Works while paused.
    /// @dev Reverts with `UnknownTrade`, `WrongTradeStatus` or `NotClosableYet`.
    function closeTrade(uint256 tradeId) external;
    /// @notice 1 to 5 stars for the other side of a completed trade; for an expired one only by the buyer.
    /// @dev Reverts with `InvalidStars`, `UnknownTrade`, `NotTradeParty`, `NotRatable`, `AlreadyRated` or
    ///      `TooManyStars`.
    function rateTrade(uint256 tradeId, uint8 stars) external;
    /// @notice A settled report says that a battery exported `exportedWh` between `since` and `until`, unix seconds,
    ///         over a connection of `watts`. It is counted for the accepted trades of that battery, the earliest
    ///         deadline first, then the lower id, up to the amount of each: nothing before `availableFrom` (of a report
    ///         that began before it, at most what the connection carries since; `since` is two minutes later than the
    ///         report began, as far as clocks may differ), nothing after the deadline, each Wh
    ///         once. What was counted for a trade that is then closed counts for no other. The converter only.
    /// @dev Reverts with `OnlyConverter`.
    /// @return delivering Whether accepted trades of the battery are open
    function countExport(
        bytes32 batteryId,
        uint64 exportedWh,
        uint40 since,
        uint40 until,
        uint32 watts
    ) external returns (bool delivering);
    /// @notice No reporter settles, or one does again: deadlines of accepted trades wait meanwhile. The converter only.
    /// @dev Reverts with `OnlyConverter`.
    function waitForSettlement(bool stopped) external;
    /// @notice The lowest price of an offer from now on, milli-IDR per kWh. Market operator.
    /// @dev Reverts with `PriceTooHigh` above 4,294,967,295.
    function setMinimumPrice(uint40 price) external;

    /// @notice An offer; `status` Expired once its time is over, whether or not anybody closed it.
    /// @dev Reverts with `UnknownOffer`.
    function offer(uint256 offerId) external view returns (Offer memory);
    /// @notice A trade; pending or accepted until somebody ends it, whatever the time.
    /// @dev Reverts with `UnknownTrade`.
    function trade(uint256 tradeId) external view returns (Trade memory);
    /// @notice Offers so far; the latest id.
    function offerCount() external view returns (uint256);
    /// @notice Requests so far; the latest id.
    function tradeCount() external view returns (uint256);
    /// @notice Open promises of a battery: what offers hold until they are cancelled, closed or sold, and what accepted
    ///         trades still owe, Wh.
    function promised(bytes32 batteryId) external view returns (uint256 wattHours);
    /// @notice How much of a trade could be delivered now: metered for it and not yet handed over, Wh.
    /// @dev Reverts with `UnknownTrade`.
    function deliverable(uint256 tradeId) external view returns (uint256 wattHours);
    /// @notice What the chain saw of `account` in trades that are over.
    function reputation(address account) external view returns (Reputation memory);
    /// @notice The lowest price of an offer, milli-IDR per kWh.
    function minimumPrice() external view returns (uint40);
    /// @notice For how long board or all settlement were stopped until now, seconds.
    function stopsSoFar() external view returns (uint256 seconds_);
}

/// @title The energy market: balances, order book and offer board in one contract
interface IEnergyMarket is IAccounts, IModules, IOrderBook, IOfferBoard {
    event PauseChanged(bool bookPaused, bool boardPaused);

    /// @notice Stop or resume placing (book) and offering, requesting, accepting (board). Guardian. Cancel, reject,
    ///         deliver, close and withdraw always work; delivery deadlines grow by the pause, at most by seven days.
    function setPaused(bool bookPaused, bool boardPaused) external;
    /// @notice Whether book and board are paused.
    function paused() external view returns (bool bookPaused, bool boardPaused);
    /// @notice ETK.
    function energyToken() external view returns (address);
    /// @notice IDRS.
    function rupiahToken() external view returns (address);
    /// @notice Who alone may draw free energy for a burn.
    function converter() external view returns (address);
    /// @notice Who says which battery is whose.
    function registry() external view returns (address);
}
