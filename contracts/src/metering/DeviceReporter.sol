// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IEnergyConverter, Report} from "./IEnergyConverter.sol";
import {IMeterRegistry} from "./IMeterRegistry.sol";
import {IDeviceReporter, IFallbackReporter} from "./IReporters.sol";
import {checkDeviceSignature, readingDigest as digestOf} from "./SignedReading.sol";

/// @title The meter's own signed reading, submitted by anyone when the oracle is silent
/// @dev Storage:
///
/// | slot | variable        | bits, lowest first       |
/// |------|-----------------|--------------------------|
/// | 0    | `_own[meterId]` | timestamp 40, heardAt 40 |
contract DeviceReporter is IDeviceReporter {
    /// @param timestamp Of the latest own reading that settled
    /// @param heardAt When another reporter had last settled the meter then, or its epoch begun
    struct Own {
        uint40 timestamp;
        uint40 heardAt;
    }

    IMeterRegistry public immutable registry;
    IEnergyConverter public immutable converter;
    /// @inheritdoc IDeviceReporter
    uint40 public immutable silence;

    mapping(bytes32 meterId => Own) private _own;

    constructor(address registry_, address converter_, uint40 silence_) {
        registry = IMeterRegistry(registry_);
        converter = IEnergyConverter(converter_);
        silence = silence_;
    }

    /// @inheritdoc IDeviceReporter
    function submit(Report calldata report, uint64 sequence, bytes32 r, bytes32 s) external {
        bytes32 meterId = report.meterId;
        IMeterRegistry.Meter memory meter = registry.meter(meterId);
        if (meter.trust != IMeterRegistry.TrustClass.A) revert NotHighestTrust(meterId);
        uint256 heardAt = _lastHeard(meterId, meter);
        if (block.timestamp < heardAt + silence) revert NotSilent(meterId, heardAt + silence);
        bytes32 digest = digestOf(registry, report, sequence);
        checkDeviceSignature(meterId, meter.keyX, meter.keyY, digest, r, s);
        (bool ok, IEnergyConverter.SkipReason reason) = converter.check(report);
        if (!ok) revert ReadingRejected(meterId, reason);

        _own[meterId] = Own({timestamp: report.timestamp, heardAt: uint40(heardAt)});

        emit DeviceReadingSubmitted(meterId, msg.sender, sequence);
        Report[] memory reports = new Report[](1);
        reports[0] = report;
        converter.settle(reports);
    }

    /// @inheritdoc IDeviceReporter
    function readingDigest(Report calldata report, uint64 sequence) external view returns (bytes32) {
        return digestOf(registry, report, sequence);
    }

    /// @inheritdoc IDeviceReporter
    function allowedAt(bytes32 meterId) external view returns (uint256) {
        return _lastHeard(meterId, registry.meter(meterId)) + silence;
    }

    /// @inheritdoc IFallbackReporter
    /// @dev Meters of class A alone, and not for the first `silence` seconds.
    function isFallback() external pure returns (bool) {
        return true;
    }

    /// @dev Where nothing has settled yet, silence begins when the epoch does. An own reading does not end it: whoever
    ///      holds an earlier one would keep out the latest by it.
    function _lastHeard(bytes32 meterId, IMeterRegistry.Meter memory meter) private view returns (uint256) {
        (, , , , uint40 timestamp, ) = converter.settled(meterId);
        Own memory own = _own[meterId];
        if (timestamp == own.timestamp) timestamp = own.heardAt;
        return Math.max(timestamp, Math.max(meter.epochDeclaredAt, meter.activeFrom));
    }
}
