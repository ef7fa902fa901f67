// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IEnergyMarket} from "../../../contracts/src/market/IEnergyMarket.sol";
import {IEnergyConverter, Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {EnergyToken} from "../../../contracts/src/tokens/EnergyToken.sol";
import {Check} from "../market/Vm.sol";

/// @dev One more cheatcode.
interface Artifacts {
    function getCode(string calldata name) external view returns (bytes memory);
}

/// @notice The real contracts with two homes. This contract holds every role and is a reporter.
abstract contract MeteringFixture is Check {
    uint256 internal constant START = 1_800_000_000;
    /// @dev Jakarta, H3 resolution 7, and its parents.
    uint64 internal constant CELL = 0x878c106a4ffffff;
    uint64 internal constant CELL_6 = 0x868c106a7ffffff;
    uint64 internal constant CELL_0 = 0x808dfffffffffff;
    /// @dev The generator of P-256: any point on the curve does for a device key.
    bytes32 internal constant KEY_X = 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296;
    bytes32 internal constant KEY_Y = 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5;
    bytes32 internal constant HOME = "home-01";
    bytes32 internal constant OTHER = "home-02";
    uint32 internal constant WATTS = 10_000;
    uint64 internal constant CREDIT = 5_000;
    uint32 internal constant HOUR = 3_600;

    IAccessManager internal access;
    IMeterRegistry internal registry;
    IEnergyConverter internal converter;
    EnergyToken internal energyToken;
    IEnergyMarket internal market;

    /// @dev The block's time. The compiler takes it for constant within a transaction, and so reads it too rarely here.
    uint256 internal clock = START;
    address internal owner = address(0xA11CE);
    address internal otherOwner = address(0xB0B);
    address internal stranger = address(0x5EED);

    function setUp() public virtual {
        deploySystem();
        registry.register(registration(HOME, owner));
        registry.register(registration(OTHER, otherOwner));
    }

    /// @dev From the compiled artifacts, exactly as they are deployed; the tests themselves stay quick to compile.
    function deploySystem() internal {
        vm.warp(START);
        access = IAccessManager(create("MarketAccess", abi.encode(address(this))));
        uint32 most = type(uint32).max;
        registry = IMeterRegistry(create("MeterRegistry", abi.encode(access, 0, [most, most, most, most])));
        converter = IEnergyConverter(create("EnergyConverter", abi.encode(access, registry, 3)));
        registry.setConverter(address(converter));
        energyToken = EnergyToken(converter.energyToken());
        address rupiahToken = create("RupiahToken", abi.encode(access));
        market = IEnergyMarket(
            create(
                "EnergyMarket",
                abi.encode(access, registry, converter, energyToken, rupiahToken, 1_000, false)
            )
        );
        converter.setMarket(address(market));
        converter.setReporter(address(this), true);
    }

    /// @notice ETK as the converter mints it.
    function giveEnergy(address account, uint256 wattHours) internal {
        vm.prank(address(converter));
        energyToken.mint(account, wattHours);
    }

    /// @notice The market may pull the account's ETK.
    function approveAll(address account) internal {
        vm.prank(account);
        energyToken.approve(address(market), type(uint256).max);
    }

    function create(string memory name, bytes memory arguments) internal returns (address created) {
        bytes memory code = bytes.concat(
            Artifacts(address(vm)).getCode(string.concat(name, ".sol:", name)),
            arguments
        );
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
        }
        check(created != address(0), name);
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
                    converter.settledExport(id),
                    energyToken.totalSupply()
                )
            );
    }

    function debtOf(bytes32 id) internal view returns (uint64 debtWh) {
        (, , debtWh, , , ) = converter.settled(id);
    }

    function declareEpoch(bytes32 id, Report memory closing) internal {
        converter.proposeEpoch(id, closing);
        vm.prank(registry.meter(id).owner);
        converter.declareEpoch(id);
    }
}
