// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MarketAccess} from "../../../contracts/src/governance/MarketAccess.sol";
import {EnergyMarket} from "../../../contracts/src/market/EnergyMarket.sol";
import {EnergyConverter} from "../../../contracts/src/metering/EnergyConverter.sol";
import {Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {MeterRegistry} from "../../../contracts/src/metering/MeterRegistry.sol";
import {EnergyToken} from "../../../contracts/src/tokens/EnergyToken.sol";
import {RupiahToken} from "../../../contracts/src/tokens/RupiahToken.sol";
import {Check} from "./Vm.sol";

/// @notice The real contracts, deployed and wired. This contract holds every role and is a reporter.
abstract contract MarketFixture is Check {
    /// @dev Jakarta, H3 resolution 7, and its parents.
    uint64 internal constant CELL = 0x878c106a4ffffff;
    uint64 internal constant CELL_6 = 0x868c106a7ffffff;
    uint64 internal constant CELL_0 = 0x808dfffffffffff;
    uint64 internal constant OTHER_CELL = 0x878c107a4ffffff;
    uint256 internal constant START = 1_800_000_000;
    /// @dev The generator of P-256: any point on the curve does for a device key.
    bytes32 internal constant KEY_X = 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296;
    bytes32 internal constant KEY_Y = 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5;

    MarketAccess internal access;
    MeterRegistry internal registry;
    EnergyConverter internal converter;
    EnergyToken internal energyToken;
    RupiahToken internal rupiahToken;
    EnergyMarket internal market;

    uint256 private _bankReference;

    function deploySystem() internal {
        vm.warp(START);
        access = new MarketAccess(address(this));
        registry = new MeterRegistry(
            address(access),
            0,
            [type(uint32).max, type(uint32).max, type(uint32).max, type(uint32).max]
        );
        converter = new EnergyConverter(address(access), address(registry), 3);
        registry.setConverter(address(converter));
        energyToken = EnergyToken(converter.energyToken());
        rupiahToken = new RupiahToken(address(access));
        market = new EnergyMarket(
            address(access),
            address(registry),
            address(converter),
            address(energyToken),
            address(rupiahToken),
            1_000,
            false
        );
        converter.setMarket(address(market));
        converter.setReporter(address(this), true);
    }

    /* MONEY */

    /// @notice IDRS at the bank became IDRS in the wallet.
    function giveMoney(address account, uint128 idrs) internal {
        if (idrs != 0) rupiahToken.deposit(account, idrs, bytes32(++_bankReference));
    }

    /// @notice ETK as the converter mints it.
    function giveEnergy(address account, uint256 wattHours) internal {
        vm.prank(address(converter));
        energyToken.mint(account, wattHours);
    }

    function approveAll(address account) internal {
        vm.prank(account);
        energyToken.approve(address(market), type(uint256).max);
        vm.prank(account);
        rupiahToken.approve(address(market), type(uint256).max);
    }

    /// @notice An account with a trading balance, and nothing in the wallet.
    function fund(address account, uint128 energyWh, uint128 idrs) internal {
        giveEnergy(account, energyWh);
        giveMoney(account, idrs);
        approveAll(account);
        vm.prank(account);
        market.deposit(energyWh, idrs);
    }

    /* CALLS */

    /// @notice The market refuses `call` of `sender` with exactly `reason`.
    function refuses(address sender, bytes memory call, bytes memory reason) internal {
        vm.prank(sender);
        (bool done, bytes memory answer) = address(market).call(call);
        check(!done, "the call is refused");
        check(keccak256(answer) == keccak256(reason), "the error says why");
    }

    function equalBalance(address account, uint256 energyWh, uint256 idrs, string memory what) internal view {
        (uint128 energy, uint128 cash) = market.tradingBalance(account);
        equal(energy, energyWh, what);
        equal(cash, idrs, what);
    }

    /* METERS */

    /// @notice A battery meter of `owner`, with a baseline report that moves nothing.
    function addBattery(bytes32 id, address owner, uint64 capacityWh, uint64 storedWh) internal {
        addMeter(id, owner, IMeterRegistry.MeterKind.Battery, capacityWh);
        vm.warp(time() + 60);
        settle(id, 0, storedWh);
    }

    function addMeter(bytes32 id, address owner, IMeterRegistry.MeterKind kind, uint64 capacityWh) internal {
        registry.register(
            IMeterRegistry.Registration({
                meterId: id,
                owner: owner,
                kind: kind,
                trust: IMeterRegistry.TrustClass.A,
                connectionPoint: keccak256(bytes.concat(id)),
                exportWatts: 4_000_000_000,
                importWatts: 4_000_000_000,
                capacityWh: capacityWh,
                creditWh: 0,
                h3Cell: CELL,
                keyX: KEY_X,
                keyY: KEY_Y
            })
        );
    }

    /// @notice Settles a report of now.
    function settle(bytes32 id, uint64 exportWh, uint64 storedWh) internal {
        settle(id, exportWh, 0, storedWh);
    }

    function settle(bytes32 id, uint64 exportWh, uint64 importWh, uint64 storedWh) internal {
        Report[] memory reports = new Report[](1);
        reports[0] = Report({
            meterId: id,
            exportWh: exportWh,
            importWh: importWh,
            storedWh: storedWh,
            timestamp: time(),
            epoch: 1
        });
        converter.settle(reports);
        (uint64 settledWh, , , , uint40 timestamp, ) = converter.settled(id);
        check(settledWh == exportWh && timestamp == time(), "the report was settled");
    }
}
