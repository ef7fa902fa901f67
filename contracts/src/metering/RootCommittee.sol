// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Report} from "./IEnergyConverter.sol";
import {IRootCommittee} from "./IRootCommittee.sol";
import {CodeList} from "./CodeList.sol";
import {OracleCommittee} from "./OracleCommittee.sol";

/// @title The committee, which signs batches of reports, or one Merkle root of every meter's report
/// @dev What is deployed as the committee: members, quorum and reporter are one for both. Storage, after that of the
///      `OracleCommittee`:
///
/// | slot | variable                | bits, lowest first                            |
/// |------|-------------------------|-----------------------------------------------|
/// | 4    | `_commitments[minute]`  | root 224, minute 32; 1,024 words, used again  |
contract RootCommittee is IRootCommittee, OracleCommittee {
    /// @dev In the steady state a commitment writes a word that was written before.
    struct Commitment {
        bytes28 root; // 224 bits of it: 112 bits against collisions
        uint32 minute; // the window's end
    }

    // solhint-disable gas-small-strings
    bytes32 private constant ROOT_TYPE = keccak256(
        "RegistersRoot(bytes32 root,uint40 windowEnd,uint64 deadline,uint32 configuration)"
    );
    // solhint-enable gas-small-strings
    /// @dev Windows end on whole minutes, the least time between two settled reports.
    uint256 private constant GRID = 60;
    uint256 private constant KEPT = 1_024;
    /// @dev The siblings of a leaf in a tree of 2^32 meters.
    uint256 private constant LONGEST_PROOF = 32;
    /// @dev Seconds after a window's end within which a report of it is stamped: longer than the pool waits for one
    ///      where it is deployed (`PATIENCE` of 10 minutes).
    uint256 private constant LATEST = 15 minutes;

    Commitment[KEPT] private _commitments;

    constructor(
        address accessManager,
        address converter_,
        address[] memory members_,
        uint8 quorum_
    ) OracleCommittee(accessManager, converter_, members_, quorum_) {}

    /// @inheritdoc IRootCommittee
    function commitRoot(
        bytes32 root,
        uint40 windowEnd,
        uint64 deadline,
        bytes[] calldata signatures
    ) external {
        if (root == 0) revert ZeroRoot(windowEnd);
        if (windowEnd % GRID != 0) revert WindowOffGrid(windowEnd, GRID);
        if (windowEnd > block.timestamp) revert WindowInFuture(windowEnd, block.timestamp);
        _checkCommittee(windowEnd);
        // A time that has passed has fewer minutes than 2^32.
        uint32 minute = uint32(windowEnd / GRID);
        Commitment storage kept = _commitments[minute % KEPT];
        uint32 last = kept.minute;
        if (minute <= last) revert WindowTooOld(windowEnd, uint40(last * GRID));
        (uint32 current, uint8 needed, CodeList list) = (configuration, quorum, _members);
        bytes32 signed = _commitmentDigest(root, windowEnd, deadline, current);
        _checkSigned(signed, deadline, needed, list, signatures);

        _commitments[minute % KEPT] = Commitment({root: bytes28(root), minute: minute});

        emit RootCommitted(windowEnd, root, msg.sender, current);
    }

    /// @inheritdoc IRootCommittee
    function settleProven(Report calldata report, uint40 windowEnd, bytes32[] calldata proof) external {
        bytes28 root = _known(windowEnd);
        _checkTime(report, windowEnd);
        if (proof.length > LONGEST_PROOF) revert ProofTooLong(proof.length, LONGEST_PROOF);
        if (bytes28(MerkleProof.processProofCalldata(proof, _leaf(report))) != root) {
            revert WrongProof(windowEnd, report.meterId);
        }

        uint256 offset;
        assembly ("memory-safe") {
            offset := report
        }
        _forward(offset, 1);
    }

    /// @inheritdoc IRootCommittee
    function settleAllProven(
        Report[] calldata reports,
        uint40 windowEnd,
        bytes32[] calldata proof,
        bool[] calldata proofFlags
    ) external {
        uint256 count = reports.length;
        if (count == 0) revert EmptyBatch();
        bytes28 root = _known(windowEnd);
        if (proofFlags.length > count * LONGEST_PROOF) {
            revert ProofTooLong(proofFlags.length, count * LONGEST_PROOF);
        }
        for (uint256 i = 0; i < count; ++i) _checkTime(reports[i], windowEnd);
        bytes32[] memory leaves = _hashAll(reports);
        if (bytes28(MerkleProof.processMultiProofCalldata(proof, proofFlags, leaves)) != root) {
            revert WrongProofOfMany(windowEnd, count);
        }

        uint256 offset;
        assembly ("memory-safe") {
            offset := reports.offset
        }
        _forward(offset, count);
    }

    /// @inheritdoc IRootCommittee
    function rootOf(uint40 windowEnd) external view returns (bytes28 root) {
        return _rootOf(windowEnd);
    }

    /// @inheritdoc IRootCommittee
    function commitmentDigest(
        bytes32 root,
        uint40 windowEnd,
        uint64 deadline
    ) external view returns (bytes32) {
        return _commitmentDigest(root, windowEnd, deadline, configuration);
    }

    /// @inheritdoc IRootCommittee
    function leaf(Report calldata report) external pure returns (bytes32) {
        return _leaf(report);
    }

    function _known(uint40 windowEnd) private view returns (bytes28 root) {
        root = _rootOf(windowEnd);
        if (root == 0) revert UnknownRoot(windowEnd);
        _checkCommittee(windowEnd);
    }

    /// @dev What members who were replaced have signed counts no more than a batch of theirs would. They can have
    ///      committed no window that ended later than they went; the new ones' reports cover those before.
    function _checkCommittee(uint40 windowEnd) private view {
        uint40 since = _configuredAt;
        if (windowEnd <= since) revert RootOfFormerCommittee(windowEnd, since);
    }

    /// @dev A report from the future would wait here for its time, whoever is on the committee by then.
    function _checkTime(Report calldata report, uint40 windowEnd) private pure {
        uint256 latest = windowEnd + LATEST;
        if (report.timestamp > latest) revert ReportAfterWindow(report.meterId, report.timestamp, latest);
    }

    function _rootOf(uint40 windowEnd) private view returns (bytes28) {
        Commitment memory kept = _commitments[(windowEnd / GRID) % KEPT];
        return kept.minute * GRID == windowEnd ? kept.root : bytes28(0);
    }

    function _commitmentDigest(
        bytes32 root,
        uint40 windowEnd,
        uint64 deadline,
        uint32 current
    ) private view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ROOT_TYPE, root, windowEnd, deadline, current)));
    }

    function _leaf(Report calldata report) private pure returns (bytes32) {
        return keccak256(abi.encode(REPORT_TYPE, report));
    }
}
