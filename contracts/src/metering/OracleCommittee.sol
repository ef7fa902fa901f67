// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IEnergyConverter, Report} from "./IEnergyConverter.sol";
import {IOracleCommittee} from "./IReporters.sol";

/// @title k-of-n signatures over a batch of reports
contract OracleCommittee is IOracleCommittee, AccessManaged, EIP712 {
    /* solhint-disable gas-small-strings */
    bytes32 private constant REPORT_TYPE = keccak256(
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
    address[] private _members;
    /// @dev The latest configuration that an address belongs to; earlier members fall out by themselves.
    mapping(address member => uint32 configuration) private _memberIn;

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
        uint32 current = configuration;
        uint8 needed = quorum;
        if (reports.length == 0) revert EmptyBatch();
        if (block.timestamp > deadline) revert BatchExpired(deadline, block.timestamp);
        if (signatures.length != needed) revert WrongSignatureCount(signatures.length, needed);

        bytes32 batch = _digest(reports, deadline, current);
        address previous = address(0);
        for (uint256 i = 0; i < needed; ++i) {
            (address signer, ECDSA.RecoverError problem, ) = ECDSA.tryRecoverCalldata(batch, signatures[i]);
            if (problem != ECDSA.RecoverError.NoError) revert MalformedSignature(i);
            if (_memberIn[signer] != current) revert NotMember(signer);
            if (signer <= previous) revert SignersNotAscending(previous, signer);
            previous = signer;
        }

        emit BatchSubmitted(msg.sender, uint32(reports.length), current);
        converter.settle(reports);
    }

    /// @inheritdoc IOracleCommittee
    function setCommittee(address[] calldata members_, uint8 quorum_) external restricted {
        _setCommittee(members_, quorum_);
    }

    /// @inheritdoc IOracleCommittee
    function members() external view returns (address[] memory) {
        return _members;
    }

    /// @inheritdoc IOracleCommittee
    function digest(Report[] calldata reports, uint64 deadline) external view returns (bytes32) {
        return _digest(reports, deadline, configuration);
    }

    function _setCommittee(address[] memory members_, uint8 quorum_) private {
        uint256 count = members_.length;
        if (count == 0 || count > MOST_MEMBERS) revert InvalidMembers(count, MOST_MEMBERS);
        if (quorum_ > count || 2 * uint256(quorum_) <= count) revert InvalidQuorum(quorum_, count);

        uint32 next = configuration + 1;
        address previous = address(0);
        for (uint256 i = 0; i < count; ++i) {
            address member = members_[i];
            if (member <= previous) revert MembersNotAscending(previous, member);
            _memberIn[member] = next;
            previous = member;
        }
        configuration = next;
        quorum = quorum_;
        _members = members_;

        emit CommitteeChanged(next, members_, quorum_);
    }

    function _digest(
        Report[] calldata reports,
        uint64 deadline,
        uint32 current
    ) private view returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](reports.length);
        for (uint256 i = 0; i < reports.length; ++i)
            hashes[i] = keccak256(abi.encode(REPORT_TYPE, reports[i]));
        return
            _hashTypedDataV4(
                keccak256(abi.encode(BATCH_TYPE, keccak256(abi.encodePacked(hashes)), deadline, current))
            );
    }
}
