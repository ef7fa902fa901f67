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
    /// @notice Tokens came in, pulls by orders and requests included.
    event Deposited(address indexed account, uint128 energyWh, uint128 idrs);
    event Withdrawn(address indexed account, uint128 energyWh, uint128 idrs);
    /// @notice The converter burned free energy for metered import.
    event EnergyDrawn(address indexed account, uint128 energyWh);

    error NothingToMove();
    error InsufficientBalance(address account, uint256 energyWh, uint256 idrs);
    error UnsupportedToken(address token);
    error OnlyConverter(address caller);
    error BalanceOverflow(address account);
    error TooManyAccounts();

    /// @notice Move tokens from the wallet to the trading balance; needs allowances.
    function deposit(uint128 energyWh, uint128 idrs) external;
    /// @notice Move free balance to the wallet. Works while paused.
    function withdraw(uint128 energyWh, uint128 idrs) external;
    /// @notice What `account` may place, promise or withdraw: not in orders, not in escrow.
    function tradingBalance(address account) external view returns (uint128 energyWh, uint128 idrs);
    /// @notice Several calls of the sender in one transaction; reverts with the first error.
    function multicall(bytes[] calldata calls) external returns (bytes[] memory);
    /// @notice ERC-2612 permit for this contract; does nothing when it was already used.
    function permit(address token, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
    /// @notice Take up to `wattHours` of free energy for a burn. The converter only.
    /// @return drawnWh What was there
    function drawEnergy(address account, uint256 wattHours) external returns (uint256 drawnWh);
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
    function cancelOrder(uint256 orderId) external returns (uint32 returnedWh);
    /// @notice Best tick of a side, 0 when empty.
    function bestPrice(Side side) external view returns (uint16 tick);
    /// @notice The best `levels` price levels of a side, best first.
    function depth(Side side, uint256 levels) external view returns (Level[] memory);
    /// @notice What is open of an order; `openWh` 0 and owner zero when filled, cancelled or never placed.
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
    /// @param deliverBy Until when delivery is paid, unix seconds, pauses included
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

    /// @param promisedWh Accepted as a seller, Wh
    /// @param deliveredWh Delivered as a seller, Wh
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
    /// @notice What the offer still held was released: its time was over, or its seller no longer owned the battery.
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
    event TradeDelivered(uint256 indexed tradeId, address indexed caller, uint32 wattHours);
    event TradeCompleted(uint256 indexed tradeId);
    /// @param undeliveredWh Refunded to the buyer
    event TradeExpired(uint256 indexed tradeId, uint32 undeliveredWh);
    event TradeRated(uint256 indexed tradeId, address indexed rater, address indexed rated, uint8 stars);
    event MinimumPriceChanged(uint40 price);

    error BoardPaused();
    error UnknownOffer(uint256 offerId);
    error UnknownTrade(uint256 tradeId);
    error NotOfferSeller(uint256 offerId, address caller);
    error OfferNotActive(uint256 offerId, OfferStatus status);
    error NotBatteryOwner(bytes32 batteryId, address caller);
    error NotABattery(bytes32 batteryId);
    error BatteryReportTooOld(bytes32 batteryId, uint40 timestamp);
    error PromiseExceedsStored(bytes32 batteryId, uint256 promisedWh, uint256 coveredWh);
    error AmountTooSmall(uint32 wattHours, uint32 minimumWh);
    error AmountExceedsOffer(uint256 offerId, uint32 wattHours, uint32 remainingWh);
    error PriceTooLow(uint40 price, uint40 minimumPrice);
    error PriceTooHigh(uint40 price, uint40 maximumPrice);
    error PriceMoved(uint256 offerId, uint40 seen, uint40 price);
    error CellMismatch(uint64 h3Cell, uint64 batteryCell);
    error InvalidPeriod(uint40 availableFrom, uint40 availableTo, uint40 earliest, uint40 latest);
    error OfferNotClosable(uint256 offerId, uint40 availableTo);
    error TooManyOpenTrades(uint256 offerId);
    error TooManyPauses();
    error OwnOffer(uint256 offerId);
    error NotTradeSeller(uint256 tradeId, address caller);
    error NotTradeBuyer(uint256 tradeId, address caller);
    error NotTradeParty(uint256 tradeId, address caller);
    error WrongTradeStatus(uint256 tradeId, TradeStatus status);
    error AnswerTooLate(uint256 tradeId, uint40 answerBy);
    error NotDeliverableYet(uint256 tradeId, uint40 availableFrom);
    error DeliveryTooLate(uint256 tradeId, uint40 deliverBy);
    error DeliveryExceedsTrade(uint256 tradeId, uint32 wattHours, uint32 remainingWh);
    error DeliveryNotMetered(uint256 tradeId, uint32 wattHours, uint256 meteredWh);
    error NotClosableYet(uint256 tradeId, uint40 closableAt);
    error InvalidStars(uint8 stars);
    error AlreadyRated(uint256 tradeId, address rater);
    error NotRatable(uint256 tradeId, address rater);

    /// @notice Offer energy from an own battery.
    /// @param wattHours At least 100; together with the battery's open promises at most min(stored, capacity) - debt
    /// @param price milli-IDR per kWh, 1 to 4,294,967,295 and at least `minimumPrice`
    /// @param h3Cell The battery's cell or a parent of it
    /// @param availableFrom May lie ahead, unix seconds
    /// @param availableTo After now and `availableFrom`, at most seven days ahead
    function createOffer(
        bytes32 batteryId,
        uint32 wattHours,
        uint40 price,
        uint64 h3Cell,
        uint40 availableFrom,
        uint40 availableTo
    ) external returns (uint256 offerId);
    /// @notice Change an own active offer; an amount above what it held must be covered like a new one.
    function updateOffer(uint256 offerId, uint32 remainingWh, uint40 price, uint40 availableTo) external;
    /// @notice Take an own active offer back. Works while paused; accepted trades stay.
    function cancelOffer(uint256 offerId) external;
    /// @notice Release what an expired offer, or one whose seller no longer owns the battery, still holds of the
    ///         battery's energy. Anyone. Works while paused; accepted trades stay.
    function closeOffer(uint256 offerId) external;
    /// @notice Ask for a part of an offer at the price seen; escrows Wh x price.
    function requestTrade(uint256 offerId, uint32 wattHours, uint40 price) external returns (uint256 tradeId);
    /// @notice The seller promises to deliver: reserves the energy.
    function acceptTrade(uint256 tradeId) external;
    function rejectTrade(uint256 tradeId) external;
    /// @notice The buyer takes a pending request back.
    function cancelTrade(uint256 tradeId) external;
    /// @notice Hand over metered energy against its price. Anyone.
    function deliver(uint256 tradeId, uint32 wattHours) external;
    /// @notice End a lapsed request or an accepted trade after its deadline (anyone), or early (the seller); refunds.
    function closeTrade(uint256 tradeId) external;
    /// @notice 1 to 5 stars for the other side of a completed trade; for an expired one only by the buyer.
    function rateTrade(uint256 tradeId, uint8 stars) external;
    function setMinimumPrice(uint40 price) external;

    function offer(uint256 offerId) external view returns (Offer memory);
    function trade(uint256 tradeId) external view returns (Trade memory);
    function offerCount() external view returns (uint256);
    function tradeCount() external view returns (uint256);
    /// @notice Open promises of a battery: what offers hold until they are cancelled, closed or sold, and what accepted
    ///         trades still owe, Wh.
    function promised(bytes32 batteryId) external view returns (uint256 wattHours);
    /// @notice How much of a trade could be delivered now: metered since acceptance and not yet counted, Wh.
    function deliverable(uint256 tradeId) external view returns (uint256 wattHours);
    function reputation(address account) external view returns (Reputation memory);
    function minimumPrice() external view returns (uint40);
}

/// @title The energy market: balances, order book and offer board in one contract
interface IEnergyMarket is IAccounts, IOrderBook, IOfferBoard {
    event PauseChanged(bool bookPaused, bool boardPaused);

    /// @notice Stop or resume placing (book) and offering, requesting, accepting (board). Guardian. Cancel, reject,
    ///         deliver, close and withdraw always work; delivery deadlines grow by the pause.
    function setPaused(bool bookPaused, bool boardPaused) external;
    function paused() external view returns (bool bookPaused, bool boardPaused);
    function energyToken() external view returns (address);
    function rupiahToken() external view returns (address);
    function converter() external view returns (address);
    function registry() external view returns (address);
}
