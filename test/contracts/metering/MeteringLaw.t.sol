// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {MeteringFixture} from "./MeteringFixture.sol";
import {RandomMetering} from "./RandomMetering.sol";

/// @dev Where the runner of the invariants finds it: beside them.
contract MeteringHandler is RandomMetering {}

/// @notice The law of metering, by name: see also C3 in `OracleCommittee.t.sol`.
contract MeteringInvariantTest {
    MeteringHandler private handler;

    function setUp() external {
        handler = new MeteringHandler();
        handler.setUp();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (Target[] memory targets) {
        targets = new Target[](1);
        targets[0].addr = address(handler);
        bytes4[] memory selectors = new bytes4[](13);
        // Reports are what it is about.
        for (uint256 i = 0; i < 3; ++i) selectors[i] = handler.report.selector;
        selectors[3] = handler.reportBoth.selector;
        selectors[4] = handler.reportBoth.selector;
        selectors[5] = handler.repay.selector;
        selectors[6] = handler.deposit.selector;
        selectors[7] = handler.withdraw.selector;
        selectors[8] = handler.hide.selector;
        selectors[9] = handler.unhide.selector;
        selectors[10] = handler.suspendOrResume.selector;
        selectors[11] = handler.beginEpoch.selector;
        selectors[12] = handler.correct.selector;
        targets[0].selectors = selectors;
    }

    /// hardhat-config: invariant.runs = 30
    function invariant_C1_TheLawHolds() external view {
        handler.checkLaw();
    }

    /// hardhat-config: invariant.runs = 30
    function invariant_C2_C4_C5_TheRegistersAreThoseOfTheLastTrueReport() external view {
        handler.checkRegisters();
    }

    /// hardhat-config: invariant.runs = 30
    function invariant_BurnsNeverTouchOrders() external view {
        handler.checkTokens();
    }

    /// @dev Sequences in which nothing is settled, or nothing refused, would prove nothing.
    function afterInvariant() external view {
        require(handler.accepted() > 0 && handler.skipped() > 0, "reports are both settled and skipped");
    }

    struct Target {
        address addr;
        bytes4[] selectors;
    }
}

/// @notice C2: however a set of reports is cut into batches, ordered among meters or repeated, the end is the same.
contract MeteringOrderTest is MeteringFixture {
    uint256 private constant METERS = 5;
    uint256 private constant ROUNDS = 3;

    function setUp() public override {
        deploySystem();
        for (uint256 i = 0; i < METERS; ++i) install(registration(id(i), address(uint160(0xA000 + i))));
        pass(HOUR);
    }

    function testFuzz_C2_PermutedSplitAndRepeatedBatchesEndAlike(uint256 seed) public {
        Report[] memory reports = new Report[](METERS * ROUNDS);
        uint64[METERS] memory exported;
        uint64[METERS] memory imported;
        for (uint256 round = 0; round < ROUNDS; ++round) {
            for (uint256 i = 0; i < METERS; ++i) {
                exported[i] += uint64(random(seed, round, i) % 1_000);
                imported[i] += uint64(random(seed, round, i + 100) % 1_000);
                Report memory item = reading(id(i), exported[i], imported[i]);
                item.timestamp = uint40(START + 60 + round * 600);
                reports[round * METERS + i] = item;
            }
        }
        uint256 fresh = vm.snapshotState();
        converter.settle(reports);
        bytes32 expected = stateOfAll();

        vm.revertToState(fresh);
        fresh = vm.snapshotState();
        settleInPieces(reports, seed, false);
        check(stateOfAll() == expected, "C2: split and repeated");

        vm.revertToState(fresh);
        for (uint256 round = 0; round < ROUNDS; ++round) shuffle(reports, round * METERS, METERS, seed);
        settleInPieces(reports, seed >> 8, true);
        check(stateOfAll() == expected, "C2: permuted among meters, split and repeated");
    }

    function settleInPieces(Report[] memory reports, uint256 seed, bool twice) private {
        uint256 start = 0;
        while (start < reports.length) {
            uint256 size = 1 + (random(seed, start, 7) % 6);
            if (start + size > reports.length) size = reports.length - start;
            Report[] memory piece = new Report[](size);
            for (uint256 i = 0; i < size; ++i) piece[i] = reports[start + i];
            converter.settle(piece);
            if (twice) converter.settle(piece);
            start += size;
        }
        converter.settle(reports);
    }

    function stateOfAll() private view returns (bytes32 hash) {
        for (uint256 i = 0; i < METERS; ++i) {
            uint256 balance = energyToken.balanceOf(address(uint160(0xA000 + i)));
            hash = keccak256(abi.encode(hash, stateOf(id(i)), balance));
        }
    }

    function shuffle(Report[] memory reports, uint256 start, uint256 size, uint256 seed) private pure {
        for (uint256 i = size - 1; i > 0; --i) {
            uint256 j = random(seed, start, i) % (i + 1);
            (reports[start + i], reports[start + j]) = (reports[start + j], reports[start + i]);
        }
    }

    function random(uint256 seed, uint256 a, uint256 b) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, a, b)));
    }

    function id(uint256 i) private pure returns (bytes32) {
        return bytes32(abi.encodePacked("home-", bytes1(uint8(65 + i))));
    }
}
