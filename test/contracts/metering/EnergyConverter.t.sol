// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IEnergyConverter, Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {Registers} from "../../../contracts/src/metering/Registers.sol";
import {Side, TimeInForce} from "../../../contracts/src/market/IEnergyMarket.sol";
import {EnergyToken} from "../../../contracts/src/tokens/EnergyToken.sol";
import {MeteringFixture} from "./MeteringFixture.sol";

/// @notice The branches of EnergyConverter.tree.
contract EnergyConverterSettleTest is MeteringFixture {
    function setUp() public override {
        super.setUp();
        settleAfterHour(HOME, 700_000, 900_000);
        settleAfterHour(OTHER, 0, 0);
    }

    function test_RevertsWhen_CallerIsNoReporter() public {
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.NotReporter.selector, stranger));
        vm.prank(stranger);
        converter.settle(new Report[](0));
    }

    function test_RevertsWhen_ReporterIsPaused() public {
        converter.pauseReporter(address(this), true);
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.ReporterIsPaused.selector, address(this)));
        converter.settle(new Report[](0));

        converter.pauseReporter(address(this), false);
        settleAfterHour(HOME, 700_100, 900_000);
        equal(energyToken.balanceOf(owner), 100, "what waited is settled afterwards");
    }

    function test_OnlyTheGuardianLiftsAPause() public {
        converter.pauseReporter(address(this), true);
        // What the operator scheduled earlier: admitted again, or removed and admitted.
        converter.setReporter(address(this), true);
        check(!converter.isReporter(address(this)), "admitting lifts no pause");
        converter.setReporter(address(this), false);
        converter.setReporter(address(this), true);
        check(!converter.isReporter(address(this)), "nor does removing and admitting");
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.ReporterIsPaused.selector, address(this)));
        converter.settle(new Report[](0));

        converter.setReporter(address(this), false);
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.NotReporter.selector, address(this)));
        converter.settle(new Report[](0));
        vm.expectEmit(address(converter));
        emit IEnergyConverter.ReporterPaused(address(this), false);
        converter.pauseReporter(address(this), false);
        check(!converter.isReporter(address(this)), "lifting a pause admits nobody");
        converter.setReporter(address(this), true);
        check(converter.isReporter(address(this)), "admitted");
    }

    function test_RevertsWhen_PausingNoReporter() public {
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.NotReporter.selector, stranger));
        converter.pauseReporter(stranger, true);
    }

    function test_BaselineMovesNothing() public view {
        equal(energyToken.totalSupply(), 0, "energy before the baseline never counts");
        equal(debtOf(HOME), 0, "nor does import");
        equal(exportOf(HOME), 0, "nor as export");
    }

    function test_MintsNetExport() public {
        pass(HOUR);
        Report memory report = reading(HOME, 702_000, 900_500);
        vm.expectEmit(address(converter));
        emit IEnergyConverter.MeterSettled(HOME, 702_000, 900_500, 0, 1_500, 0, report.timestamp, 1);
        submit(report);

        equal(energyToken.balanceOf(owner), 1_500, "net export is minted to the owner");
        equal(exportOf(HOME), 2_000, "export counts in full");
    }

    function test_KeepsStoredEnergy() public {
        pass(HOUR);
        Report memory report = reading(HOME, 700_000, 900_000);
        report.storedWh = 8_000;
        submit(report);
        Registers last = converter.registersWord(HOME);
        equal(last.storedWh(), 8_000, "stored");
        equal(last.timestamp(), clock, "timestamp");
    }

    function test_BurnsNetImportFromTheWallet() public {
        settleAfterHour(HOME, 705_000, 900_000);
        pass(HOUR);
        Report memory report = reading(HOME, 705_000, 902_000);
        vm.expectEmit(address(converter));
        emit IEnergyConverter.MeterSettled(HOME, 705_000, 902_000, 0, -2_000, 0, report.timestamp, 1);
        submit(report);
        equal(energyToken.balanceOf(owner), 3_000, "import is burned");
    }

    function test_BurnsTheWalletFirst_ThenTheFreeTradingBalance_ThenOwes() public {
        settleAfterHour(HOME, 705_000, 900_000);
        approveAll(owner);
        vm.prank(owner);
        market.deposit(3_000, 0);

        settleAfterHour(HOME, 705_000, 902_500);
        (uint128 freeWh, ) = market.tradingBalance(owner);
        equal(energyToken.balanceOf(owner), 0, "the wallet goes first");
        equal(freeWh, 2_500, "then the trading balance");
        equal(debtOf(HOME), 0, "nothing is owed");

        settleAfterHour(HOME, 705_000, 905_600);
        (freeWh, ) = market.tradingBalance(owner);
        equal(freeWh, 0, "all of it");
        equal(debtOf(HOME), 600, "the rest is owed");
        equal(energyToken.totalSupply(), 0, "everything was burned");
    }

    /// @dev Attack: hide ETK in an order just before a burn. It is safe there, and so is the debt.
    function test_EnergyInOrdersIsNotTouched_TheDebtStays() public {
        settleAfterHour(HOME, 705_000, 900_000);
        approveAll(owner);
        vm.prank(owner);
        (uint256 orderId, ) = market.placeOrder(Side.Ask, 1_500, 5_000, TimeInForce.GTC, 0);

        settleAfterHour(HOME, 705_000, 904_000);
        equal(debtOf(HOME), 4_000, "the import is owed in full");
        (, , , uint32 openWh) = market.openOrder(orderId);
        equal(openWh, 5_000, "the order is untouched");

        vm.prank(owner);
        market.cancelOrder(orderId);
        settleAfterHour(HOME, 705_000, 904_010);
        equal(debtOf(HOME), 0, "the next burn finds what came out of hiding");
    }

    /// @dev Nobody's trading balance may pay for a meter that was registered to the market itself.
    function test_TheMarketIsNeverAWallet() public {
        giveEnergy(otherOwner, 10_000);
        approveAll(otherOwner);
        vm.prank(otherOwner);
        market.deposit(10_000, 0);
        install(registration("of-market", address(market)));

        settleAfterHour("of-market", 0, 0);
        settleAfterHour("of-market", 0, 5_000);
        equal(debtOf("of-market"), 5_000, "all of it is debt");
        equal(energyToken.balanceOf(address(market)), 10_000, "other people's energy is untouched");
    }

    function test_NetExportRepaysDebtFirst() public {
        settleAfterHour(HOME, 700_000, 903_000);
        equal(debtOf(HOME), 3_000, "owed");

        pass(HOUR);
        Report memory report = reading(HOME, 702_000, 903_000);
        vm.expectEmit(address(converter));
        emit IEnergyConverter.MeterSettled(HOME, 702_000, 903_000, 0, 0, 1_000, report.timestamp, 1);
        submit(report);

        settleAfterHour(HOME, 704_000, 903_000);
        equal(debtOf(HOME), 0, "repaid");
        equal(energyToken.balanceOf(owner), 1_000, "the rest is minted");
    }

    function test_NetImportAlsoBurnsOpenDebt() public {
        settleAfterHour(HOME, 700_000, 903_000);
        giveEnergy(owner, 3_500);
        pass(HOUR);
        Report memory report = reading(HOME, 700_000, 903_200);
        vm.expectEmit(address(converter));
        emit IEnergyConverter.MeterSettled(HOME, 700_000, 903_200, 0, -3_200, 0, report.timestamp, 1);
        submit(report);
        equal(energyToken.balanceOf(owner), 300, "due and debt are burned together");
    }

    function test_BalancedReportLeavesDebtAlone() public {
        settleAfterHour(HOME, 700_000, 903_000);
        giveEnergy(owner, 500);
        settleAfterHour(HOME, 701_000, 904_000);
        equal(debtOf(HOME), 3_000, "debt stays");
        equal(energyToken.balanceOf(owner), 500, "tokens stay");
    }

    function test_WarnsBeyondTheCredit_WheneverDebtGrows() public {
        settleAfterHour(HOME, 700_000, 900_000 + CREDIT);
        pass(HOUR);
        Report memory report = reading(HOME, 700_000, 900_001 + CREDIT);
        vm.expectEmit(address(converter));
        emit IEnergyConverter.CreditExceeded(HOME, CREDIT + 1);
        submit(report);
    }

    function test_SkipsUnknownMeter() public {
        pass(HOUR);
        expectSkipped(reading("nobody", 1, 1), IEnergyConverter.SkipReason.UnknownMeter);
    }

    /// @dev Attack: the registrar registers a meter, with a key of its own, to somebody who has energy to burn.
    function test_NothingIsSettledBeforeTheOwnerHasAcceptedTheMeter() public {
        giveEnergy(stranger, 200_000);
        registry.register(registration("not-asked", stranger));
        pass(HOUR);
        expectSkipped(reading("not-asked", 0, 0), IEnergyConverter.SkipReason.NotAccepted);
        registry.setTrust("not-asked", IMeterRegistry.TrustClass.C);
        registry.setUnsignedSettlement(true);
        registry.suspend("not-asked");
        registry.resume("not-asked");
        expectSkipped(reading("not-asked", 0, 10_000), IEnergyConverter.SkipReason.NotAccepted);
        equal(energyToken.balanceOf(stranger), 200_000, "nobody's energy is burned without consent");
    }

    /// @dev Attack: import from before the acceptance, shown as a low baseline afterwards.
    function test_WhatWasReadBeforeTheAcceptanceIsNeverSettled() public {
        registry.register(registration("new", stranger));
        pass(HOUR);
        Report memory before = reading("new", 0, 0);
        pass(HOUR);
        vm.prank(stranger);
        registry.acceptMeter("new", 0);
        expectSkipped(before, IEnergyConverter.SkipReason.BeforeEpoch);
        expectSkipped(reading("new", 0, 5_000), IEnergyConverter.SkipReason.BeforeEpoch);
        pass(1);
        submit(reading("new", 0, 9_000));
        equal(debtOf("new"), 0, "the epoch begins with the acceptance");
    }

    function test_SkipsSubMeter_OfTheSameConnection() public {
        IMeterRegistry.Registration memory sub = registration("heat-pump", owner);
        sub.connectionPoint = 0;
        install(sub);
        pass(HOUR);
        Report memory report = reading("heat-pump", 5_000, 0);
        expectSkipped(report, IEnergyConverter.SkipReason.SubMeter);
    }

    function test_SkipsUnsignedMeter_UnlessTheRegistryAllowsIt() public {
        registry.setTrust(HOME, IMeterRegistry.TrustClass.C);
        pass(HOUR);
        expectSkipped(reading(HOME, 701_000, 900_000), IEnergyConverter.SkipReason.NotTrusted);
        registry.setUnsignedSettlement(true);
        submit(reading(HOME, 701_000, 900_000));
        equal(energyToken.balanceOf(owner), 1_000, "settles where allowed");
        registry.setUnsignedSettlement(false);
        pass(HOUR);
        expectSkipped(reading(HOME, 702_000, 900_000), IEnergyConverter.SkipReason.NotTrusted);
    }

    function test_SuspensionDefersEnergy() public {
        registry.suspend(HOME);
        pass(HOUR);
        expectSkipped(reading(HOME, 701_000, 900_000), IEnergyConverter.SkipReason.Suspended);
        registry.resume(HOME);
        submit(reading(HOME, 701_000, 900_000));
        equal(energyToken.balanceOf(owner), 1_000, "nothing is lost");
    }

    function test_SkipsWrongEpoch() public {
        pass(HOUR);
        Report memory report = reading(HOME, 701_000, 900_000);
        report.epoch = 0;
        expectSkipped(report, IEnergyConverter.SkipReason.WrongEpoch);
        report.epoch = 2;
        expectSkipped(report, IEnergyConverter.SkipReason.WrongEpoch);
        report.epoch = type(uint32).max;
        expectSkipped(report, IEnergyConverter.SkipReason.WrongEpoch);
        // 16 bits in storage: an epoch that only looks right after truncation is wrong.
        report.epoch = 65_537;
        expectSkipped(report, IEnergyConverter.SkipReason.WrongEpoch);
    }

    function test_SkipsStale_AtMostOneAMinute() public {
        Report memory report = reading(HOME, 700_000, 900_000);
        (, , , , uint40 last, ) = converter.settled(HOME);
        report.timestamp = last;
        expectSkipped(report, IEnergyConverter.SkipReason.Stale);
        report.timestamp = last - 1;
        expectSkipped(report, IEnergyConverter.SkipReason.Stale);
        report.timestamp = last + 59;
        expectSkipped(report, IEnergyConverter.SkipReason.Stale);
        report.timestamp = last + 60;
        (bool ok, ) = converter.check(report);
        check(ok, "a minute later is fine");
    }

    function test_SkipsFuture() public {
        pass(HOUR);
        Report memory report = reading(HOME, 700_001, 900_000);
        report.timestamp = uint40(clock + 121);
        expectSkipped(report, IEnergyConverter.SkipReason.Future);
        report.timestamp = type(uint40).max;
        expectSkipped(report, IEnergyConverter.SkipReason.Future);
        report.timestamp = uint40(clock + 120);
        (bool ok, ) = converter.check(report);
        check(ok, "clocks may differ by two minutes");
    }

    /// @dev Attack: reports a second apart, each with the fixed 2 Wh, would print energy out of the tolerance.
    function test_OneSecondSpamMintsNothing() public {
        (uint64 exportWh, , , , , ) = converter.settled(HOME);
        for (uint256 i = 0; i < 50; ++i) {
            pass(1);
            exportWh += 2;
            submit(reading(HOME, exportWh, 900_000));
        }
        // The second meter's baseline took an hour, so one report was due; the rest came within its minute.
        equal(energyToken.totalSupply(), 2, "one report a minute at most");
    }

    function test_SkipsDecreasing() public {
        pass(HOUR);
        expectSkipped(reading(HOME, 699_999, 900_000), IEnergyConverter.SkipReason.Decreasing);
        expectSkipped(reading(HOME, 700_000, 899_999), IEnergyConverter.SkipReason.Decreasing);
    }

    function test_SkipsImpossible_ExactlyAboveTheBound() public {
        pass(HOUR);
        (, , , , uint40 last, ) = converter.settled(HOME);
        uint256 elapsed = clock - last;
        uint64 most = uint64((uint256(WATTS) * elapsed * 11 + 72_000) / 36_000);
        expectSkipped(reading(HOME, 700_001 + most, 900_000), IEnergyConverter.SkipReason.Impossible);
        expectSkipped(reading(HOME, 700_000, 900_001 + most), IEnergyConverter.SkipReason.Impossible);
        submit(reading(HOME, 700_000 + most, 900_000));
        equal(energyToken.balanceOf(owner), most, "the bound itself is possible");
    }

    function test_AnOutageLocksNoMeterOut() public {
        pass(400 days);
        submit(reading(HOME, 700_000 + 400 * 24 * WATTS, 900_000));
        equal(energyToken.balanceOf(owner), 400 * 24 * uint256(WATTS), "the allowance grows with time");
    }

    function test_SkipsWhatDoesNotFit_NeverTruncates() public {
        pass(HOUR);
        Report memory report = reading(HOME, 2 ** 56, 900_000);
        expectSkipped(report, IEnergyConverter.SkipReason.TooLarge);
        report = reading(HOME, 700_000, 2 ** 56);
        expectSkipped(report, IEnergyConverter.SkipReason.TooLarge);
        report = reading(HOME, 700_000, 900_000);
        report.storedWh = 2 ** 48;
        expectSkipped(report, IEnergyConverter.SkipReason.TooLarge);
        report = reading(HOME, type(uint64).max, type(uint64).max);
        expectSkipped(report, IEnergyConverter.SkipReason.TooLarge);
    }

    /// @dev Debt outlives epochs, so it may grow beyond what the registers of one epoch can hold.
    function test_SkipsAnImportWhoseDebtWouldNotFit() public {
        registry.setRating(HOME, 0, type(uint32).max);
        pass(70_000_000_000);
        uint64 most = 2 ** 55 - 1;
        submit(reading(HOME, 700_000, most));
        equal(debtOf(HOME), most - 900_000, "owed");

        Report memory none;
        declareEpoch(HOME, none);
        settleAfterHour(HOME, 0, 0);
        pass(HOUR);
        expectSkipped(reading(HOME, 0, 900_001), IEnergyConverter.SkipReason.TooLarge);
        submit(reading(HOME, 0, 900_000));
        equal(debtOf(HOME), most, "up to the last Wh that fits");
    }

    function test_AnAnnouncedIncreaseCountsOnlyOnceInForce() public {
        registry.setActivationDelay(1 days);
        pass(HOUR);
        registry.setRating(HOME, 4 * WATTS, WATTS);
        Report memory report = reading(HOME, 700_000 + 4 * WATTS, 900_000);
        expectSkipped(report, IEnergyConverter.SkipReason.Impossible);
        pass(1 days);
        report.exportWh = 700_000 + 4 * WATTS * 25;
        report.timestamp = uint40(clock);
        submit(report);
        equal(energyToken.balanceOf(owner), 4 * uint256(WATTS) * 25, "in force after the delay");
    }

    function test_ADecreaseOfTheRatingWaits() public {
        registry.setActivationDelay(1 days);
        registry.setRating(HOME, 0, 4 * WATTS);
        pass(1 days - HOUR);
        submit(reading(HOME, 700_000, 900_000));
        pass(HOUR - 1);
        submit(reading(HOME, 700_000 + WATTS, 900_000));
        equal(energyToken.balanceOf(owner), WATTS, "judged by what was in force");
        pass(HOUR);
        // An hour, of which a second is before the change.
        submit(reading(HOME, 700_000 + 2 * WATTS, 900_000));
        pass(HOUR);
        expectSkipped(reading(HOME, 700_003 + 2 * WATTS, 900_000), IEnergyConverter.SkipReason.Impossible);
        submit(reading(HOME, 700_002 + 2 * WATTS, 900_000));
        equal(energyToken.balanceOf(owner), 2 * uint256(WATTS) + 2, "only the fixed tolerance is left");
    }

    /// @dev What a meter's clock runs ahead ends no notice.
    function test_AReportThatIsAheadOfTheBlockEndsNoNotice() public {
        registry.setActivationDelay(1 days);
        registry.setRating(HOME, 0, WATTS);
        pass(1 days - 60);
        Report memory ahead = reading(HOME, 700_000, 900_000);
        ahead.timestamp += 100;
        submit(ahead);
        equal(registry.connectionWord(HOME).exportWatts(), WATTS, "in force for a minute yet");
        check(registry.connectionWord(HOME).ratingAnnounced(), "and not written down");
        pass(HOUR);
        expectSkipped(reading(HOME, 700_003, 900_000), IEnergyConverter.SkipReason.Impossible);
        submit(reading(HOME, 700_002, 900_000));
        check(!registry.connectionWord(HOME).ratingAnnounced(), "settled later: written down");
    }

    /// @dev Attack: a silent meter's rating is changed again, so that the first change judges the time before it.
    function test_ARatingThatIsChangedAgainBeforeAnythingSettled_LeavesTheHighestInForce() public {
        registry.setActivationDelay(1 days);
        registry.setRating(HOME, 10, 2 * WATTS);
        pass(1 days);
        registry.setRating(HOME, 20, 0);
        IMeterRegistry.Meter memory meter = registry.meter(HOME);
        check(meter.exportWatts == WATTS && meter.importWatts == 2 * WATTS, "the higher of both, meanwhile");
        Report memory late = reading(HOME, 700_000 + 24 * WATTS, 900_000 + 48 * WATTS);
        pass(1 days);
        submit(late);
        equal(exportOf(HOME), 24 * uint256(WATTS), "what was exported before is counted");
        (uint32 exportWatts, uint32 importWatts, uint40 from) = registry.nextRating(HOME);
        check(exportWatts == 20 && importWatts == 0 && from == clock, "nothing later was settled");
        pass(HOUR);
        submit(reading(HOME, 700_000 + 25 * WATTS, 900_000 + 48 * WATTS));
        (exportWatts, importWatts, from) = registry.nextRating(HOME);
        check(exportWatts == 0 && importWatts == 0 && from == 0, "nothing waits any more");
        meter = registry.meter(HOME);
        check(meter.exportWatts == 20 && meter.importWatts == 0, "as it was announced last");
    }

    /// @dev Attack: a lower rating makes impossible what was exported before it, and locks the meter out.
    function test_ALowerRatingDoesNotJudgeTheTimeBeforeIt() public {
        pass(HOUR);
        registry.setRating(HOME, 0, 4 * WATTS);
        // Lowered again and raised a little: the highest of the time before judges it.
        registry.setRating(HOME, 10, 4 * WATTS);
        Report memory late = reading(HOME, 700_000 + WATTS, 900_000);
        late.timestamp -= 10;
        pass(HOUR);
        submit(late);
        equal(energyToken.balanceOf(owner), WATTS, "what was exported before is minted");
        // Stamped before the change, so ten seconds of that time are still open.
        submit(reading(HOME, 700_000 + 2 * WATTS, 900_000));
        pass(HOUR);
        expectSkipped(
            reading(HOME, 700_000 + 2 * WATTS + 14, 900_000),
            IEnergyConverter.SkipReason.Impossible
        );
        submit(reading(HOME, 700_000 + 2 * WATTS + 13, 900_000));
        check(!registry.connectionWord(HOME).ratingAnnounced(), "nothing is announced any more");
    }

    function test_ARatingThatIsLoweredTwiceJudgesTheTimeBeforeByTheHighest() public {
        pass(HOUR);
        registry.setRating(HOME, 10, 4 * WATTS);
        registry.setRating(HOME, 0, 4 * WATTS);
        submit(reading(HOME, 700_000 + WATTS, 900_000));
        equal(energyToken.balanceOf(owner), WATTS, "what was exported before is minted");
    }

    function test_ARaisedRatingCostsOneSettlementMore() public {
        registry.setActivationDelay(1 days);
        registry.setRating(HOME, 2 * WATTS, 4 * WATTS);
        pass(HOUR);
        submit(reading(HOME, 700_001, 900_000));
        check(registry.connectionWord(HOME).ratingAnnounced(), "not in force yet");
        pass(1 days);
        submit(reading(HOME, 700_002, 900_000));
        check(!registry.connectionWord(HOME).ratingAnnounced(), "in force, and written down");
        equal(registry.connectionWord(HOME).exportWatts(), 2 * WATTS, "as it was announced");
        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.OnlyConverter.selector, address(this)));
        registry.applyRating(HOME, 1);
    }

    function test_AReportIsSkippedBeforeActivation() public {
        registry.setActivationDelay(1 days);
        install(registration("new", owner));
        expectSkipped(reading("new", 5, 5), IEnergyConverter.SkipReason.BeforeEpoch);
        pass(HOUR);
        expectSkipped(reading("new", 5, 5), IEnergyConverter.SkipReason.NotActiveYet);
        pass(1 days - HOUR);
        submit(reading("new", 5, 5));
        (, , , , uint40 timestamp, ) = converter.settled("new");
        equal(timestamp, clock, "the baseline");
    }

    function test_ABaselineFromTheFutureIsSkipped() public {
        install(registration("new", owner));
        Report memory report = reading("new", 5, 5);
        report.timestamp += 121;
        expectSkipped(report, IEnergyConverter.SkipReason.Future);
    }

    /// @dev Attack: a forged baseline just below the registers, stamped before the registration.
    function test_NoReportFromBeforeTheRegistration() public {
        install(registration("new", owner));
        Report memory report = reading("new", 0, 0);
        report.timestamp = uint40(clock - 1);
        expectSkipped(report, IEnergyConverter.SkipReason.BeforeEpoch);
    }

    function test_C4_OneBadItemNeverBlocksABatch() public {
        pass(HOUR);
        Report[] memory reports = new Report[](5);
        reports[0] = reading(HOME, 701_000, 900_000);
        reports[1] = reading("nobody", 1, 1);
        reports[2] = reading(HOME, 702_000, 900_000);
        reports[3] = reading(OTHER, type(uint64).max, 0);
        reports[4] = reading(OTHER, 2_000, 0);
        converter.settle(reports);
        equal(energyToken.balanceOf(owner), 1_000, "the good report before");
        equal(energyToken.balanceOf(otherOwner), 2_000, "and the good report after");
    }

    function test_TransferTakesDebtAndUnsettledEnergyAlong() public {
        settleAfterHour(HOME, 700_000, 903_000);
        vm.prank(owner);
        registry.transferMeter(HOME, stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IMeterRegistry.DebtTooHigh.selector, HOME, uint64(3_000), uint64(2_999))
        );
        vm.prank(stranger);
        registry.acceptMeter(HOME, 2_999);
        vm.prank(stranger);
        registry.acceptMeter(HOME, 3_000);

        settleAfterHour(HOME, 708_000, 903_000);
        equal(energyToken.balanceOf(stranger), 5_000, "export repays the debt and pays the new owner");
        equal(energyToken.balanceOf(owner), 0, "not the old one");
    }

    function test_OnlyTheConverterMintsAndBurns() public {
        vm.expectRevert(abi.encodeWithSelector(EnergyToken.OnlyConverter.selector, address(this)));
        energyToken.mint(address(this), 1);
        vm.expectRevert(abi.encodeWithSelector(EnergyToken.OnlyConverter.selector, address(this)));
        energyToken.burn(owner, 1);
        equal(energyToken.decimals(), 3, "decimals");
        equal(address(converter), energyToken.converter(), "converter");
    }

    function test_SettingsBelongToTheirRoles() public {
        equal(converter.registry(), address(registry), "registry");
        equal(converter.market(), address(market), "market");
        bytes memory refusal = abi.encodeWithSelector(
            IAccessManaged.AccessManagedUnauthorized.selector,
            stranger
        );
        vm.expectRevert(refusal);
        vm.prank(stranger);
        converter.setReporter(stranger, true);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        converter.pauseReporter(address(this), true);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        converter.setMarket(stranger);
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.MarketAlreadySet.selector, address(market)));
        converter.setMarket(stranger);
        converter.setReporter(address(this), false);
        check(!converter.isReporter(address(this)), "removed");
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.NotReporter.selector, address(this)));
        converter.settle(new Report[](0));
    }

    function testFuzz_TheBoundIsExactInWideArithmetic(uint64 delta, uint32 watts, uint40 elapsed) public {
        elapsed = uint40(HOUR + (uint256(elapsed) % (100 * 365 days)));
        delta = uint64(uint256(delta) % 2 ** 55);
        registry.setRating(HOME, watts, 0);
        submit(reading(HOME, 700_000, 900_000));
        (, , , , uint40 last, ) = converter.settled(HOME);
        pass(last + elapsed - clock);
        (bool ok, IEnergyConverter.SkipReason reason) = converter.check(
            reading(HOME, 700_000 + delta, 900_000)
        );
        bool possible = uint256(delta) * 36_000 <= uint256(watts) * elapsed * 11 + 72_000;
        check(ok == possible, "the bound of the design");
        check(ok || reason == IEnergyConverter.SkipReason.Impossible, "and its reason");
    }
}

/// @notice The branches of EnergyConverter.tree.
contract EnergyConverterRepayTest is MeteringFixture {
    function setUp() public override {
        super.setUp();
        settleAfterHour(HOME, 0, 0);
        settleAfterHour(HOME, 0, 3_000);
    }

    function test_RevertsWhen_NothingIsOwedOrPaid() public {
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.NothingToRepay.selector, OTHER));
        converter.repay(OTHER, 1);
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.NothingToRepay.selector, HOME));
        converter.repay(HOME, 0);
    }

    /// @dev Attack: somebody repays a Wh just before, and the owner's repayment of all fails.
    function test_MoreThanTheDebt_TakesTheDebt() public {
        giveEnergy(stranger, 3_001);
        vm.prank(stranger);
        converter.repay(HOME, 1);
        vm.prank(stranger);
        converter.repay(HOME, 3_000);
        equal(debtOf(HOME), 0, "nothing is owed");
        equal(energyToken.balanceOf(stranger), 1, "no more was taken");
    }

    function test_RevertsWhen_ThePayerHasTooLittle() public {
        giveEnergy(stranger, 999);
        vm.expectRevert(
            abi.encodeWithSelector(IEnergyConverter.InsufficientEnergy.selector, stranger, 1_000, 999)
        );
        vm.prank(stranger);
        converter.repay(HOME, 1_000);
    }

    function test_AnyoneRepays_WalletFirst() public {
        giveEnergy(stranger, 2_500);
        approveAll(stranger);
        vm.prank(stranger);
        market.deposit(1_500, 0);

        vm.expectEmit(address(converter));
        emit IEnergyConverter.DebtRepaid(HOME, stranger, 2_000, 1_000);
        vm.prank(stranger);
        converter.repay(HOME, 2_000);

        (uint128 freeWh, ) = market.tradingBalance(stranger);
        equal(energyToken.balanceOf(stranger), 0, "wallet first");
        equal(freeWh, 500, "then the trading balance");
        equal(debtOf(HOME), 1_000, "debt");
        (, , , , uint40 timestamp, ) = converter.settled(HOME);
        equal(timestamp, clock, "the registers stay");
    }
}

/// @notice The branches of EnergyConverter.tree.
contract EnergyConverterEpochTest is MeteringFixture {
    function setUp() public override {
        super.setUp();
        settleAfterHour(HOME, 500, 0);
        settleAfterHour(HOME, 4_500, 0);
        pass(HOUR);
    }

    function test_RevertsWhen_MeterIsUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.UnknownMeter.selector, bytes32("nobody")));
        converter.proposeEpoch("nobody", unknown());
    }

    function test_RevertsWhen_TheClosingIsNotAcceptable() public {
        Report memory closing = reading(OTHER, 5_000, 0);
        vm.expectRevert(rejected(IEnergyConverter.SkipReason.UnknownMeter));
        converter.proposeEpoch(HOME, closing);
        closing = reading(HOME, 4_499, 0);
        vm.expectRevert(rejected(IEnergyConverter.SkipReason.Decreasing));
        converter.proposeEpoch(HOME, closing);
        closing = reading(HOME, 2 ** 60, 0);
        vm.expectRevert(rejected(IEnergyConverter.SkipReason.TooLarge));
        converter.proposeEpoch(HOME, closing);
    }

    function test_RevertsWhen_NothingIsAnnounced() public {
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.NoEpochProposed.selector, HOME));
        converter.declareEpoch(HOME);
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.NoEpochProposed.selector, HOME));
        converter.withdrawEpochProposal(HOME);
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.NoEpochProposed.selector, HOME));
        vm.prank(owner);
        converter.acceptEpoch(HOME, unknown());
    }

    function test_RegistrarAloneWaitsSevenDays() public {
        uint256 declarableAt = clock + 7 days;
        converter.proposeEpoch(HOME, unknown());
        pass(7 days - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IEnergyConverter.EpochNotDeclarable.selector,
                HOME,
                address(this),
                declarableAt
            )
        );
        converter.declareEpoch(HOME);
        pass(1);
        vm.expectEmit(address(converter));
        emit IEnergyConverter.EpochDeclared(HOME, 2);
        converter.declareEpoch(HOME);
        equal(registry.meter(HOME).epoch, 2, "epoch");
        equal(registry.meter(HOME).epochDeclaredAt, clock, "declared now");
    }

    /// @dev Attack: a meter is sold in the last hour of a notice that its new owner has never had.
    function test_ANewOwnerHasANoticeOfItsOwn() public {
        Report memory closing = reading(HOME, 6_000, 9_000);
        converter.proposeEpoch(HOME, closing);
        vm.prank(owner);
        registry.transferMeter(HOME, otherOwner);
        pass(7 days);
        vm.prank(otherOwner);
        registry.acceptMeter(HOME, 0);
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.NoEpochProposed.selector, HOME));
        converter.declareEpoch(HOME);
        vm.prank(otherOwner);
        converter.acceptEpoch(HOME, closing);
        equal(registry.meter(HOME).epoch, 2, "the new owner may agree");
    }

    function test_StrangersNeverDeclareNorAccept() public {
        converter.proposeEpoch(HOME, unknown());
        pass(8 days);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        converter.declareEpoch(HOME);
        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.NotMeterOwner.selector, HOME, stranger));
        vm.prank(stranger);
        converter.acceptEpoch(HOME, unknown());
    }

    function test_RevertsWhen_TheRegistrarSwapsTheClosingUnderTheOwner() public {
        Report memory agreed = reading(HOME, 6_000, 200);
        converter.proposeEpoch(HOME, agreed);
        // Attack: the owner's export is left out of an announcement that the owner has not seen.
        pass(7 days);
        Report memory swapped = reading(HOME, 4_500, 200);
        converter.proposeEpoch(HOME, swapped);
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.NoEpochProposed.selector, HOME));
        vm.prank(owner);
        converter.acceptEpoch(HOME, agreed);
        vm.expectRevert(
            abi.encodeWithSelector(
                IEnergyConverter.EpochNotDeclarable.selector,
                HOME,
                address(this),
                clock + 7 days
            )
        );
        converter.declareEpoch(HOME);
    }

    function test_OwnerAcceptsAtOnce_TheClosingIsSettled() public {
        Report memory closing = reading(HOME, 6_000, 200);
        vm.expectEmit(address(converter));
        emit IEnergyConverter.EpochProposed(HOME, 2, closing, uint40(clock + 7 days));
        converter.proposeEpoch(HOME, closing);
        (Report memory kept, uint40 declarableAt) = converter.epochProposal(HOME);
        equal(kept.exportWh, 6_000, "kept");
        equal(declarableAt, clock + 7 days, "declarable");

        vm.expectEmit(address(converter));
        emit IEnergyConverter.MeterSettled(HOME, 6_000, 200, 0, 1_300, 0, closing.timestamp, 1);
        vm.prank(owner);
        converter.acceptEpoch(HOME, closing);

        equal(energyToken.balanceOf(owner), 5_300, "the old epoch is settled to its end");
        (uint64 exportWh, uint64 importWh, , , uint40 timestamp, uint32 epoch) = converter.settled(HOME);
        check(
            exportWh == 0 && importWh == 0 && timestamp == 0 && epoch == 2,
            "the new epoch has no baseline"
        );
        equal(exportOf(HOME), 5_500, "settled export goes on");
    }

    function test_OnlyANewEpochReleasesADecrease_AndItsBaselineMovesNothing() public {
        declareEpoch(HOME, unknown());
        // Attack: registers from before the declaration as the new baseline.
        expectSkipped(reading(HOME, 0, 0), IEnergyConverter.SkipReason.BeforeEpoch);
        Report memory old = reading(HOME, 9_000, 0);
        pass(HOUR);
        old.timestamp = uint40(clock);
        old.epoch = 1;
        expectSkipped(old, IEnergyConverter.SkipReason.WrongEpoch);

        submit(reading(HOME, 100, 40));
        equal(energyToken.balanceOf(owner), 4_000, "the baseline moves nothing");
        equal(exportOf(HOME), 4_000, "nor does it count as export");
        settleAfterHour(HOME, 1_100, 40);
        equal(energyToken.balanceOf(owner), 5_000, "what follows does");
        equal(exportOf(HOME), 5_000, "and counts");
    }

    function test_DebtOutlivesTheEpoch() public {
        settleAfterHour(HOME, 4_500, 7_000);
        equal(debtOf(HOME), 3_000, "owed");
        declareEpoch(HOME, unknown());
        equal(debtOf(HOME), 3_000, "still owed");
        settleAfterHour(HOME, 0, 0);
        settleAfterHour(HOME, 5_000, 0);
        equal(debtOf(HOME), 0, "repaid by the new epoch's export");
        equal(energyToken.balanceOf(owner), 2_000, "the rest is minted");
    }

    function test_RevertsWhen_TheClosingWentStale() public {
        Report memory closing = reading(HOME, 5_000, 0);
        converter.proposeEpoch(HOME, closing);
        settleAfterHour(HOME, 5_500, 0);
        vm.expectRevert(rejected(IEnergyConverter.SkipReason.Stale));
        vm.prank(owner);
        converter.acceptEpoch(HOME, closing);

        vm.expectEmit(address(converter));
        emit IEnergyConverter.EpochProposalWithdrawn(HOME);
        converter.withdrawEpochProposal(HOME);
        (, uint40 declarableAt) = converter.epochProposal(HOME);
        equal(declarableAt, 0, "withdrawn");
    }

    function test_ANewEpochExcludesWhatWasSuspended() public {
        registry.suspend(HOME);
        declareEpoch(HOME, unknown());
        registry.resume(HOME);
        settleAfterHour(HOME, 9_000, 0);
        settleAfterHour(HOME, 9_500, 0);
        equal(energyToken.balanceOf(owner), 4_500, "energy of the suspension never counts");
    }

    function test_AnnouncementsBelongToTheRegistrar() public {
        bytes memory refusal = abi.encodeWithSelector(
            IAccessManaged.AccessManagedUnauthorized.selector,
            owner
        );
        vm.expectRevert(refusal);
        vm.prank(owner);
        converter.proposeEpoch(HOME, unknown());
        converter.proposeEpoch(HOME, unknown());
        refusal = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, otherOwner);
        vm.expectRevert(refusal);
        vm.prank(otherOwner);
        converter.withdrawEpochProposal(HOME);
    }

    /// @dev Attack: the registrar drops what a meter has counted by an epoch whose closing it says it does not know.
    function test_TheOwnerRefusesAnEpoch() public {
        converter.proposeEpoch(HOME, unknown());
        pass(7 days);
        vm.expectEmit(address(converter));
        emit IEnergyConverter.EpochProposalWithdrawn(HOME);
        vm.prank(owner);
        converter.withdrawEpochProposal(HOME);
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.NoEpochProposed.selector, HOME));
        converter.declareEpoch(HOME);
        uint256 before = energyToken.balanceOf(owner);
        submit(reading(HOME, 9_000, 0));
        equal(energyToken.balanceOf(owner), before + 4_500, "nothing is dropped");
    }

    /// @dev The registrar's way out where the owner of a meter that starts again refuses.
    function test_WhereTheOwnerRefuses_AnotherMeterTakesThePlace() public {
        converter.proposeEpoch(HOME, unknown());
        vm.prank(owner);
        converter.withdrawEpochProposal(HOME);
        registry.suspend(HOME);
        registry.remove(HOME);
        IMeterRegistry.Registration memory given = registration("home-01b", owner);
        given.connectionPoint = registration(HOME, owner).connectionPoint;
        install(given);
        settleAfterHour("home-01b", 0, 0);
        settleAfterHour("home-01b", 700, 0);
        equal(exportOf("home-01b"), 700, "the place settles again");
    }

    function unknown() private pure returns (Report memory) {}

    function rejected(IEnergyConverter.SkipReason reason) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IEnergyConverter.ClosingRejected.selector, HOME, reason);
    }
}
