// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Side} from "../../../contracts/src/market/IEnergyMarket.sol";
import {Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {System} from "../System.sol";

/// @notice The system with funded accounts and batteries.
abstract contract MarketFixture is System {
    uint64 internal constant OTHER_CELL = 0x878c107a4ffffff;
    /// @dev The storage slots of the book's bounds, and where the market's queues begin.
    uint256 private constant BOUNDS = 8_589_934_594;
    uint256 private constant QUEUES = 8_589_935_109;

    uint256 private _bankReference;

    /* MONEY */

    /// @notice IDRS at the bank became IDRS in the wallet.
    function giveMoney(address account, uint128 idrs) internal {
        if (idrs != 0) rupiahToken.deposit(account, idrs, bytes32(++_bankReference));
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

    /// @notice Where the market keeps the queue of a price, see `Queue`.
    function _queueSlot(Side side, uint16 tick) internal pure returns (bytes32) {
        return bytes32(QUEUES + (uint256(side) << 16) + tick);
    }

    /// @notice Whether the book keeps a bound that is better than the best order of `side`, and how: the bound is never
    ///         worse, or orders that cross would not be seen.
    function _staleBound(Side side) internal view returns (bool stale) {
        uint256 word = uint256(vm.load(address(market), bytes32(BOUNDS)));
        uint16 bound = uint16(word >> (side == Side.Bid ? 8 : 24));
        uint16 best = market.bestPrice(side);
        uint16 position = best == 0 || side == Side.Bid ? best : ~best;
        check(bound >= position, "B12: no order is better than the bound of its side");
        return bound > position;
    }

    /* METERS */

    /// @notice A battery meter of `owner`, with a baseline report that moves nothing.
    function addBattery(bytes32 id, address owner, uint64 capacityWh, uint64 storedWh) internal {
        addMeter(id, owner, IMeterRegistry.MeterKind.Battery, capacityWh);
        vm.warp(time() + 60);
        settle(id, 0, storedWh);
    }

    function addMeter(bytes32 id, address owner, IMeterRegistry.MeterKind kind, uint64 capacityWh) internal {
        install(registration(id, owner, kind, capacityWh));
    }

    function registration(
        bytes32 id,
        address owner,
        IMeterRegistry.MeterKind kind,
        uint64 capacityWh
    ) internal pure returns (IMeterRegistry.Registration memory) {
        return
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
            });
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
