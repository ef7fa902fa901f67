// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IEnergyConverter, Report} from "./IEnergyConverter.sol";
import {IMeterRegistry} from "./IMeterRegistry.sol";
import {IDeviceReporter, IFallbackReporter} from "./IReporters.sol";
import {checkDeviceSignature, readingDigest as digestOf} from "./SignedReading.sol";

/// @title The meter's own signed reading, submitted by anyone when the oracle is silent
contract DeviceReporter is IDeviceReporter {
    IMeterRegistry public immutable registry;
    IEnergyConverter public immutable converter;
    /// @inheritdoc IDeviceReporter
    uint40 public immutable silence;

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
        uint256 allowedAt = _lastHeard(meterId, meter) + silence;
        if (block.timestamp < allowedAt) revert NotSilent(meterId, allowedAt);
        bytes32 digest = digestOf(registry, report, sequence);
        checkDeviceSignature(meterId, meter.keyX, meter.keyY, digest, r, s);
        (bool ok, IEnergyConverter.SkipReason reason) = converter.check(report);
        if (!ok) revert ReadingRejected(meterId, reason);

        emit DeviceReadingSubmitted(meterId, msg.sender, sequence);
        Report[] memory reports = new Report[](1);
        reports[0] = report;
        converter.settle(reports);
    }

    /// @inheritdoc IDeviceReporter
    function readingDigest(Report calldata report, uint64 sequence) external view returns (bytes32) {
        return digestOf(registry, report, sequence);
    }

    /// @inheritdoc IFallbackReporter
    /// @dev Meters of class A alone, and not for the first `silence` seconds.
    function isFallback() external pure returns (bool) {
        return true;
    }

    /// @dev Where nothing has settled yet, silence begins when the epoch does.
    function _lastHeard(bytes32 meterId, IMeterRegistry.Meter memory meter) private view returns (uint256) {
        (, , , , uint40 timestamp, ) = converter.settled(meterId);
        return Math.max(timestamp, Math.max(meter.epochDeclaredAt, meter.activeFrom));
    }
}
