// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Neighbours who share each slot's energy
/// @notice Prices are ticks, whole IDR per kWh, where somebody sets them, and IDRS base units per Wh (1,000 a tick)
///         where they are reckoned; times are unix seconds.
interface ISlotPool {
    /// @param utility Its account's number in the market
    /// @param gridOperator Its account's number in the market
    /// @param retail What the utility asks for a kWh
    /// @param feedIn What the utility pays for a kWh; 0: it takes none, and members keep what no neighbour took
    /// @param fee What the grid operator gets for each kWh that neighbours share; the buyer pays it
    /// @param slot Length of a slot, seconds
    /// @param clearedTo End of the latest cleared slot, 0 before the first
    /// @param present Bit i: the i-th member was read at that end, be it before it joined
    struct Community {
        uint32 utility;
        uint32 gridOperator;
        uint16 retail;
        uint16 feedIn;
        uint16 fee;
        uint32 slot;
        uint40 clearedTo;
        uint256 present;
    }

    event CommunityCreated(uint32 indexed communityId, address indexed utility, address indexed gridOperator);
    event CommunityAccepted(uint32 indexed communityId);
    /// @notice For every slot that begins at `from` or later.
    event TariffAnnounced(uint32 indexed communityId, uint16 retail, uint16 feedIn, uint40 from);
    /// @notice For every slot that begins at `from` or later.
    event FeeChanged(uint32 indexed communityId, uint16 fee, uint40 from);
    event SlotLengthChanged(uint32 indexed communityId, uint32 slot);
    /// @notice Community 0: whoever was admitted no longer is.
    event Admitted(bytes32 indexed meterId, uint32 indexed communityId);
    /// @param place Where it stands in the list: at its end
    event Joined(bytes32 indexed meterId, uint32 indexed communityId, address indexed owner, uint8 place);
    /// @param place Where it stood; who was last in the list stands there now
    event Left(bytes32 indexed meterId, uint32 indexed communityId, uint8 place);
    event LimitsChanged(bytes32 indexed meterId, uint16 sellFrom, uint16 buyUpTo);
    /// @param price What neighbours who sell get for a Wh; who buys pays it and the fee. 0 where nothing was shared
    /// @param sharedWh What went from neighbour to neighbour
    /// @param present Bit i: the i-th member was read at the slot's end
    /// @param amounts For each member: 1 sold or 2 bought, from bit 192 on | shared Wh 64 | with the utility Wh 64 |
    ///        left Wh 64: of a seller what nobody paid for, which it keeps; of a buyer what nobody sold or it could not
    ///        pay, which is arrears. 0 of who was absent or counted nothing
    event SlotCleared(
        uint32 indexed communityId,
        uint40 indexed slotEnd,
        uint256 price,
        uint256 sharedWh,
        uint256 present,
        uint256[] amounts
    );

    error InvalidSettings(uint40 slot, uint40 tolerance, uint40 patience, uint40 steepness);
    error NoticeTooShort(uint40 notice, uint40 shortest);
    error UnknownCommunity(uint32 communityId);
    error InvalidTariff(uint16 retail, uint16 feedIn, uint16 fee);
    error FeeTooHigh(uint16 fee, uint16 most);
    error TariffPending(uint32 communityId, uint40 from);
    error NotUtility(uint32 communityId, address caller);
    error NotAccepted(uint32 communityId);
    error InvalidSlotLength(uint32 slot, uint40 least, uint40 most);
    error SlotLengthFixed(uint40 slot);
    error NotAdmitted(bytes32 meterId, uint32 communityId);
    error AlreadyMember(bytes32 meterId, uint32 communityId);
    error NotMember(bytes32 meterId);
    error InvalidLimits(uint16 sellFrom, uint16 buyUpTo);
    error NoAccount(address owner);
    error CommunityFull(uint32 communityId);
    error NotSlotEnd(uint40 slotEnd, uint32 slot);
    error SlotInFuture(uint40 slotEnd, uint256 time);
    error AlreadyCleared(uint32 communityId, uint40 clearedTo);
    /// @param missing Bit i: the i-th member has not been read at the slot's end
    /// @param until From then on the slot is cleared without them
    error StillWaiting(uint32 communityId, uint40 slotEnd, uint256 missing, uint40 until);
    error NobodyRead(uint32 communityId, uint40 slotEnd);

    /// @notice A new community, with slots of `SLOT`, of which nobody is a member until its utility has accepted it.
    ///         Market operator.
    /// @dev Reverts with `InvalidTariff`, `FeeTooHigh`, or `NoAccount` for who has none in the market.
    function createCommunity(
        address utility,
        address gridOperator,
        uint16 retail,
        uint16 feedIn,
        uint16 fee
    ) external returns (uint32 communityId);
    /// @notice Be the utility that a community was created with: sell to its members and buy from them at the tariff
    ///         that it was created with, and from then on at what the caller announces. The utility.
    /// @dev Reverts with `UnknownCommunity` or `NotUtility`.
    function acceptCommunity(uint32 communityId) external;
    /// @notice Another fee, for slots that begin `NOTICE` from now or later. Market operator.
    /// @dev Reverts with `UnknownCommunity`, `InvalidTariff` (with what the tariff will be then), `FeeTooHigh`, or
    ///      `TariffPending` until the fee announced before has begun and every slot before that is cleared.
    function setFee(uint32 communityId, uint16 fee) external;
    /// @notice Another tariff, for slots that begin `NOTICE` from now or later. The community's utility.
    /// @dev Reverts with `UnknownCommunity`, `NotUtility`, `InvalidTariff` (with what the fee will be then), or
    ///      `TariffPending` until the tariff announced before has begun and every slot before that is cleared.
    function announceTariff(uint32 communityId, uint16 retail, uint16 feedIn) external;
    /// @notice Another length of the slots from the latest cleared one on, more than `PATIENCE` and at most a day.
    ///         Market operator, only where `ADJUSTABLE`.
    /// @dev Reverts with `SlotLengthFixed`, `UnknownCommunity` or `InvalidSlotLength`.
    function setSlotLength(uint32 communityId, uint32 slot) external;
    /// @notice Let a meter's owner join once, or not (0). Registrar: the meter stands behind that community's grid
    ///         point.
    /// @dev Reverts with `UnknownCommunity`.
    function admit(bytes32 meterId, uint32 communityId) external;
    /// @notice Join with an own, admitted, settling meter. What it settles from now on is shared and converted by slot:
    ///         where it was read at the latest cleared slot's end, shared from the next one on, as if it had joined
    ///         before that was cleared.
    /// @param sellFrom The lowest price at which it sells to neighbours, at least 1 IDR/kWh
    /// @param buyUpTo The highest price at which it buys from neighbours, fee included; 65,535: any
    /// @dev Reverts with `NotMeterOwner`, `NotAdmitted`, `AlreadyMember`, `InvalidLimits`, `NoAccount`,
    ///      `CommunityFull`, `MeterPromised`, `NotSettling` or `NoBaseline`.
    function join(bytes32 meterId, uint32 communityId, uint16 sellFrom, uint16 buyUpTo) external;
    /// @notice Other limits from the next clearing on. The meter's owner.
    /// @dev Reverts with `NotMeterOwner`, `NotMember` or `InvalidLimits`.
    function setLimits(bytes32 meterId, uint16 sellFrom, uint16 buyUpTo) external;
    /// @notice Leave: open surplus is minted, open need is debt, and coming back needs the registrar. The meter's
    ///         owner, or the registrar.
    /// @dev Reverts with `NotMember`, or `DebtTooLarge` from 2^55 Wh on.
    function quit(bytes32 meterId) external;
    /// @notice Clear the slot that ends at `slotEnd`. Anyone, once, and never one before the latest cleared:
    ///         when everybody who was read within `TOLERANCE` after the end of the slot before, be it after that was
    ///         cleared, was read so after this one's, or `PATIENCE` after it. Where slots between were skipped,
    ///         everybody is waited for so long, nothing is shared, and what was counted in all of them is bought and
    ///         sold at the utility's tariff.
    /// @dev Reverts with `UnknownCommunity`, `NotSlotEnd`, `SlotInFuture`, `AlreadyCleared`, `NobodyRead` or
    ///      `StillWaiting`. No state of a member, the utility or the grid operator makes it revert.
    /// @return price What neighbours got for a Wh, 0 where nothing was shared
    /// @return sharedWh What went from neighbour to neighbour
    function clear(uint32 communityId, uint40 slotEnd) external returns (uint256 price, uint256 sharedWh);

    /// @notice Length of a new community's slots, seconds.
    // solhint-disable-next-line func-name-mixedcase
    function SLOT() external view returns (uint40);
    /// @notice A reading of up to so many seconds after a slot's end is taken for its end.
    // solhint-disable-next-line func-name-mixedcase
    function TOLERANCE() external view returns (uint40);
    /// @notice So long a slot waits for readings that are missing, seconds after its end.
    // solhint-disable-next-line func-name-mixedcase
    function PATIENCE() external view returns (uint40);
    /// @notice So long before it begins a tariff or a fee is announced, seconds.
    // solhint-disable-next-line func-name-mixedcase
    function NOTICE() external view returns (uint40);
    /// @notice How far the price moves with scarcity, at least 1: at its ends one side is (s + 1) / (s - 1) times the
    ///         other.
    // solhint-disable-next-line func-name-mixedcase
    function STEEPNESS() external view returns (uint40);
    /// @notice Whether the length of slots can be changed.
    // solhint-disable-next-line func-name-mixedcase
    function ADJUSTABLE() external view returns (bool);
    /// @notice Communities so far; the latest id.
    function communityCount() external view returns (uint32);
    /// @notice A community with the terms of a slot that begins now; everything zero when unknown.
    function community(uint32 communityId) external view returns (Community memory);
    /// @notice Where a meter is a member, its place in the list, its limits and its account's number; zeros when it is
    ///         none.
    function member(
        bytes32 meterId
    )
        external
        view
        returns (uint32 communityId, uint8 place, uint16 sellFrom, uint16 buyUpTo, uint32 account);
    /// @notice The members in their order.
    function members(uint32 communityId) external view returns (bytes32[] memory meterIds);
    /// @notice To which community a meter is admitted, 0 when to none.
    function admittedTo(bytes32 meterId) external view returns (uint32 communityId);
}
