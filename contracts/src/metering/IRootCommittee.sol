// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Report} from "./IEnergyConverter.sol";

/// @title k-of-n signatures over one Merkle root of every meter's report at a window's end
/// @notice Anyone brings any report of it to the converter later; registers are cumulative, so none has to be brought.
///         The oracle's nodes do so with `SETTLEMENT_MODE=roots`; otherwise they sign and submit batches.
///         Members, quorum and EIP-712 domain are the committee's; type
///         `RegistersRoot(bytes32 root,uint40 windowEnd,uint64 deadline,uint32 configuration)`.
///         A leaf is the report's EIP-712 struct hash, 224 bytes hashed, so that no inner node (64) passes for one; the
///         two children of a node are hashed in ascending order. One leaf a meter is what members sign; several are
///         settled one after the other, as in a batch. A root counts no longer than the committee that signed it.
interface IRootCommittee {
    /// @notice The committee agreed on what the meters said at `windowEnd`, unix seconds.
    event RootCommitted(
        uint40 indexed windowEnd,
        bytes32 root,
        address indexed submitter,
        uint32 configuration
    );

    error ZeroRoot(uint40 windowEnd);
    error WindowOffGrid(uint40 windowEnd, uint256 grid);
    error WindowInFuture(uint40 windowEnd, uint256 blockTime);
    error WindowTooOld(uint40 windowEnd, uint40 committed);
    error UnknownRoot(uint40 windowEnd);
    error RootOfFormerCommittee(uint40 windowEnd, uint40 configuredAt);
    error ReportAfterWindow(bytes32 meterId, uint40 timestamp, uint256 latest);
    error ProofTooLong(uint256 length, uint256 most);
    error WrongProof(uint40 windowEnd, bytes32 meterId);
    error WrongProofOfMany(uint40 windowEnd, uint256 reports);

    /// @notice Keep `root` for the window that ended at `windowEnd`, if exactly `quorum` distinct members signed it,
    ///         ascending by member address. Anyone. A window has one root; what is late is in the next one's.
    /// @param windowEnd A whole minute that has passed, unix seconds
    /// @param deadline Last moment at which the signatures count, unix seconds
    /// @dev Reverts with `ZeroRoot`, `WindowOffGrid`, `WindowInFuture`, `RootOfFormerCommittee` when it ended no
    ///      later than the committee became what it is, `BatchExpired`, `WindowTooOld` when this or a later window's
    ///      root is where this one would be kept, or as the committee's `submit` does for signatures.
    function commitRoot(
        bytes32 root,
        uint40 windowEnd,
        uint64 deadline,
        bytes[] calldata signatures
    ) external;
    /// @notice Settle one report of the root of `windowEnd`. Anyone.
    /// @param proof The sibling nodes from the leaf to the root, at most 32: a tree of 2^32 meters
    /// @dev Reverts with `UnknownRoot`, `RootOfFormerCommittee`, `ReportAfterWindow` when it is stamped more than 15
    ///      minutes after the window's end, `ProofTooLong` or `WrongProof`. What the converter refuses, a report that
    ///      was settled before among it, is skipped with its `ReportSkipped`: ask its `check` before.
    function settleProven(Report calldata report, uint40 windowEnd, bytes32[] calldata proof) external;
    /// @notice Settle several reports of the root of `windowEnd` with one proof of them all. Anyone. One that the
    ///         converter refuses is skipped.
    /// @param proof The nodes that cannot be computed from the leaves, in the order of OpenZeppelin's multiproofs
    /// @param proofFlags Whether each step hashes a computed node, or one of `proof`; at most 32 a report
    /// @dev Reverts with `EmptyBatch`, `UnknownRoot`, `RootOfFormerCommittee`, `ReportAfterWindow`, `ProofTooLong`,
    ///      `WrongProofOfMany` or `MerkleProofInvalidMultiproof`.
    function settleAllProven(
        Report[] calldata reports,
        uint40 windowEnd,
        bytes32[] calldata proof,
        bool[] calldata proofFlags
    ) external;
    /// @notice The first 28 bytes of the root of the window that ended at `windowEnd`, zero when none is kept: 1,024
    ///         roots at most are, whose ends are counted in minutes; a later one takes the place of the one 1,024
    ///         minutes, or a multiple, before it.
    function rootOf(uint40 windowEnd) external view returns (bytes28 root);
    /// @notice The digest that members sign.
    function commitmentDigest(
        bytes32 root,
        uint40 windowEnd,
        uint64 deadline
    ) external view returns (bytes32);
    /// @notice The leaf of `report`.
    function leaf(Report calldata report) external pure returns (bytes32);
}
