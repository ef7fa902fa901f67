// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEnergyConverter, Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {System} from "../System.sol";

/// @notice The system with two homes.
abstract contract MeteringFixture is System {
    bytes32 internal constant HOME = "home-01";
    bytes32 internal constant OTHER = "home-02";
    uint32 internal constant WATTS = 10_000;
    uint64 internal constant CREDIT = 5_000;
    uint32 internal constant HOUR = 3_600;

    /// @dev The block's time. The compiler takes it for constant within a transaction, and so reads it too rarely here.
    uint256 internal clock = START;
    address internal owner = address(0xA11CE);
    address internal otherOwner = address(0xB0B);
    address internal stranger = address(0x5EED);

    function setUp() public virtual {
        deploySystem();
        install(registration(HOME, owner));
        install(registration(OTHER, otherOwner));
    }

    function registration(
        bytes32 id,
        address owner_
    ) internal pure returns (IMeterRegistry.Registration memory) {
        return
            IMeterRegistry.Registration({
                meterId: id,
                owner: owner_,
                kind: IMeterRegistry.MeterKind.Prosumer,
                trust: IMeterRegistry.TrustClass.A,
                connectionPoint: keccak256(bytes.concat(id)),
                exportWatts: WATTS,
                importWatts: WATTS,
                capacityWh: 0,
                creditWh: CREDIT,
                h3Cell: CELL,
                keyX: KEY_X,
                keyY: KEY_Y
            });
    }

    /// @notice A report of now in the meter's current epoch.
    function reading(bytes32 id, uint64 exportWh, uint64 importWh) internal view returns (Report memory) {
        (, , , , , uint32 epoch) = converter.settled(id);
        return
            Report({
                meterId: id,
                exportWh: exportWh,
                importWh: importWh,
                storedWh: 0,
                timestamp: uint40(clock),
                epoch: epoch
            });
    }

    function pass(uint256 elapsed) internal {
        clock += elapsed;
        vm.warp(clock);
    }

    function submit(Report memory report) internal {
        Report[] memory reports = new Report[](1);
        reports[0] = report;
        converter.settle(reports);
    }

    /// @notice An hour later the meter shows these registers, and they settle.
    function settleAfterHour(bytes32 id, uint64 exportWh, uint64 importWh) internal {
        pass(HOUR);
        Report memory report = reading(id, exportWh, importWh);
        (bool ok, ) = converter.check(report);
        check(ok, "the report is acceptable");
        submit(report);
    }

    /// @notice `report` is skipped for `reason`, `check` says so too, and nothing has changed.
    function expectSkipped(Report memory report, IEnergyConverter.SkipReason reason) internal {
        (bool ok, IEnergyConverter.SkipReason said) = converter.check(report);
        check(!ok && said == reason, "check gives the reason");
        bytes32 before = stateOf(report.meterId);

        vm.expectEmit(address(converter));
        emit IEnergyConverter.ReportSkipped(report.meterId, reason, report.timestamp);
        submit(report);

        check(stateOf(report.meterId) == before, "a skipped report changes nothing");
    }

    function stateOf(bytes32 id) internal view returns (bytes32) {
        (
            uint64 exportWh,
            uint64 importWh,
            uint64 debtWh,
            uint64 storedWh,
            uint40 timestamp,
            uint32 epoch
        ) = converter.settled(id);
        return
            keccak256(
                abi.encode(
                    exportWh,
                    importWh,
                    debtWh,
                    storedWh,
                    timestamp,
                    epoch,
                    exportOf(id),
                    energyToken.totalSupply()
                )
            );
    }

    /// @notice All that was exported, over all epochs and as corrected.
    function exportOf(bytes32 id) internal view returns (uint64 exportWh) {
        (exportWh, ) = converter.counted(id);
    }

    function debtOf(bytes32 id) internal view returns (uint64 debtWh) {
        (, , debtWh, , , ) = converter.settled(id);
    }

    function declareEpoch(bytes32 id, Report memory closing) internal {
        converter.proposeEpoch(id, closing);
        vm.prank(registry.meter(id).owner);
        converter.acceptEpoch(id, closing);
    }
}
