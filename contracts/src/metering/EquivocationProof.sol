// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Report} from "./IEnergyConverter.sol";
import {IEquivocationProof} from "./IEquivocationProof.sol";
import {IMeterRegistry} from "./IMeterRegistry.sol";
import {checkDeviceSignature, readingDigest, SignedReading} from "./SignedReading.sol";

/// @title Two signed readings of one meter that cannot both be true suspend it
/// @notice Holds the role that may call `MeterRegistry.recordEquivocation`, and no other.
contract EquivocationProof is IEquivocationProof {
    /// @dev How far a clock may be set back, seconds: as far as the converter lets it run ahead.
    uint256 private constant CLOCK_TOLERANCE = 120;

    IMeterRegistry public immutable registry;

    constructor(address registry_) {
        registry = IMeterRegistry(registry_);
    }

    /// @inheritdoc IEquivocationProof
    function prove(SignedReading calldata earlier, SignedReading calldata later) external {
        bytes32 meterId = earlier.report.meterId;
        if (later.report.meterId != meterId) revert DifferentMeters(meterId, later.report.meterId);
        if (earlier.sequence > later.sequence) revert SequenceDescends(earlier.sequence, later.sequence);
        (uint32 epoch, uint40 epochDeclaredAt, bytes32 keyX, bytes32 keyY) = registry.keyOf(meterId);
        // Epochs count from 1.
        if (epoch == 0) revert IMeterRegistry.UnknownMeter(meterId);
        if (keyX == 0 && keyY == 0) revert NoDeviceKey(meterId);
        _checkEpoch(epoch, earlier.report);
        _checkEpoch(epoch, later.report);

        bytes32 earlierDigest = readingDigest(registry, earlier.report, earlier.sequence);
        bytes32 laterDigest = readingDigest(registry, later.report, later.sequence);
        // The digest is of the content alone: two signatures over one reading prove nothing.
        bool contradict =
            earlier.sequence == later.sequence
                ? earlierDigest != laterDigest
                : _descends(epochDeclaredAt, earlier.report, later.report);
        if (!contradict) revert NoContradiction(meterId, earlier.sequence, later.sequence);
        checkDeviceSignature(meterId, keyX, keyY, earlierDigest, earlier.r, earlier.s);
        checkDeviceSignature(meterId, keyX, keyY, laterDigest, later.r, later.s);

        emit EquivocationProven(meterId, msg.sender, epoch, earlier.sequence, later.sequence);
        registry.recordEquivocation(meterId);
    }

    function _checkEpoch(uint32 epoch, Report calldata report) private pure {
        if (report.epoch != epoch) revert NotInEpoch(report.meterId, report.epoch, epoch);
    }

    /// @dev What only grows fell. Two readings within a second are honest, a battery's content may fall, a clock that
    ///      runs ahead is set back by as much, and one that shows a time before the epoch was not set at all.
    function _descends(
        uint40 epochDeclaredAt,
        Report calldata earlier,
        Report calldata later
    ) private pure returns (bool) {
        bool setBack = later.timestamp + CLOCK_TOLERANCE < earlier.timestamp;
        return
            (setBack && later.timestamp > epochDeclaredAt) ||
            later.exportWh < earlier.exportWh ||
            later.importWh < earlier.importWh;
    }
}
