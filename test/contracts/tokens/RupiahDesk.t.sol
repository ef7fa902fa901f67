// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IRupiahDesk} from "../../../contracts/src/tokens/IRupiahDesk.sol";
import {IRupiahToken} from "../../../contracts/src/tokens/IRupiahToken.sol";
import {RupiahToken} from "../../../contracts/src/tokens/RupiahToken.sol";
import {Check} from "../Vm.sol";
import {ForeignToken, NoDecimals} from "./ForeignToken.sol";

/// @notice The branches of RupiahDesk.tree.
contract RupiahDeskTest is Check {
    uint40 private constant START = 1_800_000_000;
    uint64 private constant ADMIN = 0;
    uint64 private constant IDRS_ISSUER = 2;
    uint64 private constant GUARDIAN = 4;
    /// @dev A token of 6 decimals for 16,250 rupiah.
    uint128 private constant RATE = 16_250e6;
    uint128 private constant CAP = 1_000_000e6;
    address private constant ISSUER = address(0x1550E5);
    address private constant WATCH = address(0x6A2D);
    address private constant TREASURY = address(0x7EA5);
    address private constant ALICE = address(0xA11CE);
    address private constant BOB = address(0xB0B);

    IAccessManager private _access;
    RupiahToken private _rupiah;
    IRupiahDesk private _desk;
    ForeignToken private _dollar;

    function setUp() public {
        vm.warp(START);
        _access = IAccessManager(create("MarketAccess", abi.encode(address(this))));
        _rupiah = RupiahToken(create("RupiahToken", abi.encode(_access)));
        _desk = IRupiahDesk(create("RupiahDesk", abi.encode(_access, _rupiah, TREASURY)));
        _bind(address(_rupiah), IRupiahToken.deposit.selector, IDRS_ISSUER);
        _bind(address(_desk), IRupiahDesk.postRate.selector, IDRS_ISSUER);
        _bind(address(_desk), IRupiahDesk.withdrawRate.selector, IDRS_ISSUER);
        _bind(address(_desk), IRupiahDesk.setPaused.selector, GUARDIAN);
        _access.grantRole(IDRS_ISSUER, ISSUER, 0);
        _access.grantRole(IDRS_ISSUER, address(_desk), 0);
        _access.grantRole(GUARDIAN, WATCH, 0);
        _dollar = _newToken(6);
        _post(RATE, START + 1 days, CAP);
    }

    /* BUYING */

    function test_TheTreasuryHasThePayment_AndTheAccountTheRupiah() public {
        vm.expectEmit(address(_desk));
        emit IRupiahDesk.RupiahBought(address(_dollar), ALICE, BOB, TREASURY, 3e6, 48_750e6);
        vm.prank(ALICE);
        equal(_desk.buy(address(_dollar), 3e6, 48_750e6, BOB), 48_750e6, "bought");
        equal(_dollar.balanceOf(TREASURY), 3e6, "paid");
        equal(_dollar.balanceOf(ALICE), 997e6, "by who bought");
        equal(_dollar.balanceOf(address(_desk)), 0, "the desk holds nothing");
        equal(_rupiah.balanceOf(BOB), 48_750e6, "for whom it was bought");
        equal(_rupiah.totalSupply(), 48_750e6, "no more was minted");
        equal(_desk.rate(address(_dollar)).remainingIdrs, CAP - 48_750e6, "less may be bought");
    }

    function testFuzz_RupiahAreRoundedAgainstTheBuyer_WhateverTheTokensDecimals(
        uint8 decimals,
        uint128 idrsPerToken,
        uint128 amount
    ) public {
        ForeignToken token = _newToken(decimals % 37);
        idrsPerToken = (idrsPerToken % 1e18) + 1;
        amount = (amount % 1e30) + 1;
        vm.prank(ISSUER);
        _desk.postRate(address(token), idrsPerToken, START + 1, type(uint128).max);
        token.give(ALICE, amount);
        uint256 unit = 10 ** token.decimals();
        uint256 worth = (uint256(amount) * idrsPerToken) / unit;
        vm.prank(ALICE);
        (bool done, bytes memory answer) = address(_desk).call(
            abi.encodeCall(_desk.buy, (address(token), amount, 0, ALICE))
        );
        if (worth == 0 || worth > type(uint128).max) {
            check(!done, "nothing is sold for less than a base unit, or beyond the cap");
            equal(_rupiah.balanceOf(ALICE), 0, "nothing came");
        } else {
            check(done, "sold");
            uint256 idrs = abi.decode(answer, (uint128));
            check(
                idrs > 0 && idrs * unit <= uint256(amount) * idrsPerToken,
                "no more than the payment is worth"
            );
            equal(idrs, worth, "and less than a base unit less");
            equal(_rupiah.balanceOf(ALICE), idrs, "what was said came");
        }
    }

    function test_RevertsWhen_ThePaymentIsWorthLessThanABaseUnit() public {
        ForeignToken token = _newToken(18);
        vm.prank(ISSUER);
        _desk.postRate(address(token), RATE, START + 1, CAP);
        // 16,250,000,000 base units for 10^18: below 61,538,462 it is nothing.
        _refuses(
            address(token),
            61_538_461,
            0,
            abi.encodeWithSelector(IRupiahDesk.BuysNothing.selector, token, 61_538_461)
        );
        vm.prank(ALICE);
        equal(_desk.buy(address(token), 61_538_462, 1, ALICE), 1, "a base unit");
    }

    function test_TwoPurchasesInABlock_AreTwoReferences() public {
        vm.prank(ALICE);
        _desk.buy(address(_dollar), 1e6, 0, ALICE);
        vm.prank(ALICE);
        _desk.buy(address(_dollar), 1e6, 0, ALICE);
        equal(_rupiah.balanceOf(ALICE), 2 * RATE, "both");
    }

    function test_RevertsWhen_NoRateIsPosted() public {
        ForeignToken other = _newToken(6);
        _refuses(address(other), 1e6, 0, abi.encodeWithSelector(IRupiahDesk.NoRate.selector, other));
        vm.expectEmit(address(_desk));
        emit IRupiahDesk.RateWithdrawn(address(_dollar));
        vm.prank(ISSUER);
        _desk.withdrawRate(address(_dollar));
        bytes memory none = abi.encodeWithSelector(IRupiahDesk.NoRate.selector, _dollar);
        _refuses(address(_dollar), 1e6, 0, none);
        equal(_desk.rate(address(_dollar)).idrsPerToken, 0, "withdrawn");
        vm.expectRevert(none);
        vm.prank(ISSUER);
        _desk.withdrawRate(address(_dollar));
    }

    function test_Attack_AStaleRate() public {
        vm.warp(START + 1 days);
        vm.prank(ALICE);
        _desk.buy(address(_dollar), 1e6, 0, ALICE);
        vm.warp(START + 1 days + 1);
        _refuses(
            address(_dollar),
            1e6,
            0,
            abi.encodeWithSelector(
                IRupiahDesk.RateEnded.selector,
                _dollar,
                START + 1 days,
                START + 1 days + 1
            )
        );
    }

    function test_RevertsWhen_NothingIsPaidOrNobodyBuys() public {
        _refuses(address(_dollar), 0, 0, abi.encodeWithSelector(IRupiahDesk.ZeroPayment.selector, _dollar));
        vm.expectRevert(abi.encodeWithSelector(IRupiahDesk.ZeroBuyer.selector));
        vm.prank(ALICE);
        _desk.buy(address(_dollar), 1e6, 0, address(0));
    }

    function test_Attack_TheIssuerLowersTheRateBeforeAPurchase() public {
        _post(RATE - 1, START + 1, CAP);
        _refuses(
            address(_dollar),
            1e6,
            RATE,
            abi.encodeWithSelector(IRupiahDesk.LessThanMinimum.selector, _dollar, RATE - 1, RATE)
        );
    }

    function test_RevertsWhen_TheCapIsReached() public {
        _post(RATE, START + 1, 2 * RATE);
        bytes4 exceeded = IRupiahDesk.CapExceeded.selector;
        _refuses(
            address(_dollar),
            2e6 + 1,
            0,
            abi.encodeWithSelector(exceeded, _dollar, 2 * RATE + RATE / 1e6, 2 * RATE)
        );
        vm.prank(ALICE);
        _desk.buy(address(_dollar), 2e6, 0, ALICE);
        _refuses(address(_dollar), 1, 0, abi.encodeWithSelector(exceeded, _dollar, RATE / 1e6, 0));
        // Rates that nobody could pay do not wrap round either.
        _post(type(uint128).max, START + 1, CAP);
        _refuses(
            address(_dollar),
            type(uint128).max,
            0,
            abi.encodeWithSelector(
                exceeded,
                _dollar,
                (uint256(type(uint128).max) * type(uint128).max) / 1e6,
                CAP
            )
        );
    }

    function test_RevertsWhen_TheTokenKeepsAFee() public {
        _dollar.setFee(1);
        _refuses(
            address(_dollar),
            1e6,
            0,
            abi.encodeWithSelector(IRupiahDesk.WrongPayment.selector, _dollar, 1e6, 0, 1e6 - 1)
        );
        _dollar.give(TREASURY, 5e6);
        _dollar.setFee(2e6);
        _refuses(
            address(_dollar),
            1e6,
            0,
            abi.encodeWithSelector(IRupiahDesk.WrongPayment.selector, _dollar, 1e6, 5e6, 4e6)
        );
    }

    function test_Attack_AnotherPurchaseWithinAPurchase() public {
        // The token pays for itself: what it brings counts once, for the inner purchase or for the outer.
        _dollar.give(address(_dollar), 1e6);
        vm.prank(address(_dollar));
        _dollar.approve(address(_desk), type(uint256).max);
        _dollar.tell(address(_desk), abi.encodeCall(_desk.buy, (address(_dollar), 1e6, 0, BOB)));
        _refuses(
            address(_dollar),
            1e6,
            0,
            abi.encodeWithSelector(IRupiahDesk.WrongPayment.selector, _dollar, 1e6, 0, 2e6)
        );
        equal(_rupiah.totalSupply(), 0, "neither was sold");
    }

    function test_Attack_ThePayerIsTheTreasury() public {
        _dollar.give(TREASURY, 1e6);
        vm.prank(TREASURY);
        _dollar.approve(address(_desk), 1e6);
        vm.expectRevert(abi.encodeWithSelector(IRupiahDesk.WrongPayment.selector, _dollar, 1e6, 1e6, 1e6));
        vm.prank(TREASURY);
        _desk.buy(address(_dollar), 1e6, 0, TREASURY);
    }

    function test_RevertsWhen_TheTokenRefuses() public {
        _dollar.setRefuses(true);
        _refuses(
            address(_dollar),
            1e6,
            0,
            abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, _dollar)
        );
        _dollar.setRefuses(false);
        vm.prank(ALICE);
        _dollar.approve(address(_desk), 5);
        _refuses(
            address(_dollar),
            6,
            0,
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, _desk, 5, 6)
        );
    }

    /* RATES */

    function test_APostedRate_ReplacesTheLastOneAndItsCap() public {
        vm.prank(ALICE);
        _desk.buy(address(_dollar), 1e6, 0, ALICE);
        vm.expectEmit(address(_desk));
        emit IRupiahDesk.RatePosted(address(_dollar), 7, START + 7 days, 6, 9);
        _post(7, START + 7 days, 9);
        IRupiahDesk.Rate memory posted = _desk.rate(address(_dollar));
        IRupiahDesk.Rate memory expected = IRupiahDesk.Rate(7, START + 7 days, 6, 9);
        check(keccak256(abi.encode(posted)) == keccak256(abi.encode(expected)), "every field");
    }

    function test_RevertsWhen_TheTokenIsNone() public {
        address[3] memory none = [address(_rupiah), ALICE, address(new NoDecimals())];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IRupiahDesk.NotToken.selector, none[i]));
            vm.prank(ISSUER);
            _desk.postRate(none[i], RATE, START + 1, CAP);
        }
        address fine = address(_newToken(37));
        vm.expectRevert(abi.encodeWithSelector(IRupiahDesk.DecimalsOutOfRange.selector, fine, 37, 36));
        vm.prank(ISSUER);
        _desk.postRate(fine, RATE, START + 1, CAP);
    }

    function test_RevertsWhen_TheRateIsNone() public {
        _refusesRate(0, START + 1, CAP, abi.encodeWithSelector(IRupiahDesk.ZeroRate.selector, _dollar));
        _refusesRate(RATE, START + 1, 0, abi.encodeWithSelector(IRupiahDesk.ZeroCap.selector, _dollar));
    }

    function test_RevertsWhen_TheRateEndsBeforeItBegins_OrNotInAWeek() public {
        uint40[4] memory ends = [uint40(0), START, START + 7 days + 1, type(uint40).max];
        for (uint256 i = 0; i < 4; ++i) {
            bytes memory reason = abi.encodeWithSelector(
                IRupiahDesk.RateOutOfTime.selector,
                _dollar,
                ends[i],
                START + 1,
                START + 7 days
            );
            _refusesRate(RATE, ends[i], CAP, reason);
        }
    }

    /* ROLES */

    function test_ThePauseIsTheGuardians_AndStopsEverySale() public {
        vm.expectEmit(address(_desk));
        emit IRupiahDesk.PauseChanged(true);
        vm.prank(WATCH);
        _desk.setPaused(true);
        check(_desk.paused(), "paused");
        _refuses(address(_dollar), 1e6, 0, abi.encodeWithSelector(IRupiahDesk.DeskPaused.selector));
        vm.prank(WATCH);
        _desk.setPaused(false);
        vm.prank(ALICE);
        _desk.buy(address(_dollar), 1e6, 0, ALICE);
    }

    function test_TheTreasuryIsTheAdmins() public {
        vm.expectEmit(address(_desk));
        emit IRupiahDesk.TreasuryChanged(BOB);
        _desk.setTreasury(BOB);
        vm.prank(ALICE);
        _desk.buy(address(_dollar), 1e6, 0, ALICE);
        equal(_dollar.balanceOf(BOB), 1e6, "to the new one");
        equal(_desk.treasury(), BOB, "named");
        vm.expectRevert(abi.encodeWithSelector(IRupiahDesk.ZeroTreasury.selector));
        _desk.setTreasury(address(0));
    }

    function test_EachSettingBelongsToItsRole() public {
        _unauthorized(ALICE, abi.encodeCall(_desk.postRate, (address(_dollar), RATE, START + 1, CAP)));
        _unauthorized(WATCH, abi.encodeCall(_desk.postRate, (address(_dollar), RATE, START + 1, CAP)));
        _unauthorized(ALICE, abi.encodeCall(_desk.withdrawRate, (address(_dollar))));
        _unauthorized(ISSUER, abi.encodeCall(_desk.setPaused, (true)));
        _unauthorized(ISSUER, abi.encodeCall(_desk.setTreasury, (ISSUER)));
    }

    function test_TheDeskMintsOnlyWhileItHoldsTheRole() public {
        _access.revokeRole(IDRS_ISSUER, address(_desk));
        bytes4 unauthorized = IAccessManaged.AccessManagedUnauthorized.selector;
        _refuses(address(_dollar), 1e6, 0, abi.encodeWithSelector(unauthorized, _desk));
    }

    /* SHORTHAND */

    function _newToken(uint8 decimals) private returns (ForeignToken token) {
        token = new ForeignToken(decimals);
        token.give(ALICE, 1_000e6);
        vm.prank(ALICE);
        token.approve(address(_desk), type(uint256).max);
    }

    function _post(uint128 idrsPerToken, uint40 until, uint128 capIdrs) private {
        vm.prank(ISSUER);
        _desk.postRate(address(_dollar), idrsPerToken, until, capIdrs);
    }

    function _refusesRate(uint128 idrsPerToken, uint40 until, uint128 capIdrs, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(ISSUER);
        _desk.postRate(address(_dollar), idrsPerToken, until, capIdrs);
    }

    function _refuses(address token, uint128 amount, uint128 minimumIdrs, bytes memory reason) private {
        (uint256 paid, uint256 minted) = (ForeignToken(token).balanceOf(TREASURY), _rupiah.totalSupply());
        uint128 remaining = _desk.rate(token).remainingIdrs;
        vm.prank(ALICE);
        (bool done, bytes memory answer) = address(_desk).call(
            abi.encodeCall(_desk.buy, (token, amount, minimumIdrs, ALICE))
        );
        check(!done, "the purchase is refused");
        check(keccak256(answer) == keccak256(reason), "the error says why");
        equal(ForeignToken(token).balanceOf(TREASURY), paid, "nothing was paid");
        equal(_rupiah.totalSupply(), minted, "nothing was minted");
        equal(_desk.rate(token).remainingIdrs, remaining, "nothing was taken off the cap");
    }

    function _unauthorized(address caller, bytes memory call) private {
        vm.prank(caller);
        (bool done, bytes memory answer) = address(_desk).call(call);
        bytes memory wanted = abi.encodeWithSelector(
            IAccessManaged.AccessManagedUnauthorized.selector,
            caller
        );
        check(!done && keccak256(answer) == keccak256(wanted), "unauthorized");
    }

    function _bind(address target, bytes4 selector, uint64 role) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        _access.setTargetFunctionRole(target, selectors, role);
    }
}
