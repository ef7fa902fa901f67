// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {ISlotPool} from "../../../contracts/src/pool/ISlotPool.sol";
import {MarketFixture} from "../market/MarketFixture.sol";

/// @notice A community of homes, each with an owner, money and both limits open, at PLN's tariff.
abstract contract PoolFixture is MarketFixture {
    uint40 internal constant SLOT = 900;
    uint40 internal constant TOLERANCE = 120;
    uint40 internal constant PATIENCE = 600;
    uint40 internal constant NOTICE = 7 days;
    uint16 internal constant RETAIL = 1_445;
    uint16 internal constant FEED_IN = 900;
    uint16 internal constant FEE = 100;
    uint16 internal constant ANY = type(uint16).max;
    address internal constant UTILITY = address(0x9139);
    address internal constant GRID = address(0x6121D);

    ISlotPool internal pool;
    uint32 internal community;
    uint40 internal slotEnd;
    mapping(bytes32 id => uint64[2]) internal counted;

    function deployPool(bool adjustable) internal {
        deployPool(adjustable, NOTICE);
    }

    function deployPool(bool adjustable, uint40 notice) internal {
        deploySystem();
        uint40[5] memory settings = [SLOT, TOLERANCE, PATIENCE, notice, 3];
        pool = ISlotPool(create("SlotPool", abi.encode(access, market, converter, settings, adjustable)));
        converter.setPool(address(pool));
        fund(UTILITY, 1e12, 1e18);
        fund(GRID, 1, 0);
        allow(UTILITY);
        community = accepted(pool.createCommunity(UTILITY, GRID, RETAIL, FEED_IN, FEE), UTILITY);
    }

    function accepted(uint32 id, address utility) internal returns (uint32) {
        vm.prank(utility);
        pool.acceptCommunity(id);
        return id;
    }

    function allow(address account) internal {
        vm.prank(account);
        market.authorizeModule(address(pool), true);
    }

    function home(uint256 i) internal pure returns (bytes32) {
        return bytes32(bytes.concat("home-", bytes1(uint8(65 + i / 16)), bytes1(uint8(65 + (i % 16)))));
    }

    function ownerOf(uint256 i) internal pure returns (address) {
        return address(uint160(0xA0000 + i));
    }

    /// @notice `count` homes, settled just now, with money, and members from now on.
    function addHomes(uint256 count) internal {
        for (uint256 i = 0; i < count; ++i) {
            addMeter(home(i), ownerOf(i), IMeterRegistry.MeterKind.Prosumer, 0);
            fund(ownerOf(i), 0, 1e15);
            allow(ownerOf(i));
        }
        vm.warp(time() + 60);
        for (uint256 i = 0; i < count; ++i) {
            settle(home(i), 0, 0);
            joinAs(i, 1, ANY);
        }
    }

    function joinAs(uint256 i, uint16 sellFrom, uint16 buyUpTo) internal {
        pool.admit(home(i), community);
        vm.prank(ownerOf(i));
        pool.join(home(i), community, sellFrom, buyUpTo);
    }

    /// @notice The next slot's end has come.
    function toSlotEnd() internal {
        slotEnd = (time() / SLOT + 1) * SLOT;
        vm.warp(slotEnd);
    }

    /// @notice The meter counted so much more, read now.
    function read(uint256 i, uint64 exportedWh, uint64 importedWh) internal {
        uint64[2] storage total = counted[home(i)];
        total[0] += exportedWh;
        total[1] += importedWh;
        readAt(i, time());
    }

    /// @notice Member `i` is settled at what it has counted, stamped `timestamp`.
    function readAt(uint256 i, uint40 timestamp) internal {
        uint64[2] storage total = counted[home(i)];
        Report[] memory reports = new Report[](1);
        (, , , , , uint32 epoch) = converter.settled(home(i));
        reports[0] = Report(home(i), total[0], total[1], 0, timestamp, epoch);
        (bool ok, ) = converter.check(reports[0]);
        check(ok, "the reading is acceptable");
        converter.settle(reports);
    }

    /// @notice A first slot in which nobody counted anything: from its end on everybody's energy has a slot.
    function begin(uint256 count) internal {
        toSlotEnd();
        for (uint256 i = 0; i < count; ++i) read(i, 0, 0);
        pool.clear(community, slotEnd);
    }

    function clear() internal returns (uint256 price, uint256 sharedWh) {
        return pool.clear(community, slotEnd);
    }

    function cash(address account) internal view returns (uint256 idrs) {
        (, idrs) = market.tradingBalance(account);
    }

    function energy(address account) internal view returns (uint256 energyWh) {
        (energyWh, ) = market.tradingBalance(account);
    }

    function arrears(uint256 i) internal view returns (uint64 debtWh) {
        (, , debtWh, , , ) = converter.settled(home(i));
    }

    /// @notice What a slotted meter has open: import less export since its last slot.
    function open(uint256 i) internal view returns (int256) {
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = home(i);
        return int56(uint56(converter.registersOf(ids)[0] >> 88));
    }

    function refuse(address sender, address target, bytes memory call, bytes memory reason) internal {
        vm.prank(sender);
        (bool done, bytes memory answer) = target.call(call);
        check(!done, "the call is refused");
        check(keccak256(answer) == keccak256(reason), "the error says why");
    }

    function refusePool(address sender, bytes memory call, bytes memory reason) internal {
        refuse(sender, address(pool), call, reason);
    }
}
