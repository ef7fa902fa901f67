// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Report} from "./IEnergyConverter.sol";
import {IEquivocationProof} from "./IEquivocationProof.sol";
import {IMeterRegistry} from "./IMeterRegistry.sol";
import {checkDeviceSignature, readingDigest, SignedReading} from "./SignedReading.sol";

/// @title Two signed readings of one meter that cannot both be true suspend it
/// @notice Holds the role that may call `MeterRegistry.suspendEquivocal`, and no other.
contract EquivocationProof is IEquivocationProof {
    IMeterRegistry public immutable registry;

    constructor(address registry_) {
        registry = IMeterRegistry(registry_);
    }

    /// @inheritdoc IEquivocationProof
    function prove(SignedReading calldata earlier, SignedReading calldata later) external {
        bytes32 meterId = earlier.report.meterId;
        if (later.report.meterId != meterId) revert DifferentMeters(meterId, later.report.meterId);
        if (earlier.sequence > later.sequence) revert SequenceDescends(earlier.sequence, later.sequence);
        IMeterRegistry.Meter memory meter = registry.meter(meterId);
        if (meter.number == 0) revert IMeterRegistry.UnknownMeter(meterId);
        if (meter.keyX == 0 && meter.keyY == 0) revert NoDeviceKey(meterId);
        _checkEpoch(meter, earlier.report);
        _checkEpoch(meter, later.report);

        bytes32 earlierDigest = readingDigest(registry, earlier.report, earlier.sequence);
        bytes32 laterDigest = readingDigest(registry, later.report, later.sequence);
        // The digest is of the content alone: two signatures over one reading prove nothing.
        bool contradict =
            earlier.sequence == later.sequence
                ? earlierDigest != laterDigest
                : _descends(earlier.report, later.report);
        if (!contradict) revert NoContradiction(meterId, earlier.sequence, later.sequence);
        checkDeviceSignature(meterId, meter, earlierDigest, earlier.r, earlier.s);
        checkDeviceSignature(meterId, meter, laterDigest, later.r, later.s);

        emit EquivocationProven(meterId, msg.sender, meter.epoch, earlier.sequence, later.sequence);
        registry.suspendEquivocal(meterId);
    }

    function _checkEpoch(IMeterRegistry.Meter memory meter, Report calldata report) private pure {
        if (report.epoch != meter.epoch) revert NotInEpoch(report.meterId, report.epoch, meter.epoch);
    }

    /// @dev What only grows fell. Two readings within a second are honest, and a battery's content may fall.
    function _descends(Report calldata earlier, Report calldata later) private pure returns (bool) {
        return
            later.timestamp < earlier.timestamp ||
            later.exportWh < earlier.exportWh ||
            later.importWh < earlier.importWh;
    }
}
