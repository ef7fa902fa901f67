// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IEnergyCertificates} from "../../../contracts/src/metering/IEnergyCertificates.sol";
import {IEnergyConverter, Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {MeteringFixture} from "./MeteringFixture.sol";

/// @notice The branches of Corrections.tree. Slotted meters are in `SlotPool.t.sol`, batteries in `OfferBoard.t.sol`.
contract CorrectionsTest is MeteringFixture {
    bytes32 private constant EVIDENCE = keccak256("the installer's protocol");
    uint64 private constant EXPORTED = 3_000;
    uint64 private constant IMPORTED = 1_000;

    function setUp() public override {
        super.setUp();
        settleAfterHour(HOME, 50_000, 70_000);
        settleAfterHour(HOME, 50_000 + EXPORTED, 70_000 + IMPORTED);
    }

    /* PROPOSING */

    function test_Propose_MovesNothing() public {
        bytes32 before = stateOf(HOME);
        uint40 until = uint40(clock + 30 days);
        vm.expectEmit(address(converter));
        emit IEnergyConverter.CorrectionProposed(HOME, owner, 500, -200, EVIDENCE, until);
        converter.proposeCorrection(HOME, 500, -200, EVIDENCE);
        check(stateOf(HOME) == before, "nothing has moved");
        _proposed(500, -200, EVIDENCE, until);
    }

    function test_Propose_ReplacesAnEarlierOne_WhichNobodyCanAcceptAnyMore() public {
        converter.proposeCorrection(HOME, 500, 0, EVIDENCE);
        converter.proposeCorrection(HOME, 400, 0, EVIDENCE);
        _refusesToAccept(500, 0, EVIDENCE);
        _accept(400, 0);
    }

    function test_Propose_IsTheRegistrarsAlone() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, owner));
        vm.prank(owner);
        converter.proposeCorrection(HOME, 1, 0, EVIDENCE);
    }

    function test_Propose_WhenNobodyOwnsTheMeter_Reverts() public {
        bytes32 waiting = "home-03";
        registry.register(registration(waiting, owner));
        bytes32[2] memory ids = [bytes32("home-99"), waiting];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.NoOwner.selector, ids[i]));
            converter.proposeCorrection(ids[i], 1, 0, EVIDENCE);
        }
    }

    function test_Propose_Nothing_Reverts() public {
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.NothingToCorrect.selector, HOME));
        converter.proposeCorrection(HOME, 0, 0, EVIDENCE);
    }

    function test_Propose_WithoutEvidence_Reverts() public {
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.NoEvidence.selector, HOME));
        converter.proposeCorrection(HOME, 1, 1, 0);
    }

    function test_Propose_NoLessThanNothing_AndNoMoreThanTheConnectionCarried() public {
        // Two hours at 11 kW, and 2 Wh.
        int256 most = 22_002;
        int64 exported = int64(EXPORTED);
        int64 imported = int64(IMPORTED);
        _refusesOutOfRange(-exported - 1, 0, -exported - 1, -exported, most - exported);
        _refusesOutOfRange(0, -imported - 1, -imported - 1, -imported, most - imported);
        _refusesOutOfRange(19_003, 0, 19_003, -exported, most - exported);
        _refusesOutOfRange(0, 21_003, 21_003, -imported, most - imported);
        _refusesOutOfRange(type(int64).min, 0, type(int64).min, -exported, most - exported);
        converter.proposeCorrection(HOME, 19_002, 21_002, EVIDENCE);
        converter.proposeCorrection(HOME, -exported, -imported, EVIDENCE);
        _accept(-exported, -imported);
        (uint64 exportWh, uint64 importWh) = converter.counted(HOME);
        equal(exportWh + importWh, 0, "nothing was counted");
        _refusesOutOfRange(-1, 0, -1, 0, most);
    }

    function test_Propose_WhatWasCountedAtAHigherRating_CanBeLessened() public {
        registry.setRating(HOME, 100, 100);
        // Two hours at 110 W, and 2 Wh.
        _refusesOutOfRange(1, 0, 1, -int64(EXPORTED), 0);
        converter.proposeCorrection(HOME, -1, 0, EVIDENCE);
        _accept(-1, 0);
    }

    function test_Propose_BeforeTheMeterIsActive_HasOnlyWhatIsAlwaysAllowed() public {
        registry.setActivationDelay(1 days);
        bytes32 fresh = "home-03";
        install(registration(fresh, owner));
        vm.expectRevert(
            abi.encodeWithSelector(IEnergyConverter.CorrectionOutOfRange.selector, fresh, 3, 0, 2)
        );
        converter.proposeCorrection(fresh, 3, 0, EVIDENCE);
    }

    /* WITHDRAWING */

    function test_Withdraw_ByTheRegistrar() public {
        converter.proposeCorrection(HOME, 500, 0, EVIDENCE);
        vm.expectEmit(address(converter));
        emit IEnergyConverter.CorrectionWithdrawn(HOME, address(this));
        converter.withdrawCorrection(HOME);
        _proposed(0, 0, 0, 0);
        _refusesToAccept(500, 0, EVIDENCE);
    }

    function test_Withdraw_ByTheOwner_IsARefusal() public {
        converter.proposeCorrection(HOME, -500, 0, EVIDENCE);
        vm.expectEmit(address(converter));
        emit IEnergyConverter.CorrectionWithdrawn(HOME, owner);
        vm.prank(owner);
        converter.withdrawCorrection(HOME);
        _refusesToAccept(-500, 0, EVIDENCE);
    }

    function test_Withdraw_ByAStranger_Reverts() public {
        converter.proposeCorrection(HOME, 500, 0, EVIDENCE);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        converter.withdrawCorrection(HOME);
    }

    function test_Withdraw_WhenNoneIsOpen_Reverts() public {
        _refusesToWithdraw();
        converter.proposeCorrection(HOME, 500, 0, EVIDENCE);
        pass(30 days + 1);
        _refusesToWithdraw();
    }

    /* ACCEPTING */

    function test_Accept_MoreExport_IsMinted() public {
        converter.proposeCorrection(HOME, 700, 0, EVIDENCE);
        _expectCorrected(700, 0, 700, 0);
        _accept(700, 0);
        equal(energyToken.balanceOf(owner), 2_700, "minted");
    }

    function test_Accept_LessImport_IsMinted() public {
        converter.proposeCorrection(HOME, 0, -700, EVIDENCE);
        _expectCorrected(0, -700, 700, 0);
        _accept(0, -700);
        equal(energyToken.balanceOf(owner), 2_700, "minted");
    }

    function test_Accept_RepaysDebtFirst() public {
        vm.prank(owner);
        energyToken.transfer(stranger, 2_000);
        settleAfterHour(HOME, 53_000, 71_400);
        equal(debtOf(HOME), 400, "owed");
        converter.proposeCorrection(HOME, 300, 0, EVIDENCE);
        _expectCorrected(300, 0, 0, 100);
        _accept(300, 0);
        converter.proposeCorrection(HOME, 0, -300, EVIDENCE);
        _expectCorrected(0, -300, 200, 0);
        _accept(0, -300);
        equal(energyToken.balanceOf(owner), 200, "the rest is minted");
    }

    /// @dev A clamp the wrong way round: what was counted as export was import.
    function test_Accept_LessExportAndMoreImport_IsBurned_AndTheRestIsDebt() public {
        registry.setCredit(HOME, 3_999);
        converter.proposeCorrection(HOME, -3_000, 3_000, EVIDENCE);
        vm.expectEmit(address(converter));
        emit IEnergyConverter.CreditExceeded(HOME, 4_000);
        _accept(-3_000, 3_000);
        equal(energyToken.balanceOf(owner), 0, "burned");
        equal(debtOf(HOME), 4_000, "owed");
    }

    function test_Accept_TakesFreeEnergyOfTheMarket_AndNoMore() public {
        approveAll(owner);
        vm.prank(owner);
        market.deposit(1_500, 0);
        converter.proposeCorrection(HOME, -2_000, 0, EVIDENCE);
        _expectCorrected(-2_000, 0, -2_000, 0);
        _accept(-2_000, 0);
        (uint128 freeWh, ) = market.tradingBalance(owner);
        equal(freeWh + energyToken.balanceOf(owner), 0, "wallet and balance");
    }

    function test_Accept_OfBothAlike_MovesNoTokens() public {
        converter.proposeCorrection(HOME, 50, 50, EVIDENCE);
        _expectCorrected(50, 50, 0, 0);
        _accept(50, 50);
        (uint64 exportWh, uint64 importWh) = converter.counted(HOME);
        check(exportWh == EXPORTED + 50 && importWh == IMPORTED + 50, "but counts");
    }

    function test_Accept_LeavesTheRegisters_AndWhatFollowsSettlesAsEver() public {
        converter.proposeCorrection(HOME, -3_000, -900, EVIDENCE);
        _accept(-3_000, -900);
        (uint64 exportWh, uint64 importWh, , , uint40 timestamp, uint32 epoch) = converter.settled(HOME);
        check(exportWh == 53_000 && importWh == 71_000, "the registers are the meter's");
        check(timestamp == clock && epoch == 1, "and when they were read");
        settleAfterHour(HOME, 53_400, 71_000);
        (exportWh, importWh) = converter.counted(HOME);
        check(exportWh == 400 && importWh == 100, "as corrected");
    }

    function test_Accept_GoesOnOverEpochs() public {
        Report memory unknown;
        declareEpoch(HOME, unknown);
        settleAfterHour(HOME, 9_000, 4_000);
        settleAfterHour(HOME, 9_200, 4_100);
        converter.proposeCorrection(HOME, -3_100, -1_050, EVIDENCE);
        _accept(-3_100, -1_050);
        (uint64 exportWh, uint64 importWh) = converter.counted(HOME);
        check(exportWh == 100 && importWh == 50, "also what an earlier epoch counted");
        declareEpoch(HOME, unknown);
        (exportWh, importWh) = converter.counted(HOME);
        check(exportWh == 100 && importWh == 50, "and for later ones");
    }

    function test_Accept_OfASuspendedMeter() public {
        registry.suspend(HOME);
        converter.proposeCorrection(HOME, 10, 0, EVIDENCE);
        _accept(10, 0);
        equal(energyToken.balanceOf(owner), 2_010, "put right while it waits");
    }

    function test_Accept_WhenTheDebtWouldNotFit_Reverts() public {
        uint256 most = uint256(uint56(type(int56).max));
        registry.setRating(HOME, 0, type(uint32).max);
        pass(800_000 days);
        submit(reading(HOME, 53_000, 71_000 + uint64(most)));
        equal(debtOf(HOME), most - 2_000, "all but what was burned");
        converter.proposeCorrection(HOME, -2_000, 0, EVIDENCE);
        _accept(-2_000, 0);
        converter.proposeCorrection(HOME, -1, 0, EVIDENCE);
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.DebtTooLarge.selector, HOME, most + 1));
        _accept(-1, 0);
    }

    /* ATTACKS */

    function test_Attack_ACorrectionWithoutTheOwner() public {
        converter.proposeCorrection(HOME, -3_000, 0, EVIDENCE);
        address[2] memory others = [address(this), stranger];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.NotMeterOwner.selector, HOME, others[i]));
            vm.prank(others[i]);
            converter.acceptCorrection(HOME, -3_000, 0, EVIDENCE);
        }
        equal(energyToken.balanceOf(owner), 2_000, "nothing was burned");
    }

    function test_Attack_ACorrectionTwice() public {
        converter.proposeCorrection(HOME, 700, 0, EVIDENCE);
        _accept(700, 0);
        _refusesToAccept(700, 0, EVIDENCE);
    }

    function test_Attack_AnythingButWhatWasProposed() public {
        _refusesToAccept(0, 0, 0);
        converter.proposeCorrection(HOME, 700, 10, EVIDENCE);
        _refusesToAccept(701, 10, EVIDENCE);
        _refusesToAccept(700, 9, EVIDENCE);
        _refusesToAccept(700, 10, keccak256("another"));
        _refusesToAccept(0, 0, 0);
    }

    function test_Attack_ACorrectionThatWasProposedToAnotherOwner() public {
        converter.proposeCorrection(HOME, 700, 0, EVIDENCE);
        vm.prank(owner);
        registry.transferMeter(HOME, stranger);
        vm.prank(stranger);
        registry.acceptMeter(HOME, 0);
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.NoCorrectionProposed.selector, HOME));
        vm.prank(stranger);
        converter.acceptCorrection(HOME, 700, 0, EVIDENCE);
        _proposed(0, 0, 0, 0);
    }

    /// @dev The closing registers of a new epoch may have put right the same.
    function test_Attack_ACorrectionOfAnEpochThatIsOver() public {
        converter.proposeCorrection(HOME, 700, 0, EVIDENCE);
        pass(HOUR);
        declareEpoch(HOME, reading(HOME, 53_700, 71_000));
        _refusesToAccept(700, 0, EVIDENCE);
        _proposed(0, 0, 0, 0);
    }

    function test_Attack_ACorrectionThatWasForgotten() public {
        converter.proposeCorrection(HOME, 700, 0, EVIDENCE);
        uint256 fresh = vm.snapshotState();
        pass(30 days + 1);
        _refusesToAccept(700, 0, EVIDENCE);
        vm.revertToState(fresh);
        clock -= 1;
        pass(1);
        _accept(700, 0);
    }

    /// @dev Nobody is certified for what no register shows, nor twice for what was taken back.
    function test_Attack_ACorrectedWhIsNotCertifiedTwice() public {
        IEnergyCertificates certificates = IEnergyCertificates(
            create("EnergyCertificates", abi.encode(registry, converter))
        );
        certificates.issue(HOME);
        settleAfterHour(HOME, 53_600, 71_000);
        certificates.issue(HOME);

        converter.proposeCorrection(HOME, 900, 0, EVIDENCE);
        _accept(900, 0);
        settleAfterHour(HOME, 53_700, 71_000);
        (, uint256 wattHours) = certificates.issue(HOME);
        equal(wattHours, 100, "what was added backs none");

        converter.proposeCorrection(HOME, -250, 0, EVIDENCE);
        _accept(-250, 0);
        settleAfterHour(HOME, 53_900, 71_000);
        vm.expectEmit(address(certificates));
        emit IEnergyCertificates.CertificateWithheld(HOME, 200);
        (, wattHours) = certificates.issue(HOME);
        equal(wattHours, 0, "of what was taken back 200 are withheld");
        settleAfterHour(HOME, 54_000, 71_000);
        (, wattHours) = certificates.issue(HOME);
        equal(wattHours, 50, "and the rest");
        equal(certificates.withheld(HOME), 250, "all of it");
        settleAfterHour(HOME, 54_100, 71_000);
        (, wattHours) = certificates.issue(HOME);
        equal(wattHours, 100, "once");
        equal(converter.exportTakenBack(HOME), 250, "taken back");
    }

    /* HELP */

    function _accept(int64 exportWh, int64 importWh) private {
        vm.prank(owner);
        converter.acceptCorrection(HOME, exportWh, importWh, EVIDENCE);
    }

    function _expectCorrected(int64 exportWh, int64 importWh, int64 tokensWh, uint64 debtWh) private {
        vm.expectEmit(address(converter));
        emit IEnergyConverter.MeterCorrected(HOME, exportWh, importWh, tokensWh, debtWh, EVIDENCE);
    }

    function _proposed(int64 exportWh, int64 importWh, bytes32 evidence, uint40 until) private view {
        (int64 export_, int64 import_, bytes32 evidence_, uint40 until_) = converter.correctionProposal(HOME);
        check(export_ == exportWh && import_ == importWh, "the differences");
        check(evidence_ == evidence && until_ == until, "the evidence, and until when");
    }

    function _refusesToAccept(int64 exportWh, int64 importWh, bytes32 evidence) private {
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.NoCorrectionProposed.selector, HOME));
        vm.prank(owner);
        converter.acceptCorrection(HOME, exportWh, importWh, evidence);
    }

    function _refusesToWithdraw() private {
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.NoCorrectionProposed.selector, HOME));
        converter.withdrawCorrection(HOME);
    }

    function _refusesOutOfRange(
        int64 exportWh,
        int64 importWh,
        int256 difference,
        int256 least,
        int256 most
    ) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IEnergyConverter.CorrectionOutOfRange.selector,
                HOME,
                difference,
                least,
                most
            )
        );
        converter.proposeCorrection(HOME, exportWh, importWh, EVIDENCE);
    }
}
