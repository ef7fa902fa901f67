// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IEnergyMarket} from "../../contracts/src/market/IEnergyMarket.sol";
import {IEnergyConverter} from "../../contracts/src/metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../../contracts/src/metering/IMeterRegistry.sol";
import {EnergyToken} from "../../contracts/src/tokens/EnergyToken.sol";
import {RupiahToken} from "../../contracts/src/tokens/RupiahToken.sol";
import {Check} from "./Vm.sol";

/// @notice The real contracts, deployed and wired. This contract holds every role and is a reporter.
abstract contract System is Check {
    uint256 internal constant START = 1_800_000_000;
    /// @dev Jakarta, H3 resolution 7, and its parents.
    uint64 internal constant CELL = 0x878c106a4ffffff;
    uint64 internal constant CELL_6 = 0x868c106a7ffffff;
    uint64 internal constant CELL_0 = 0x808dfffffffffff;
    /// @dev The generator of P-256: any point on the curve does for a device key.
    bytes32 internal constant KEY_X = 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296;
    bytes32 internal constant KEY_Y = 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5;

    IAccessManager internal access;
    IMeterRegistry internal registry;
    IEnergyConverter internal converter;
    EnergyToken internal energyToken;
    RupiahToken internal rupiahToken;
    IEnergyMarket internal market;

    function deploySystem() internal {
        vm.warp(START);
        access = IAccessManager(create("MarketAccess", abi.encode(address(this))));
        uint32 most = type(uint32).max;
        registry = IMeterRegistry(create("MeterRegistry", abi.encode(access, 0, [most, most, most, most])));
        converter = IEnergyConverter(create("EnergyConverter", abi.encode(access, registry, 3)));
        registry.setConverter(address(converter));
        energyToken = EnergyToken(converter.energyToken());
        rupiahToken = RupiahToken(create("RupiahToken", abi.encode(access)));
        market = IEnergyMarket(
            create(
                "EnergyMarket",
                abi.encode(access, registry, converter, energyToken, rupiahToken, 1_000, false)
            )
        );
        converter.setMarket(address(market));
        converter.setReporter(address(this), true);
    }

    /// @notice Registers a meter, and whom it is registered for accepts it.
    function install(IMeterRegistry.Registration memory registration) internal {
        registry.register(registration);
        vm.prank(registration.owner);
        registry.acceptMeter(registration.meterId, 0);
    }

    /// @notice ETK as the converter mints it.
    function giveEnergy(address account, uint256 wattHours) internal {
        vm.prank(address(converter));
        energyToken.mint(account, wattHours);
    }

    /// @notice The market may pull the account's ETK and IDRS.
    function approveAll(address account) internal {
        vm.prank(account);
        energyToken.approve(address(market), type(uint256).max);
        vm.prank(account);
        rupiahToken.approve(address(market), type(uint256).max);
    }
}
