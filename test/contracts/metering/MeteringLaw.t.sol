// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Side, TimeInForce} from "../../../contracts/src/market/IEnergyMarket.sol";
import {IEnergyConverter, Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {MeteringFixture} from "./MeteringFixture.sol";

/// @notice Two homes live at random: they report truth and nonsense, trade, hide energy in orders, repay, change epochs.
///         Beside the converter runs a model that knows the rules of a report, but neither tokens nor debt.
contract MeteringHandler is MeteringFixture {
    struct Model {
        uint64 exportWh;
        uint64 importWh;
        uint40 timestamp;
        uint40 declaredAt;
        uint32 epoch;
        bool suspended;
        // Since the baselines, over all epochs
        int256 netWh;
        uint256 exportedWh;
        // ETK minted less burned for this meter
        int256 tokensWh;
    }

    mapping(bytes32 id => Model) public models;
    uint256[] private orders;
    /// @notice Reports that were settled and skipped: neither may stay zero, or nothing is tested.
    uint256 public accepted;
    uint256 public skipped;

    function setUp() public override {
        super.setUp();
        models[HOME] = Model(0, 0, 0, uint40(START), 1, false, 0, 0, 0);
        models[OTHER] = models[HOME];
        approveAll(owner);
        approveAll(otherOwner);
    }

    /// @dev Mostly plausible: a quarter is bent in one way or another.
    function report(bool home, uint16 exportedWh, uint16 importedWh, uint32 elapsed, uint8 bend) external {
        bytes32 id = home ? HOME : OTHER;
        Model storage model = models[id];
        pass(elapsed % (4 * HOUR));
        Report memory item = Report({
            meterId: id,
            exportWh: model.exportWh + exportedWh,
            importWh: model.importWh + importedWh,
            storedWh: 0,
            timestamp: uint40(clock),
            epoch: model.epoch
        });
        if (bend % 32 == 0) item.exportWh = model.exportWh / 2;
        if (bend % 32 == 1) item.importWh = model.importWh / 2;
        if (bend % 32 == 2) item.timestamp = uint40(clock + (uint256(bend) * 1_000) / 256);
        if (bend % 32 == 3) item.timestamp -= 2 * HOUR;
        if (bend % 32 == 4) item.epoch += 1;
        if (bend % 32 == 5) item.exportWh = type(uint64).max - exportedWh;
        if (bend % 32 == 6) item.importWh += 1_000_000;

        bool expected = accepts(model, item);
        (bool ok, ) = converter.check(item);
        check(ok == expected, "C5: the report is accepted if and only if it can be true");
        uint256 supplyBefore = energyToken.totalSupply();
        submit(item);
        model.tokensWh += int256(energyToken.totalSupply()) - int256(supplyBefore);
        if (expected) ++accepted;
        else ++skipped;
        if (!expected) return;
        count(model, item);
        check(
            converter.settledExport(id) == model.exportedWh,
            "C1: settled export is export since the baselines"
        );
    }

    function repay(bool home, uint64 wattHours) external {
        bytes32 id = home ? HOME : OTHER;
        uint64 debtWh = debtOf(id);
        uint256 has = energyToken.balanceOf(otherOwner);
        if (debtWh == 0 || has == 0) return;
        wattHours = 1 + (wattHours % (debtWh < has ? debtWh : uint64(has)));
        vm.prank(otherOwner);
        converter.repay(id, wattHours);
        models[id].tokensWh -= int256(uint256(wattHours));
    }

    function deposit(bool home, uint128 wattHours) external {
        address account = home ? owner : otherOwner;
        uint256 has = energyToken.balanceOf(account);
        if (has == 0) return;
        vm.prank(account);
        market.deposit(1 + uint128(wattHours % has), 0);
    }

    function withdraw(bool home, uint128 wattHours) external {
        address account = home ? owner : otherOwner;
        (uint128 freeWh, ) = market.tradingBalance(account);
        if (freeWh == 0) return;
        vm.prank(account);
        market.withdraw(1 + (wattHours % freeWh), 0);
    }

    function hide(bool home, uint32 wattHours) external {
        address account = home ? owner : otherOwner;
        (uint128 freeWh, ) = market.tradingBalance(account);
        if (freeWh < 100) return;
        wattHours = uint32(100 + (wattHours % (freeWh - 99)));
        vm.prank(account);
        (uint256 orderId, ) = market.placeOrder(
            Side.Ask,
            home ? 1_500 : 1_600,
            wattHours,
            TimeInForce.GTC,
            0
        );
        orders.push(orderId);
    }

    function unhide() external {
        if (orders.length == 0) return;
        uint256 orderId = orders[orders.length - 1];
        orders.pop();
        (address account, , , ) = market.openOrder(orderId);
        vm.prank(account);
        market.cancelOrder(orderId);
    }

    function suspendOrResume(bool home, uint8 chance) external {
        if (chance % 4 != 0) return;
        bytes32 id = home ? HOME : OTHER;
        Model storage model = models[id];
        if (model.suspended) registry.resume(id);
        else registry.suspend(id);
        model.suspended = !model.suspended;
    }

    function beginEpoch(bool home, uint16 exportedWh, uint8 chance) external {
        if (chance % 4 != 0) return;
        bytes32 id = home ? HOME : OTHER;
        Model storage model = models[id];
        Report memory closing = reading(id, model.exportWh + exportedWh, model.importWh);
        bool known = accepts(model, closing);
        if (!known) delete closing;
        uint256 supplyBefore = energyToken.totalSupply();
        declareEpoch(id, closing);
        model.tokensWh += int256(energyToken.totalSupply()) - int256(supplyBefore);
        if (known) count(model, closing);
        model.exportWh = 0;
        model.importWh = 0;
        model.timestamp = 0;
        model.declaredAt = uint40(clock);
        model.epoch += 1;
    }

    /* WHAT MUST HOLD */

    function checkLaw() external view {
        int256 totalNetWh = 0;
        uint256 totalDebtWh = 0;
        bytes32[2] memory ids = [HOME, OTHER];
        for (uint256 i = 0; i < 2; ++i) {
            Model memory model = models[ids[i]];
            uint64 debtWh = debtOf(ids[i]);
            check(
                model.tokensWh - int256(uint256(debtWh)) == model.netWh,
                "C1: minted - burned - change of debt = change of export - change of import"
            );
            totalNetWh += model.netWh;
            totalDebtWh += debtWh;
        }
        check(
            int256(energyToken.totalSupply()) - int256(totalDebtWh) == totalNetWh,
            "C1: the same in total, to the Wh"
        );
    }

    function checkRegisters() external view {
        bytes32[2] memory ids = [HOME, OTHER];
        for (uint256 i = 0; i < 2; ++i) {
            Model memory model = models[ids[i]];
            (uint64 exportWh, uint64 importWh, , , uint40 timestamp, uint32 epoch) = converter.settled(
                ids[i]
            );
            check(
                exportWh == model.exportWh &&
                    importWh == model.importWh &&
                    timestamp == model.timestamp &&
                    epoch == model.epoch,
                "C2: the registers are those of the last acceptable report"
            );
        }
    }

    function checkTokens() external view {
        (uint128 ownerWh, ) = market.tradingBalance(owner);
        (uint128 otherWh, ) = market.tradingBalance(otherOwner);
        uint256 restingWh = 0;
        for (uint256 i = 0; i < orders.length; ++i) {
            (, , , uint32 openWh) = market.openOrder(orders[i]);
            restingWh += openWh;
        }
        equal(
            energyToken.balanceOf(address(market)),
            ownerWh + otherWh + restingWh,
            "C4: a burn takes free energy of its own account only, never orders"
        );
    }

    function accepts(Model memory model, Report memory item) private view returns (bool) {
        if (model.suspended || item.epoch != model.epoch || item.timestamp > clock + 120) return false;
        if (item.exportWh >= 2 ** 56 || item.importWh >= 2 ** 56) return false;
        if (model.timestamp == 0) return item.timestamp > model.declaredAt;
        if (item.timestamp < model.timestamp + 60) return false;
        if (item.exportWh < model.exportWh || item.importWh < model.importWh) return false;
        uint256 allowed = uint256(WATTS) * (item.timestamp - model.timestamp) * 11 + 72_000;
        return
            uint256(item.exportWh - model.exportWh) * 36_000 <= allowed &&
            uint256(item.importWh - model.importWh) * 36_000 <= allowed;
    }

    function count(Model storage model, Report memory item) private {
        if (model.timestamp != 0) {
            uint64 exportedWh = item.exportWh - model.exportWh;
            model.netWh += int256(uint256(exportedWh)) - int256(uint256(item.importWh - model.importWh));
            model.exportedWh += exportedWh;
        }
        model.exportWh = item.exportWh;
        model.importWh = item.importWh;
        model.timestamp = item.timestamp;
    }
}

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
        bytes4[] memory selectors = new bytes4[](12);
        // Reports are what it is about.
        for (uint256 i = 0; i < 4; ++i) selectors[i] = handler.report.selector;
        selectors[4] = handler.repay.selector;
        selectors[5] = handler.deposit.selector;
        selectors[6] = handler.withdraw.selector;
        selectors[7] = handler.hide.selector;
        selectors[8] = handler.unhide.selector;
        selectors[9] = handler.suspendOrResume.selector;
        selectors[10] = handler.beginEpoch.selector;
        selectors[11] = handler.report.selector;
        targets[0].selectors = selectors;
    }

    /// hardhat-config: invariant.runs = 40
    /// hardhat-config: invariant.depth = 80
    /// hardhat-config: invariant.fail-on-revert = true
    function invariant_C1_C2_C4_C5_TheLawHolds() external view {
        handler.checkLaw();
        handler.checkRegisters();
        handler.checkTokens();
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
        for (uint256 i = 0; i < METERS; ++i)
            registry.register(registration(id(i), address(uint160(0xA000 + i))));
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
