// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SignedReading} from "./SignedReading.sol";

/// @title Two signed readings of one meter that cannot both be true suspend it
interface IEquivocationProof {
    /// @notice `witness` showed that the meter's key signed contradicting readings of `epoch` with these numbers.
    event EquivocationProven(
        bytes32 indexed meterId,
        address indexed witness,
        uint32 epoch,
        uint64 earlierSequence,
        uint64 laterSequence
    );

    error DifferentMeters(bytes32 earlierId, bytes32 laterId);
    error NotInEpoch(bytes32 meterId, uint32 given, uint32 current);
    error NoDeviceKey(bytes32 meterId);
    error SequenceDescends(uint64 earlier, uint64 later);
    error NoContradiction(bytes32 meterId, uint64 earlierSequence, uint64 laterSequence);

    /// @notice Suspend a meter, until it has a new key or epoch, by two readings that its present key signed in its
    ///         present epoch and that contradict each other: they have one number and different contents, or the one
    ///         with the higher number has a lower register, or a time of this epoch that is more than 120 s earlier.
    ///         Anyone.
    /// @dev Reverts with `DifferentMeters`, `SequenceDescends`, `UnknownMeter`, `NotInEpoch`, `NoDeviceKey`,
    ///      `NoContradiction` (also for one reading twice, whatever its signatures), `HighS`, `WrongDeviceSignature`
    ///      (also for a signature of another key, chain or registry), or `Equivocal` when it is known already.
    function prove(SignedReading calldata earlier, SignedReading calldata later) external;
}
