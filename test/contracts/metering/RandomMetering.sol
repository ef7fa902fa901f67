// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Side, TimeInForce} from "../../../contracts/src/market/IEnergyMarket.sol";
import {IEnergyConverter, Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {Vm} from "../Vm.sol";
import {MeteringFixture} from "./MeteringFixture.sol";

/// @notice Two homes live at random: they report truth and nonsense, trade, hide energy in orders, repay, change epochs.
///         Beside the converter runs a model that knows the rules of a report, but neither tokens nor debt.
abstract contract RandomMetering is MeteringFixture {
    struct Model {
        uint64 exportWh;
        uint64 importWh;
        uint40 timestamp;
        uint40 declaredAt;
        uint32 epoch;
        bool suspended;
        // Since the baselines, over all epochs, as corrected
        int256 netWh;
        int256 exportedWh;
        int256 importedWh;
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
        models[HOME] = Model(0, 0, 0, uint40(START), 1, false, 0, 0, 0, 0);
        models[OTHER] = models[HOME];
        approveAll(owner);
        approveAll(otherOwner);
    }

    /// @notice A report of one home.
    function report(bool home, uint16 exportedWh, uint16 importedWh, uint32 elapsed, uint8 bend) external {
        pass(elapsed % (4 * HOUR));
        Report[] memory batch = new Report[](1);
        batch[0] = item(home ? HOME : OTHER, exportedWh, importedWh, bend);
        settleAll(batch);
    }

    /// @notice Reports of both homes in one batch, with one between that nobody may settle.
    function reportBoth(uint16 exportedWh, uint16 importedWh, uint32 elapsed, uint8 bend) external {
        pass(elapsed % (4 * HOUR));
        Report[] memory batch = new Report[](3);
        batch[0] = item(HOME, exportedWh, importedWh, bend);
        batch[1] = item(HOME, exportedWh, importedWh, 0);
        batch[1].meterId = bytes32(uint256(bend));
        batch[2] = item(OTHER, importedWh, exportedWh, bend / 2);
        settleAll(batch);
    }

    /// @dev Mostly plausible: a quarter is bent in one way or another.
    function item(
        bytes32 id,
        uint16 exportedWh,
        uint16 importedWh,
        uint8 bend
    ) private view returns (Report memory bent) {
        Model storage model = models[id];
        bent = Report({
            meterId: id,
            exportWh: model.exportWh + exportedWh,
            importWh: model.importWh + importedWh,
            storedWh: 0,
            timestamp: uint40(clock),
            epoch: model.epoch
        });
        if (bend % 32 == 0) bent.exportWh = model.exportWh / 2;
        if (bend % 32 == 1) bent.importWh = model.importWh / 2;
        if (bend % 32 == 2) bent.timestamp = uint40(clock + (uint256(bend) * 1_000) / 256);
        if (bend % 32 == 3) bent.timestamp -= 2 * HOUR;
        if (bend % 32 == 4) bent.epoch += 1;
        if (bend % 32 == 5) bent.exportWh = type(uint64).max - exportedWh;
        if (bend % 32 == 6) bent.importWh += 1_000_000;
        if (bend % 32 == 7) bent.storedWh = 2 ** 48;
    }

    function settleAll(Report[] memory batch) private {
        uint256 supplyBefore = energyToken.totalSupply();
        int256 debtBefore = totalDebt();
        int256 netBefore = models[HOME].netWh + models[OTHER].netWh;
        vm.recordLogs();
        converter.settle(batch);

        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 next = 0;
        for (uint256 i = 0; i < batch.length; ++i) {
            (bool ok, IEnergyConverter.SkipReason reason) = verdict(batch[i]);
            // The token's and the market's events lie between.
            while (logs[next].emitter != address(converter) || isWarning(logs[next])) ++next;
            check(
                logs[next].topics[1] == batch[i].meterId,
                "C4: every item is answered, whatever the others are"
            );
            if (ok) {
                check(
                    logs[next].topics[0] == IEnergyConverter.MeterSettled.selector,
                    "C5: what can be true is settled"
                );
                (, , , int64 tokensWh) = abi.decode(logs[next].data, (uint64, uint64, uint64, int64));
                models[batch[i].meterId].tokensWh += tokensWh;
                count(models[batch[i].meterId], batch[i]);
                ++accepted;
            } else {
                check(
                    logs[next].topics[0] == IEnergyConverter.ReportSkipped.selector,
                    "C5: what cannot be true is skipped"
                );
                (uint8 said, ) = abi.decode(logs[next].data, (uint8, uint40));
                equal(said, uint8(reason), "C5: and the reason said");
                ++skipped;
            }
            ++next;
        }
        check(
            int256(energyToken.totalSupply()) - int256(supplyBefore) - (totalDebt() - debtBefore) ==
                models[HOME].netWh + models[OTHER].netWh - netBefore,
            "C1: a batch mints and burns what its settled items are worth"
        );
    }

    function isWarning(Vm.Log memory log) private pure returns (bool) {
        return log.topics[0] == IEnergyConverter.CreditExceeded.selector;
    }

    function totalDebt() private view returns (int256) {
        return int256(uint256(debtOf(HOME)) + debtOf(OTHER));
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

    /// @notice The registrar proposes differences within what is allowed, and the owner mostly accepts.
    function correct(bool home, uint64 exportWh, uint64 importWh, uint8 chance) external {
        bytes32 id = home ? HOME : OTHER;
        Model storage model = models[id];
        int64 exportBy = within(exportWh, model.exportedWh);
        int64 importBy = within(importWh, model.importedWh);
        if (exportBy == 0 && importBy == 0) return;
        bytes32 evidence = keccak256(abi.encode(exportWh, importWh));
        converter.proposeCorrection(id, exportBy, importBy, evidence);
        if (chance % 4 == 0) return;
        uint256 supplyBefore = energyToken.totalSupply();
        vm.prank(home ? owner : otherOwner);
        converter.acceptCorrection(id, exportBy, importBy, evidence);
        model.tokensWh += int256(energyToken.totalSupply()) - int256(supplyBefore);
        addTo(model, exportBy, importBy);
    }

    /// @dev From all that was counted, taken back, to what the connection could have carried since on top of it.
    function within(uint64 seed, int256 countedWh) private view returns (int64) {
        int256 most = int256((uint256(WATTS) * (clock - START) * 11 + 72_000) / 36_000);
        int256 roomWh = most > countedWh ? most - countedWh : int256(0);
        int256 least = seed % 3 == 0 ? -countedWh : -int256(countedWh < 500 ? countedWh : int256(500));
        if (seed % 3 != 0 && roomWh > 500) roomWh = 500;
        return int64(least + int256(uint256(seed >> 2) % uint256(roomWh - least + 1)));
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

    /// @dev A suspension is rare and short: while both homes are suspended nothing is settled.
    function suspendOrResume(bool home, uint8 chance) external {
        bytes32 id = home ? HOME : OTHER;
        Model storage model = models[id];
        if (chance % 4 != 0 && !model.suspended) return;
        if (model.suspended) registry.resume(id);
        else registry.suspend(id);
        model.suspended = !model.suspended;
    }

    function beginEpoch(bool home, uint16 exportedWh, uint8 chance) external {
        if (chance % 4 != 0) return;
        bytes32 id = home ? HOME : OTHER;
        Model storage model = models[id];
        Report memory closing = reading(id, model.exportWh + exportedWh, model.importWh);
        (bool known, ) = verdict(closing);
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
        bytes32[2] memory ids = [HOME, OTHER];
        for (uint256 i = 0; i < 2; ++i) {
            Model memory model = models[ids[i]];
            check(
                model.tokensWh - int256(uint256(debtOf(ids[i]))) == model.netWh,
                "C1: minted - burned - change of debt = change of export - change of import + corrections"
            );
            (uint64 exportWh, uint64 importWh) = converter.counted(ids[i]);
            check(
                int256(uint256(exportWh)) == model.exportedWh &&
                    int256(uint256(importWh)) == model.importedWh,
                "C1: what was counted is what was metered since the baselines, over all epochs, and corrections"
            );
            totalNetWh += model.netWh;
        }
        check(
            int256(energyToken.totalSupply()) - totalDebt() == totalNetWh,
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
            "a burn takes free energy of its own account only, never orders"
        );
    }

    /// @dev The rules of a report, said once more.
    function verdict(Report memory bent) private view returns (bool, IEnergyConverter.SkipReason) {
        Model memory model = models[bent.meterId];
        if (bent.exportWh >= 2 ** 56 || bent.importWh >= 2 ** 56 || bent.storedWh >= 2 ** 48) {
            return (false, IEnergyConverter.SkipReason.TooLarge);
        }
        if (model.epoch == 0) return (false, IEnergyConverter.SkipReason.UnknownMeter);
        if (model.suspended) return (false, IEnergyConverter.SkipReason.Suspended);
        if (bent.epoch != model.epoch) return (false, IEnergyConverter.SkipReason.WrongEpoch);
        if (model.timestamp == 0) {
            if (bent.timestamp <= model.declaredAt) return (false, IEnergyConverter.SkipReason.BeforeEpoch);
        } else if (bent.timestamp < model.timestamp + 60) return (false, IEnergyConverter.SkipReason.Stale);
        if (bent.timestamp > clock + 120) return (false, IEnergyConverter.SkipReason.Future);
        if (model.timestamp == 0) return (true, IEnergyConverter.SkipReason.UnknownMeter);
        if (bent.exportWh < model.exportWh || bent.importWh < model.importWh) {
            return (false, IEnergyConverter.SkipReason.Decreasing);
        }
        uint256 allowed = uint256(WATTS) * (bent.timestamp - model.timestamp) * 11 + 72_000;
        bool possible =
            uint256(bent.exportWh - model.exportWh) * 36_000 <= allowed &&
                uint256(bent.importWh - model.importWh) * 36_000 <= allowed;
        return (possible, IEnergyConverter.SkipReason.Impossible);
    }

    function addTo(Model storage model, int256 exportWh, int256 importWh) private {
        model.netWh += exportWh - importWh;
        model.exportedWh += exportWh;
        model.importedWh += importWh;
    }

    function count(Model storage model, Report memory settled) private {
        if (model.timestamp != 0) {
            addTo(
                model,
                int256(uint256(settled.exportWh - model.exportWh)),
                int256(uint256(settled.importWh - model.importWh))
            );
        }
        model.exportWh = settled.exportWh;
        model.importWh = settled.importWh;
        model.timestamp = settled.timestamp;
    }
}
