// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IEnergyMarket} from "../market/IEnergyMarket.sol";
import {IEnergyConverter} from "../metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../metering/IMeterRegistry.sol";
import {ISlotPool} from "./ISlotPool.sol";
import {CodeList, wordsOf} from "../metering/CodeList.sol";

/// @title Communities, their terms and their members
///
/// | slot | variable                | bits, lowest first                                                         |
/// |------|-------------------------|----------------------------------------------------------------------------|
/// | 0    | `communityCount`        | 32; beside the access manager's address                                    |
/// | 1    | `_communities[id]`      | utility 32, gridOperator 32, retail 16, feedIn 16, fee 16                  |
/// | 1    | `_communities[id]`      | nextRetail 16, nextFeedIn 16, nextFee 16, nextFrom 40, slot 32, accepted 8 |
/// | 1    | `_communities[id]` + 1  | list 160, clearedTo 40, nextFeeFrom 40; list: a `CodeList`                 |
/// | 1    | `_communities[id]` + 2  | present 256; bit i: member i was read at `clearedTo`                       |
/// | 1    | `_communities[id]` + 3  | limits 64 each; account 32, buyUpTo 16, sellFrom 16                        |
/// | 2    | `_memberships[meterId]` | communityId 32, place 8, admittedTo 32                                     |
abstract contract Communities is ISlotPool, AccessManaged {
    /// @dev The next tariff is that of slots that begin at `nextFrom` or later, the next fee that of slots that begin
    ///      at `nextFeeFrom` or later; 0: none was announced yet.
    struct Record {
        uint32 utility;
        uint32 gridOperator;
        uint16 retail;
        uint16 feedIn;
        uint16 fee;
        uint16 nextRetail;
        uint16 nextFeedIn;
        uint16 nextFee;
        uint40 nextFrom;
        uint32 slot;
        bool accepted;
        CodeList list;
        uint40 clearedTo;
        uint40 nextFeeFrom;
        uint256 present;
        uint64[256] limits;
    }

    struct Membership {
        uint32 communityId;
        uint8 place;
        uint32 admittedTo;
    }

    uint16 private constant MOST_FEE = 500;
    uint40 private constant LONGEST_SLOT = 1 days;

    IEnergyMarket internal immutable _market;
    IEnergyConverter internal immutable _converter;
    IMeterRegistry private immutable _registry;
    /// @inheritdoc ISlotPool
    uint40 public immutable SLOT;
    /// @inheritdoc ISlotPool
    uint40 public immutable TOLERANCE;
    /// @inheritdoc ISlotPool
    uint40 public immutable PATIENCE;
    /// @inheritdoc ISlotPool
    uint40 public immutable NOTICE;
    /// @inheritdoc ISlotPool
    bool public immutable ADJUSTABLE;

    /// @inheritdoc ISlotPool
    uint32 public communityCount;
    mapping(uint32 communityId => Record) internal _communities;
    mapping(bytes32 meterId => Membership) private _memberships;

    constructor(
        address accessManager,
        address market,
        address converter,
        uint40[5] memory settings,
        bool adjustable
    ) AccessManaged(accessManager) {
        _market = IEnergyMarket(market);
        _converter = IEnergyConverter(converter);
        _registry = IMeterRegistry(_converter.registry());
        (SLOT, TOLERANCE, PATIENCE, NOTICE) = (settings[0], settings[1], settings[2], settings[3]);
        // Without one a slot that has begun, and was metered, would be paid for at terms of its end.
        if (NOTICE == 0) revert NoticeTooShort(NOTICE, 1);
        ADJUSTABLE = adjustable;
    }

    /* TERMS */

    /// @inheritdoc ISlotPool
    function createCommunity(
        address utility,
        address gridOperator,
        uint16 retail,
        uint16 feedIn,
        uint16 fee
    ) external restricted returns (uint32 communityId) {
        _checkTerms(retail, feedIn, fee);

        communityId = ++communityCount;
        Record storage record = _communities[communityId];
        record.utility = _accountOf(utility);
        record.gridOperator = _accountOf(gridOperator);
        (record.retail, record.feedIn, record.fee) = (retail, feedIn, fee);
        record.slot = uint32(SLOT);

        emit CommunityCreated(communityId, utility, gridOperator);
        emit TariffAnnounced(communityId, retail, feedIn, uint40(block.timestamp));
        emit FeeChanged(communityId, fee, uint40(block.timestamp));
        emit SlotLengthChanged(communityId, uint32(SLOT));
    }

    /// @inheritdoc ISlotPool
    function acceptCommunity(uint32 communityId) external {
        Record storage record = _known(communityId);
        _checkUtility(communityId, record);

        record.accepted = true;

        emit CommunityAccepted(communityId);
    }

    /// @inheritdoc ISlotPool
    function announceTariff(uint32 communityId, uint16 retail, uint16 feedIn) external {
        Record storage record = _known(communityId);
        _checkUtility(communityId, record);

        if (_hasBegun(communityId, record, record.nextFrom))
            (record.retail, record.feedIn) = (record.nextRetail, record.nextFeedIn);
        uint40 from = uint40(block.timestamp) + NOTICE;
        (, , uint16 fee) = _terms(record, from);
        _checkTerms(retail, feedIn, fee);
        (record.nextRetail, record.nextFeedIn, record.nextFrom) = (retail, feedIn, from);

        emit TariffAnnounced(communityId, retail, feedIn, from);
    }

    /// @inheritdoc ISlotPool
    function setFee(uint32 communityId, uint16 fee) external restricted {
        Record storage record = _known(communityId);

        if (_hasBegun(communityId, record, record.nextFeeFrom)) record.fee = record.nextFee;
        uint40 from = uint40(block.timestamp) + NOTICE;
        (uint16 retail, uint16 feedIn, ) = _terms(record, from);
        _checkTerms(retail, feedIn, fee);
        (record.nextFee, record.nextFeeFrom) = (fee, from);

        emit FeeChanged(communityId, fee, from);
    }

    /// @inheritdoc ISlotPool
    function setSlotLength(uint32 communityId, uint32 slot) external restricted {
        if (!ADJUSTABLE) revert SlotLengthFixed(SLOT);
        Record storage record = _known(communityId);
        if (slot <= PATIENCE || slot > LONGEST_SLOT) {
            revert InvalidSlotLength(slot, PATIENCE + 1, LONGEST_SLOT);
        }

        record.slot = slot;

        emit SlotLengthChanged(communityId, slot);
    }

    function _checkUtility(uint32 communityId, Record storage record) private view {
        (uint32 caller, ) = _market.accountOf(msg.sender, address(this));
        if (caller != record.utility) revert NotUtility(communityId, msg.sender);
    }

    /// @dev Whether what was announced for `from` becomes the present terms, so that the next can be announced: no slot
    ///      before it is left to clear, for one that is cleared late is cleared at its own terms. Without members there
    ///      is none. Utility and operator wait for their own announcements only: whatever was announced before another
    ///      begins before it, so each is checked against what the other will be then.
    function _hasBegun(uint32 communityId, Record storage record, uint40 from) private view returns (bool) {
        if (from == 0) return false;
        bool open = address(record.list) != address(0) && record.clearedTo < from;
        if (block.timestamp < from || open) revert TariffPending(communityId, from);
        return true;
    }

    /// @dev The terms of a slot that begins at `time`, ticks.
    function _terms(
        Record storage record,
        uint256 time
    ) internal view returns (uint16 retail, uint16 feedIn, uint16 fee) {
        (retail, feedIn, fee) = (record.retail, record.feedIn, record.fee);
        (uint256 nextFrom, uint256 nextFeeFrom) = (record.nextFrom, record.nextFeeFrom);
        if (nextFrom != 0 && time >= nextFrom) (retail, feedIn) = (record.nextRetail, record.nextFeedIn);
        if (nextFeeFrom != 0 && time >= nextFeeFrom) fee = record.nextFee;
    }

    function _checkTerms(uint16 retail, uint16 feedIn, uint16 fee) private pure {
        if (fee > MOST_FEE) revert FeeTooHigh(fee, MOST_FEE);
        // Who buys from a neighbour never pays more than retail, who sells to one never gets less than the feed-in.
        if (retail == 0 || uint256(feedIn) + fee > retail) revert InvalidTariff(retail, feedIn, fee);
    }

    /* MEMBERS */

    /// @inheritdoc ISlotPool
    function admit(bytes32 meterId, uint32 communityId) external restricted {
        if (communityId != 0) _known(communityId);

        _memberships[meterId].admittedTo = communityId;

        emit Admitted(meterId, communityId);
    }

    /// @inheritdoc ISlotPool
    function join(bytes32 meterId, uint32 communityId, uint16 sellFrom, uint16 buyUpTo) external {
        _checkOwner(meterId);
        Membership memory membership = _memberships[meterId];
        if (membership.communityId != 0) revert AlreadyMember(meterId, membership.communityId);
        if (communityId == 0 || membership.admittedTo != communityId)
            revert NotAdmitted(meterId, communityId);
        uint256 promisedWh = _market.promised(meterId);
        if (promisedWh != 0) revert IMeterRegistry.MeterPromised(meterId, promisedWh);
        Record storage record = _communities[communityId];
        if (!record.accepted) revert NotAccepted(communityId);
        bytes32[] memory before = wordsOf(record.list);
        uint256 count = before.length;
        if (count == 256) revert CommunityFull(communityId);

        bytes32[] memory meterIds = new bytes32[](count + 1);
        for (uint256 i = 0; i < count; ++i) meterIds[i] = before[i];
        meterIds[count] = meterId;
        record.list = new CodeList(meterIds);
        record.limits[count] = _pack(_accountOf(msg.sender), sellFrom, buyUpTo);
        _memberships[meterId] = Membership({communityId: communityId, place: uint8(count), admittedTo: 0});
        if (_wasReadAt(meterId, record.clearedTo)) record.present |= 1 << count;
        _converter.joinSlots(meterId);

        emit Joined(meterId, communityId, msg.sender, uint8(count));
        emit LimitsChanged(meterId, sellFrom, buyUpTo);
    }

    /// @inheritdoc ISlotPool
    function setLimits(bytes32 meterId, uint16 sellFrom, uint16 buyUpTo) external {
        _checkOwner(meterId);
        Membership memory membership = _membershipOf(meterId);
        uint64[256] storage limits = _communities[membership.communityId].limits;

        limits[membership.place] = _pack(uint32(limits[membership.place]), sellFrom, buyUpTo);

        emit LimitsChanged(meterId, sellFrom, buyUpTo);
    }

    /// @inheritdoc ISlotPool
    function quit(bytes32 meterId) external {
        if (msg.sender != _registry.connectionWord(meterId).owner()) _checkCanCall(msg.sender, msg.data);
        Membership memory membership = _membershipOf(meterId);
        Record storage record = _communities[membership.communityId];
        bytes32[] memory meterIds = wordsOf(record.list);
        uint256 last = meterIds.length - 1;

        // Who is last takes the place.
        uint256 present = record.present;
        uint256 moved = ((present >> last) & 1) << membership.place;
        record.present = ((present & ~(1 << membership.place)) | moved) & ~(1 << last);
        record.limits[membership.place] = record.limits[last];
        _memberships[meterIds[last]].place = membership.place;
        meterIds[membership.place] = meterIds[last];
        delete _memberships[meterId];
        assembly ("memory-safe") {
            mstore(meterIds, last)
        }
        record.list = last == 0 ? CodeList(address(0)) : new CodeList(meterIds);
        _converter.leaveSlots(meterId);

        emit Left(meterId, membership.communityId, membership.place);
    }

    /// @dev Whether it is known what it counted up to the slot's end: then what it counts from there on is the next
    ///      slot's, whether it joins before or after the clearing.
    function _wasReadAt(bytes32 meterId, uint256 slotEnd) private view returns (bool) {
        // A reading from before the slot's end wraps around to a huge number.
        unchecked {
            return _converter.registersWord(meterId).timestamp() - slotEnd <= TOLERANCE;
        }
    }

    /// @dev account 32 | buyUpTo 16 | sellFrom 16, the first lowest.
    function _pack(uint32 account, uint16 sellFrom, uint16 buyUpTo) private pure returns (uint64) {
        if (sellFrom == 0 || buyUpTo == 0) revert InvalidLimits(sellFrom, buyUpTo);
        return (uint64(sellFrom) << 48) | (uint64(buyUpTo) << 32) | account;
    }

    /* VIEWS */

    /// @inheritdoc ISlotPool
    function community(uint32 communityId) external view returns (Community memory) {
        Record storage record = _communities[communityId];
        (uint16 retail, uint16 feedIn, uint16 fee) = _terms(record, block.timestamp);
        return
            Community({
                utility: record.utility,
                gridOperator: record.gridOperator,
                retail: retail,
                feedIn: feedIn,
                fee: fee,
                slot: record.slot,
                clearedTo: record.clearedTo,
                present: record.present
            });
    }

    /// @inheritdoc ISlotPool
    function member(
        bytes32 meterId
    )
        external
        view
        returns (uint32 communityId, uint8 place, uint16 sellFrom, uint16 buyUpTo, uint32 account)
    {
        Membership memory found = _memberships[meterId];
        if (found.communityId == 0) return (0, 0, 0, 0, 0);
        uint64 limits = _communities[found.communityId].limits[found.place];
        return (found.communityId, found.place, uint16(limits >> 48), uint16(limits >> 32), uint32(limits));
    }

    /// @inheritdoc ISlotPool
    function members(uint32 communityId) external view returns (bytes32[] memory meterIds) {
        return wordsOf(_communities[communityId].list);
    }

    /// @inheritdoc ISlotPool
    function admittedTo(bytes32 meterId) external view returns (uint32 communityId) {
        return _memberships[meterId].admittedTo;
    }

    /* RULES */

    function _known(uint32 communityId) internal view returns (Record storage record) {
        record = _communities[communityId];
        if (record.utility == 0) revert UnknownCommunity(communityId);
    }

    function _membershipOf(bytes32 meterId) private view returns (Membership memory membership) {
        membership = _memberships[meterId];
        if (membership.communityId == 0) revert NotMember(meterId);
    }

    function _checkOwner(bytes32 meterId) private view {
        if (msg.sender != _registry.connectionWord(meterId).owner()) {
            revert IMeterRegistry.NotMeterOwner(meterId, msg.sender);
        }
    }

    function _accountOf(address owner) private view returns (uint32 number) {
        (number, ) = _market.accountOf(owner, address(this));
        if (number == 0) revert NoAccount(owner);
    }
}
