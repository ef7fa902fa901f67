// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ISlotPool} from "../pool/ISlotPool.sol";
import {IEnergyConverter, Report} from "./IEnergyConverter.sol";
import {IOracleCommittee} from "./IReporters.sol";
import {addressesOf, CodeList, listOf} from "./CodeList.sol";

/// @title k-of-n signatures over a batch of reports
/// @dev Storage:
///
/// | slot | variable        | bits, lowest first                        |
/// |------|-----------------|-------------------------------------------|
/// | 3    | `configuration` | 32                                        |
/// | 3    | `quorum`        | 8                                         |
/// | 3    | `_members`      | 160; a `CodeList`                         |
/// | 3    | `_configuredAt` | 40; all in the same word                  |
contract OracleCommittee is IOracleCommittee, AccessManaged, EIP712 {
    /* solhint-disable gas-small-strings */
    bytes32 internal constant REPORT_TYPE = keccak256(
        "Report(bytes32 meterId,uint64 exportWh,uint64 importWh,uint64 storedWh,uint40 timestamp,uint32 epoch)"
    );
    bytes32 private constant BATCH_TYPE = keccak256(
        "SettlementBatch(Report[] reports,uint64 deadline,uint32 configuration)"
        "Report(bytes32 meterId,uint64 exportWh,uint64 importWh,uint64 storedWh,uint40 timestamp,uint32 epoch)"
    );
    /* solhint-enable gas-small-strings */
    uint256 private constant MOST_MEMBERS = 32;

    IEnergyConverter public immutable converter;

    /// @inheritdoc IOracleCommittee
    uint32 public configuration;
    /// @inheritdoc IOracleCommittee
    uint8 public quorum;
    CodeList internal _members;
    /// @dev When the committee became what it is, unix seconds.
    uint40 internal _configuredAt;

    constructor(
        address accessManager,
        address converter_,
        address[] memory members_,
        uint8 quorum_
    ) AccessManaged(accessManager) EIP712("EnerLink", "1") {
        converter = IEnergyConverter(converter_);
        _setCommittee(members_, quorum_);
    }

    /// @inheritdoc IOracleCommittee
    function submit(Report[] calldata reports, uint64 deadline, bytes[] calldata signatures) external {
        _submit(reports, deadline, signatures);
    }

    /// @inheritdoc IOracleCommittee
    function submitAndClear(
        Report[] calldata reports,
        uint64 deadline,
        bytes[] calldata signatures,
        uint32 communityId,
        uint40 slotEnd
    ) external {
        _submit(reports, deadline, signatures);

        try ISlotPool(converter.pool()).clear(communityId, slotEnd) {
            return;
        } catch (bytes memory reason) {
            // What is no refusal ran out of gas, there or further down: who estimates it must not find that this is
            // enough, nor anybody settle with too little what should have been shared.
            if (!_isRefusal(reason)) revert ClearingFailed(communityId, slotEnd);

            emit SlotNotCleared(communityId, slotEnd, reason);
        }
    }

    /// @dev Whether the pool says that it is not the slot's time.
    function _isRefusal(bytes memory reason) private pure returns (bool) {
        bytes4 problem = bytes4(reason);
        return
            problem == ISlotPool.StillWaiting.selector ||
            problem == ISlotPool.AlreadyCleared.selector ||
            problem == ISlotPool.NobodyRead.selector ||
            problem == ISlotPool.NotSlotEnd.selector ||
            problem == ISlotPool.SlotInFuture.selector ||
            problem == ISlotPool.UnknownCommunity.selector;
    }

    function _submit(Report[] calldata reports, uint64 deadline, bytes[] calldata signatures) private {
        uint32 current = configuration;
        (uint8 needed, CodeList list) = (quorum, _members);
        if (reports.length == 0) revert EmptyBatch();
        _checkSigned(_digest(reports, deadline, current), deadline, needed, list, signatures);

        emit BatchSubmitted(msg.sender, uint32(reports.length), current);
        uint256 offset;
        assembly ("memory-safe") {
            offset := reports.offset
        }
        _forward(offset, reports.length);
    }

    /// @inheritdoc IOracleCommittee
    function setCommittee(address[] calldata members_, uint8 quorum_) external restricted {
        _setCommittee(members_, quorum_);
    }

    /// @inheritdoc IOracleCommittee
    function members() external view returns (address[] memory) {
        return addressesOf(_members);
    }

    /// @inheritdoc IOracleCommittee
    function digest(Report[] calldata reports, uint64 deadline) external view returns (bytes32) {
        return _digest(reports, deadline, configuration);
    }

    function _setCommittee(address[] memory members_, uint8 quorum_) private {
        uint256 count = members_.length;
        if (count == 0 || count > MOST_MEMBERS) revert InvalidMembers(count, MOST_MEMBERS);
        if (quorum_ > count || 2 * uint256(quorum_) <= count) revert InvalidQuorum(quorum_, count);

        address previous = address(0);
        for (uint256 i = 0; i < count; ++i) {
            if (members_[i] <= previous) revert MembersNotAscending(previous, members_[i]);
            previous = members_[i];
        }

        if (configuration == type(uint32).max) revert TooManyConfigurations();
        uint32 next = ++configuration;
        quorum = quorum_;
        _members = listOf(members_);
        _configuredAt = uint40(block.timestamp);

        emit CommitteeChanged(next, members_, quorum_);
    }

    /// @dev Members and signers both ascend, so one walk along the members finds every signer, and none twice.
    /// @param needed `quorum`, and `list` the members: callers read both in the same access as `configuration`
    function _checkSigned(
        bytes32 digest_,
        uint64 deadline,
        uint8 needed,
        CodeList list,
        bytes[] calldata signatures
    ) internal view {
        if (block.timestamp > deadline) revert BatchExpired(deadline, block.timestamp);
        if (signatures.length != needed) revert WrongSignatureCount(signatures.length, needed);

        address[] memory members_ = addressesOf(list);
        uint256 place = 0;
        address previous = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            (address signer, ECDSA.RecoverError problem, ) = ECDSA.tryRecoverCalldata(digest_, signatures[i]);
            if (problem != ECDSA.RecoverError.NoError) revert MalformedSignature(i);
            if (signer <= previous) revert SignersNotAscending(previous, signer);
            while (place < members_.length && members_[place] < signer) ++place;
            if (place == members_.length || members_[place] != signer) revert NotMember(signer);
            previous = signer;
        }
    }

    function _digest(
        Report[] calldata reports,
        uint64 deadline,
        uint32 current
    ) private view returns (bytes32) {
        bytes32[] memory hashes = _hashAll(reports);
        bytes32 list;
        // list = keccak256(abi.encodePacked(hashes)), where they lie.
        assembly ("memory-safe") {
            list := keccak256(add(hashes, 0x20), mul(reports.length, 0x20))
        }
        return _hashTypedDataV4(keccak256(abi.encode(BATCH_TYPE, list, deadline, current)));
    }

    function _hashAll(Report[] calldata reports) internal pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](reports.length);
        for (uint256 i = 0; i < reports.length; ++i) hashes[i] = _hash(reports[i]);
    }

    /// @dev keccak256(abi.encode(REPORT_TYPE, report)), the six words copied as they stand.
    function _hash(Report calldata report) private pure returns (bytes32 hash) {
        bytes32 reportType = REPORT_TYPE;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, reportType)
            calldatacopy(add(free, 0x20), report, 0xc0)
            hash := keccak256(free, 0xe0)
        }
    }

    /// @dev converter.settle(reports), the words copied as they stand: the converter refuses one that is out of range.
    /// @param offset Where the first of `count` reports begins in the calldata
    function _forward(uint256 offset, uint256 count) internal {
        address target = address(converter);
        bytes4 selector = IEnergyConverter.settle.selector;
        assembly ("memory-safe") {
            let free := mload(0x40)
            let size := mul(count, 0xc0)
            mstore(free, selector)
            mstore(add(free, 0x04), 0x20)
            mstore(add(free, 0x24), count)
            calldatacopy(add(free, 0x44), offset, size)
            if iszero(call(gas(), target, 0, free, add(size, 0x44), 0, 0)) {
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
        }
    }
}
