// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {IEnergyConverter, Report} from "./IEnergyConverter.sol";
import {IMeterRegistry} from "./IMeterRegistry.sol";
import {IDeviceReporter} from "./IReporters.sol";

/// @title The meter's own signed reading, submitted by anyone when the oracle is silent
contract DeviceReporter is IDeviceReporter {
    /// @dev Half the order of P-256: a signature has two forms, and only the one with the lower `s` counts.
    uint256 private constant HIGHEST_S = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8;

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
        if (uint256(s) > HIGHEST_S) revert HighS(s);
        if (!P256.verify(readingDigest(report, sequence), r, s, meter.keyX, meter.keyY)) {
            revert WrongDeviceSignature(meterId);
        }
        (bool ok, IEnergyConverter.SkipReason reason) = converter.check(report);
        if (!ok) revert ReadingRejected(meterId, uint8(reason));

        emit DeviceReadingSubmitted(meterId, msg.sender, sequence);
        Report[] memory reports = new Report[](1);
        reports[0] = report;
        converter.settle(reports);
    }

    /// @inheritdoc IDeviceReporter
    function readingDigest(Report calldata report, uint64 sequence) public view returns (bytes32) {
        return
            sha256(
                abi.encodePacked(
                    "EnerLink reading v1",
                    uint64(block.chainid),
                    address(registry),
                    report.meterId,
                    report.epoch,
                    sequence,
                    uint64(report.timestamp),
                    report.exportWh,
                    report.importWh,
                    report.storedWh
                )
            );
    }

    /// @dev Where nothing has settled yet, silence begins when the epoch does.
    function _lastHeard(bytes32 meterId, IMeterRegistry.Meter memory meter) private view returns (uint256) {
        (, , , , uint40 timestamp, ) = converter.settled(meterId);
        return Math.max(timestamp, Math.max(meter.epochDeclaredAt, meter.activeFrom));
    }
}
