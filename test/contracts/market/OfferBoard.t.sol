// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IAccounts, IEnergyMarket, IOfferBoard} from "../../../contracts/src/market/IEnergyMarket.sol";
import {IEnergyConverter, Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {MarketFixture} from "./MarketFixture.sol";

/// @notice The branches of OfferBoard.tree.
contract OfferBoardTest is MarketFixture {
    address private constant SELLER = address(0x5E11E4);
    address private constant BUYER = address(0xB04E4);
    address private constant OTHER = address(0x07E4);
    bytes32 private constant BATTERY = "battery-1";
    uint40 private constant PRICE = 1_444_700;
    uint128 private constant CASH = 1e12;
    uint64 private constant STORED = 10_000;
    uint40 private constant DAY = 1 days;
    /// @dev The storage slots at which the market's accounts and board begin.
    uint256 private constant ACCOUNTS = 0;
    uint256 private constant BOARD = 140_746_078_421_509;

    uint64 private _exported;
    uint64 private _stored;

    function setUp() public {
        deploySystem();
        addBattery(BATTERY, SELLER, STORED, STORED);
        _stored = STORED;
        fund(BUYER, 0, CASH);
        fund(OTHER, 1_000, CASH);
        approveAll(SELLER);
    }

    /* CREATE */

    function test_Create_RecordsTheOfferAndThePromise() public {
        uint40 now_ = time();
        vm.prank(SELLER);
        equal(market.createOffer(BATTERY, 4_000, PRICE, CELL_6, now_ + 60, now_ + DAY), 1, "counts from 1");
        equal(_offer(6_000), 2, "and on");
        IOfferBoard.Offer memory offer = market.offer(1);
        equal(offer.seller, SELLER, "seller");
        check(offer.batteryId == BATTERY, "battery");
        equal(offer.remainingWh, 4_000, "remaining");
        equal(offer.price, PRICE, "price");
        equal(offer.h3Cell, CELL_6, "cell");
        equal(offer.availableFrom, now_ + 60, "from");
        equal(offer.availableTo, now_ + DAY, "to");
        check(offer.status == IOfferBoard.OfferStatus.Active, "active");
        equal(market.promised(BATTERY), 10_000, "promised");
        equal(market.offerCount(), 2, "count");
    }

    function test_Create_WhenTheBoardIsPaused_Reverts() public {
        market.setPaused(false, true);
        refuses(SELLER, _create(100, PRICE), abi.encodeWithSelector(IOfferBoard.BoardPaused.selector));
        market.setPaused(true, false);
        _offer(100);
    }

    function test_Create_WhenTheAmountIsTooSmall_Reverts() public {
        refuses(
            SELLER,
            _create(99, PRICE),
            abi.encodeWithSelector(IOfferBoard.AmountTooSmall.selector, 99, 100)
        );
        _offer(100);
    }

    function test_Create_WhenThePriceDoesNotFit_Reverts() public {
        refuses(
            SELLER,
            _create(100, 999),
            abi.encodeWithSelector(IOfferBoard.PriceTooLow.selector, 999, 1_000)
        );
        uint40 high = 1 << 32;
        bytes memory tooHigh = abi.encodeWithSelector(IOfferBoard.PriceTooHigh.selector, high, high - 1);
        refuses(SELLER, _create(100, high), tooHigh);
        refuses(address(this), abi.encodeCall(market.setMinimumPrice, (high)), tooHigh);
        market.setMinimumPrice(0);
        equal(market.minimumPrice(), 0, "no minimum");
        refuses(SELLER, _create(100, 0), abi.encodeWithSelector(IOfferBoard.PriceTooLow.selector, 0, 1));
        _send(SELLER, _create(100, 1));
        _send(SELLER, _create(100, high - 1));
    }

    function test_Create_WhenThePeriodIsNotOne_Reverts() public {
        uint40 now_ = time();
        uint40 latest = now_ + 7 days;
        _refusesPeriod(now_, now_, now_ + 1);
        _refusesPeriod(0, now_, now_ + 1);
        _refusesPeriod(now_ + 100, now_ + 100, now_ + 101);
        _refusesPeriod(now_, latest + 1, now_ + 1);
        _refusesPeriod(now_, type(uint40).max, now_ + 1);
        _refusesPeriod(type(uint40).max, now_ + 1, type(uint40).max);
        _send(SELLER, _createBetween(0, now_ + 1));
        _send(SELLER, _createBetween(latest - 1, latest));

        // The last second that 32 bits can name.
        vm.warp(uint256(type(uint32).max) - 100);
        settle(BATTERY, 0, STORED);
        now_ = time();
        refuses(
            SELLER,
            _createBetween(now_, now_ + 101),
            abi.encodeWithSelector(IOfferBoard.InvalidPeriod.selector, now_, now_ + 101, now_ + 1, now_ + 100)
        );
        _send(SELLER, _createBetween(now_, now_ + 100));
    }

    function test_Create_WhenTheMeterIsNotAnOwnBattery_Reverts() public {
        bytes memory create = _create(100, PRICE);
        refuses(OTHER, create, abi.encodeWithSelector(IOfferBoard.NotBatteryOwner.selector, BATTERY, OTHER));
        bytes32 id = "nowhere";
        uint40 now_ = time();
        create = abi.encodeCall(market.createOffer, (id, 100, PRICE, CELL, now_, now_ + DAY));
        refuses(SELLER, create, abi.encodeWithSelector(IOfferBoard.NotBatteryOwner.selector, id, SELLER));
        id = "roof";
        addMeter(id, SELLER, IMeterRegistry.MeterKind.Prosumer, 0);
        create = abi.encodeCall(market.createOffer, (id, 100, PRICE, CELL, now_, now_ + DAY));
        refuses(SELLER, create, abi.encodeWithSelector(IOfferBoard.NotABattery.selector, id));
    }

    function test_Create_WhenTheCellDoesNotContainTheBattery_Reverts() public {
        // Another cell, a finer one, other high bits, a coarse index with finer digits.
        uint64[6] memory wrong = [
            OTHER_CELL,
            0x888c106a49fffff,
            CELL | (1 << 63),
            CELL ^ (1 << 56),
            (CELL & ~(uint64(0xF) << 52)) | (uint64(6) << 52),
            0
        ];
        uint40 now_ = time();
        for (uint256 i = 0; i < wrong.length; ++i) {
            refuses(
                SELLER,
                abi.encodeCall(market.createOffer, (BATTERY, 100, PRICE, wrong[i], now_, now_ + DAY)),
                abi.encodeWithSelector(IOfferBoard.CellMismatch.selector, wrong[i], CELL)
            );
        }
        uint64[3] memory right = [CELL, CELL_6, CELL_0];
        for (uint256 i = 0; i < right.length; ++i) {
            vm.prank(SELLER);
            market.createOffer(BATTERY, 100, PRICE, right[i], now_, now_ + DAY);
            equal(market.offer(i + 1).h3Cell, right[i], "kept exactly");
        }
    }

    function test_Create_WhenTheReportIsTooOld_Reverts() public {
        uint40 reported = time();
        vm.warp(reported + 3_600);
        _offer(100);
        vm.warp(reported + 3_601);
        refuses(
            SELLER,
            _create(100, PRICE),
            abi.encodeWithSelector(IOfferBoard.BatteryReportTooOld.selector, BATTERY, reported)
        );
    }

    function test_Create_WhenThePromiseIsNotCovered_Reverts() public {
        refuses(SELLER, _create(10_001, PRICE), _exceeds(10_001, 10_000));
        _offer(6_000);
        refuses(SELLER, _create(4_001, PRICE), _exceeds(10_001, 10_000));
        _offer(4_000);
        refuses(SELLER, _create(100, PRICE), _exceeds(10_100, 10_000));
    }

    function test_Create_CoversNoMoreThanCapacityLessDebt() public {
        _report(0, 0, 12_000);
        refuses(SELLER, _create(10_001, PRICE), _exceeds(10_001, 10_000));
        registry.setCapacity(BATTERY, 9_000);
        refuses(SELLER, _create(9_001, PRICE), _exceeds(9_001, 9_000));
        // 500 Wh imported and not paid: debt.
        _report(0, 500, 9_000);
        refuses(SELLER, _create(8_501, PRICE), _exceeds(8_501, 8_500));
        _offer(8_500);
        _report(0, 20_000, 9_000);
        refuses(SELLER, _create(100, PRICE), _exceeds(8_600, 0));
    }

    /* UPDATE */

    function test_Update_ChangesAmountPriceAndEnd() public {
        _offer(6_000);
        uint40 end = time() + 3_600;
        vm.prank(SELLER);
        market.updateOffer(1, 10_000, PRICE + 1, end);
        equal(market.offer(1).remainingWh, 10_000, "remaining");
        equal(market.offer(1).price, PRICE + 1, "price");
        equal(market.offer(1).availableTo, end, "to");
        equal(market.promised(BATTERY), 10_000, "promised");
        vm.warp(time() + 3_000);
        end += 2_000;
        vm.prank(SELLER);
        market.updateOffer(1, 100, PRICE, end);
        equal(market.promised(BATTERY), 100, "less is promised");
    }

    function test_Update_WhenItIsNotForTheCaller_Reverts() public {
        _offer(6_000);
        refuses(
            OTHER,
            _update(1, 100),
            abi.encodeWithSelector(IOfferBoard.NotOfferSeller.selector, 1, OTHER)
        );
        _refusesUnknownOffer(SELLER, _update(0, 100), 0);
        _refusesUnknownOffer(SELLER, _update(2, 100), 2);
        _refusesUnknownOffer(SELLER, _update((1 << 32) + 1, 100), (1 << 32) + 1);
        market.setPaused(false, true);
        refuses(SELLER, _update(1, 100), abi.encodeWithSelector(IOfferBoard.BoardPaused.selector));
        market.setPaused(false, false);
        vm.prank(SELLER);
        market.cancelOffer(1);
        refuses(SELLER, _update(1, 100), _notActive(1, IOfferBoard.OfferStatus.Cancelled));
        _offer(100);
        vm.warp(time() + DAY + 1);
        refuses(SELLER, _update(2, 100), _notActive(2, IOfferBoard.OfferStatus.Expired));
    }

    function test_Update_WhenItWouldNotDoForANewOffer_Reverts() public {
        _offer(6_000);
        uint40 now_ = time();
        refuses(SELLER, _update(1, 99), abi.encodeWithSelector(IOfferBoard.AmountTooSmall.selector, 99, 100));
        refuses(
            SELLER,
            abi.encodeCall(market.updateOffer, (1, 100, 999, now_ + DAY)),
            abi.encodeWithSelector(IOfferBoard.PriceTooLow.selector, 999, 1_000)
        );
        market.setMinimumPrice(PRICE + 1);
        refuses(
            SELLER,
            abi.encodeCall(market.updateOffer, (1, 100, PRICE, now_ + DAY)),
            abi.encodeWithSelector(IOfferBoard.PriceTooLow.selector, PRICE, PRICE + 1)
        );
        market.setMinimumPrice(1_000);
        refuses(
            SELLER,
            abi.encodeCall(market.updateOffer, (1, 100, PRICE, now_ + 7 days + 1)),
            abi.encodeWithSelector(
                IOfferBoard.InvalidPeriod.selector,
                now_,
                now_ + 7 days + 1,
                now_ + 1,
                now_ + 7 days
            )
        );
    }

    function test_Update_WhenItPromisesMore_ChecksTheBatteryAgain() public {
        _offer(6_000);
        refuses(SELLER, _update(1, 10_001), _exceeds(10_001, 10_000));
        uint40 reported = time();
        vm.warp(reported + 3_601);
        refuses(
            SELLER,
            _update(1, 6_001),
            abi.encodeWithSelector(IOfferBoard.BatteryReportTooOld.selector, BATTERY, reported)
        );
        _send(SELLER, _update(1, 5_999));
    }

    /// @dev Attack: an offer that is sold out holds nothing, and could promise the next owner's energy.
    function test_Update_WhenTheBatteryWasSold_Reverts() public {
        _accepted(1_000, 1_000);
        _send(SELLER, abi.encodeCall(market.closeTrade, (1)));
        _sellBattery();
        check(market.offer(1).status == IOfferBoard.OfferStatus.Active, "its time is not over");
        refuses(
            SELLER,
            _update(1, 1_000),
            abi.encodeWithSelector(IOfferBoard.NotBatteryOwner.selector, BATTERY, SELLER)
        );
    }

    /* CANCEL AND CLOSE AN OFFER */

    function test_CancelOffer_ReleasesThePromiseAndKeepsAcceptedTrades() public {
        _accepted(6_000, 1_000);
        _request(1, 500);
        market.setPaused(true, true);
        refuses(
            OTHER,
            abi.encodeCall(market.cancelOffer, (1)),
            abi.encodeWithSelector(IOfferBoard.NotOfferSeller.selector, 1, OTHER)
        );
        _send(SELLER, abi.encodeCall(market.cancelOffer, (1)));
        equal(market.promised(BATTERY), 1_000, "what was accepted is still owed");
        refuses(
            SELLER,
            abi.encodeCall(market.cancelOffer, (1)),
            _notActive(1, IOfferBoard.OfferStatus.Cancelled)
        );
        market.setPaused(false, false);
        refuses(
            SELLER,
            abi.encodeCall(market.acceptTrade, (2)),
            _notActive(1, IOfferBoard.OfferStatus.Cancelled)
        );
        _send(BUYER, abi.encodeCall(market.cancelTrade, (2)));
        _discharge(1_000);
        _deliver(1, 1_000);
        check(market.offer(1).status == IOfferBoard.OfferStatus.Cancelled, "stays cancelled");
        equal(market.promised(BATTERY), 0, "nothing owed");
    }

    function test_CancelOffer_WhenItIsOver_Reverts() public {
        _offer(100);
        _refusesUnknownOffer(SELLER, abi.encodeCall(market.cancelOffer, (2)), 2);
        vm.warp(time() + DAY + 1);
        refuses(
            SELLER,
            abi.encodeCall(market.cancelOffer, (1)),
            _notActive(1, IOfferBoard.OfferStatus.Expired)
        );
    }

    function test_CloseOffer_WhenItsTimeIsOver_ReleasesThePromiseForAnyone() public {
        _offer(4_000);
        bytes memory close = abi.encodeCall(market.closeOffer, (1));
        uint40 end = market.offer(1).availableTo;
        vm.warp(end);
        refuses(SELLER, close, abi.encodeWithSelector(IOfferBoard.OfferNotClosable.selector, 1, end));
        vm.warp(end + 1);
        check(market.offer(1).status == IOfferBoard.OfferStatus.Expired, "O4: over by time alone");
        refuses(BUYER, _requests(1, 100, PRICE), _notActive(1, IOfferBoard.OfferStatus.Expired));
        equal(market.promised(BATTERY), 4_000, "held until closed");
        market.setPaused(true, true);
        _send(OTHER, close);
        equal(market.promised(BATTERY), 0, "O4: released");
        refuses(SELLER, close, _notActive(1, IOfferBoard.OfferStatus.Expired));
        _refusesUnknownOffer(SELLER, abi.encodeCall(market.closeOffer, (0)), 0);
    }

    /// @dev Attack: whoever takes a battery over finds it bound by the old owner's trades, who are paid for its export.
    function test_ABatteryChangesHandsOnlyFreeOfPromises() public {
        _offer(4_000);
        _request(1, 1_000);
        _accept(1);
        vm.prank(SELLER);
        registry.transferMeter(BATTERY, OTHER);
        _refusesToTakeOver(4_000);
        _send(SELLER, abi.encodeCall(market.cancelOffer, (1)));
        _refusesToTakeOver(1_000);
        vm.warp(market.trade(1).deliverBy + 1);
        _send(OTHER, abi.encodeCall(market.closeTrade, (1)));
        vm.prank(OTHER);
        registry.acceptMeter(BATTERY, 0);
        equal(registry.meter(BATTERY).owner, OTHER, "free of promises, it is taken over");
    }

    /* REQUEST */

    function test_Request_EscrowsThePriceAndPullsWhatTheBalanceLacks() public {
        _offer(6_000);
        giveMoney(BUYER, CASH);
        vm.prank(BUYER);
        market.withdraw(0, CASH - 5);
        uint256 wallet = rupiahToken.balanceOf(BUYER);
        equal(_request(1, 1_000), 1, "counts from 1");
        equal(wallet - rupiahToken.balanceOf(BUYER), uint256(PRICE) * 1_000 - 5, "pulled");
        equalBalance(BUYER, 0, 0, "escrowed");
        IOfferBoard.Trade memory trade = market.trade(1);
        equal(trade.offerId, 1, "offer");
        equal(trade.buyer, BUYER, "buyer");
        equal(trade.seller, SELLER, "seller");
        equal(trade.wattHours, 1_000, "amount");
        equal(trade.deliveredWh, 0, "delivered");
        equal(trade.price, PRICE, "price");
        equal(trade.availableFrom, market.offer(1).availableFrom, "from");
        equal(trade.availableTo, market.offer(1).availableTo, "to");
        equal(trade.answerBy, time() + 900, "answer by");
        equal(trade.deliverBy, market.offer(1).availableTo + 7_200, "deliver by");
        check(trade.status == IOfferBoard.TradeStatus.Pending, "pending");
        equal(market.tradeCount(), 1, "count");
        equal(market.offer(1).remainingWh, 6_000, "nothing is reserved");
        equal(market.deliverable(1), 0, "nothing to deliver");
    }

    function test_Request_ARemainderBelow100WhIsSoldWhole() public {
        _accepted(1_000, 901);
        refuses(
            BUYER,
            _requests(1, 98, PRICE),
            abi.encodeWithSelector(IOfferBoard.AmountTooSmall.selector, 98, 99)
        );
        refuses(
            BUYER,
            _requests(1, 100, PRICE),
            abi.encodeWithSelector(IOfferBoard.AmountExceedsOffer.selector, 1, 100, 99)
        );
        // It may be changed too, but not made smaller.
        refuses(SELLER, _update(1, 98), abi.encodeWithSelector(IOfferBoard.AmountTooSmall.selector, 98, 99));
        vm.prank(SELLER);
        market.updateOffer(1, 99, PRICE - 1, time() + DAY);
        _request(1, 99);
        _accept(2);
        refuses(
            BUYER,
            _requests(1, 0, PRICE - 1),
            abi.encodeWithSelector(IOfferBoard.AmountTooSmall.selector, 0, 100)
        );
        _discharge(1_000);
        _deliver(1, 901);
        _deliver(2, 99);
        check(market.offer(1).status == IOfferBoard.OfferStatus.Completed, "all of it is sold and delivered");
        equal(market.promised(BATTERY), 0, "nothing stays promised");
    }

    function test_Request_WhenItDoesNotMatchTheOffer_Reverts() public {
        _refusesUnknownOffer(BUYER, _requests(1, 100, PRICE), 1);
        _offer(6_000);
        refuses(SELLER, _requests(1, 100, PRICE), abi.encodeWithSelector(IOfferBoard.OwnOffer.selector, 1));
        refuses(
            BUYER,
            _requests(1, 99, PRICE),
            abi.encodeWithSelector(IOfferBoard.AmountTooSmall.selector, 99, 100)
        );
        refuses(
            BUYER,
            _requests(1, 6_001, PRICE),
            abi.encodeWithSelector(IOfferBoard.AmountExceedsOffer.selector, 1, 6_001, 6_000)
        );
        refuses(
            BUYER,
            _requests(1, 100, PRICE - 1),
            abi.encodeWithSelector(IOfferBoard.PriceMoved.selector, 1, PRICE - 1, PRICE)
        );
        refuses(
            address(0xBAD),
            _requests(1, 100, PRICE),
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector,
                address(market),
                0,
                uint256(PRICE) * 100
            )
        );
        market.setPaused(false, true);
        refuses(BUYER, _requests(1, 100, PRICE), abi.encodeWithSelector(IOfferBoard.BoardPaused.selector));
        market.setPaused(false, false);
        _send(SELLER, abi.encodeCall(market.cancelOffer, (1)));
        refuses(BUYER, _requests(1, 100, PRICE), _notActive(1, IOfferBoard.OfferStatus.Cancelled));
    }

    /* ACCEPT */

    function test_Accept_ReservesAtWhatTheBuyerSaw() public {
        _offer(6_000);
        uint40 end = market.offer(1).availableTo;
        _request(1, 1_000);
        // The seller moves the offer under the request, and again under the accepted trade.
        vm.prank(SELLER);
        market.updateOffer(1, 5_000, PRICE * 2, end - 100);
        _accept(1);
        equal(market.offer(1).remainingWh, 4_000, "reserved");
        equal(market.promised(BATTERY), 5_000, "O1: still promised");
        vm.prank(SELLER);
        market.updateOffer(1, 4_000, PRICE * 3, time() + 60);
        IOfferBoard.Trade memory trade = market.trade(1);
        equal(trade.price, PRICE, "O5: the price that the buyer saw");
        equal(trade.availableTo, end, "O5: and the end");
        equal(trade.deliverBy, end + 7_200, "O5: and the deadline");
        equal(market.reputation(SELLER).promisedWh, 0, "an open trade counts neither way");
        _discharge(1_000);
        _deliver(1, 1_000);
        equal(market.reputation(SELLER).promisedWh, 1_000, "promised");
        equalBalance(SELLER, 0, uint256(PRICE) * 1_000, "paid what the buyer saw");
    }

    function test_Accept_WhenItIsNotPendingForTheCaller_Reverts() public {
        _offer(6_000);
        _request(1, 1_000);
        bytes memory accept = abi.encodeCall(market.acceptTrade, (1));
        refuses(BUYER, accept, abi.encodeWithSelector(IOfferBoard.NotTradeSeller.selector, 1, BUYER));
        refuses(
            address(0xBAD),
            accept,
            abi.encodeWithSelector(IOfferBoard.NotTradeSeller.selector, 1, address(0xBAD))
        );
        _refusesUnknownTrades(SELLER, market.acceptTrade.selector);
        market.setPaused(false, true);
        refuses(SELLER, accept, abi.encodeWithSelector(IOfferBoard.BoardPaused.selector));
        market.setPaused(false, false);
        _accept(1);
        refuses(SELLER, accept, _wrongStatus(1, IOfferBoard.TradeStatus.Accepted));
    }

    function test_Accept_WhenTheAnswerIsTooLate_Reverts() public {
        _offer(6_000);
        _request(1, 1_000);
        _request(1, 1_000);
        bytes memory accept = abi.encodeCall(market.acceptTrade, (2));
        uint40 answerBy = time() + 900;
        vm.warp(answerBy);
        _accept(1);
        vm.warp(answerBy + 1);
        refuses(SELLER, accept, abi.encodeWithSelector(IOfferBoard.AnswerTooLate.selector, 2, answerBy));

        // Shortly before the end, the end comes first; the seller cannot move it for a request that was made.
        vm.warp(market.offer(1).availableTo - 60);
        settle(BATTERY, 0, STORED);
        _request(1, 1_000);
        uint40 end = market.offer(1).availableTo;
        equal(market.trade(3).answerBy, end, "the end comes first");
        vm.prank(SELLER);
        market.updateOffer(1, 1_000, PRICE, end + 3_600);
        vm.warp(end + 1);
        accept = abi.encodeCall(market.acceptTrade, (3));
        refuses(SELLER, accept, abi.encodeWithSelector(IOfferBoard.AnswerTooLate.selector, 3, end));
    }

    function test_Accept_WhenTheOfferIsOverOrSoldOut_Reverts() public {
        _offer(1_000);
        _request(1, 600);
        _request(1, 600);
        _request(1, 400);
        _accept(1);
        bytes memory accept = abi.encodeCall(market.acceptTrade, (2));
        refuses(SELLER, accept, abi.encodeWithSelector(IOfferBoard.AmountExceedsOffer.selector, 1, 600, 400));
        // An offer that was shortened is over for its requests too.
        vm.prank(SELLER);
        market.updateOffer(1, 600, PRICE, time() + 60);
        vm.warp(time() + 61);
        refuses(SELLER, accept, _notActive(1, IOfferBoard.OfferStatus.Expired));
        _send(BUYER, abi.encodeCall(market.cancelTrade, (2)));
    }

    function test_Accept_WhenTheBatteryDoesNotCoverIt_Reverts() public {
        _offer(6_000);
        _offer(4_000);
        _request(1, 1_000);
        bytes memory accept = abi.encodeCall(market.acceptTrade, (1));
        vm.warp(time() + 60);
        settle(BATTERY, 0, 9_999);
        refuses(SELLER, accept, _exceeds(10_000, 9_999));
        vm.warp(time() + 60);
        settle(BATTERY, 0, 10_000);
        registry.setCapacity(BATTERY, 9_998);
        refuses(SELLER, accept, _exceeds(10_000, 9_998));
        registry.setCapacity(BATTERY, 10_000);
        _accept(1);
    }

    function test_Accept_WhenTheReportIsTooOld_Reverts() public {
        uint40 reported = time();
        vm.warp(reported + 3_000);
        _offer(6_000);
        _request(1, 1_000);
        vm.warp(reported + 3_601);
        refuses(
            SELLER,
            abi.encodeCall(market.acceptTrade, (1)),
            abi.encodeWithSelector(IOfferBoard.BatteryReportTooOld.selector, BATTERY, reported)
        );
    }

    function test_Accept_WhenTooManyTradesAreOpen_Reverts() public {
        _offer(1_500);
        for (uint256 id = 1; id <= 15; ++id) _request(1, 100);
        for (uint256 id = 1; id <= 14; ++id) _accept(id);
        bytes memory accept = abi.encodeCall(market.acceptTrade, (15));
        bytes memory tooMany = abi.encodeWithSelector(IOfferBoard.TooManyOpenTrades.selector, BATTERY, 14);
        refuses(SELLER, accept, tooMany);
        // Whichever is over makes room, and each is counted for as long as it is not.
        uint256[4] memory over = [uint256(3), 14, 7, 1];
        for (uint256 i = 0; i < 4; ++i) _send(SELLER, abi.encodeCall(market.closeTrade, (over[i])));
        _accept(15);
        _discharge(1_500);
        for (uint256 id = 1; id <= 15; ++id) {
            bool open = id != 3 && id != 14 && id != 7 && id != 1;
            equal(market.deliverable(id), open ? 100 : 0, "counted for the open ones");
        }
    }

    function test_OffersAndTrades_WhenTheirNumbersAreUsedUp_Revert() public {
        _offer(1_000);
        bytes32 slot = bytes32(BOARD);
        uint256 word = uint256(vm.load(address(market), slot));
        equal(word & type(uint64).max, 1, "one offer, no trade");
        vm.store(address(market), slot, bytes32(word | type(uint64).max));
        uint40 now_ = time();
        refuses(
            SELLER,
            abi.encodeCall(market.createOffer, (BATTERY, 1_000, PRICE, CELL, now_, now_ + 100)),
            abi.encodeWithSelector(IOfferBoard.TooManyOffers.selector)
        );
        refuses(
            BUYER,
            _requests(1, 1_000, PRICE),
            abi.encodeWithSelector(IOfferBoard.TooManyTrades.selector)
        );
    }

    /* REJECT AND CANCEL A TRADE */

    function test_RejectAndCancelTrade_RefundEvenWhilePaused() public {
        _offer(6_000);
        _request(1, 1_000);
        _request(1, 2_000);
        market.setPaused(true, true);
        refuses(
            OTHER,
            abi.encodeCall(market.rejectTrade, (1)),
            abi.encodeWithSelector(IOfferBoard.NotTradeSeller.selector, 1, OTHER)
        );
        refuses(
            SELLER,
            abi.encodeCall(market.cancelTrade, (1)),
            abi.encodeWithSelector(IOfferBoard.NotTradeBuyer.selector, 1, SELLER)
        );
        _refusesUnknownTrades(SELLER, market.rejectTrade.selector);
        _refusesUnknownTrades(BUYER, market.cancelTrade.selector);
        _send(SELLER, abi.encodeCall(market.rejectTrade, (1)));
        equalBalance(BUYER, 0, CASH - uint256(PRICE) * 2_000, "refunded");
        _send(BUYER, abi.encodeCall(market.cancelTrade, (2)));
        equalBalance(BUYER, 0, CASH, "refunded");

        bytes4[4] memory calls = [
            market.rejectTrade.selector,
            market.cancelTrade.selector,
            market.closeTrade.selector,
            market.acceptTrade.selector
        ];
        market.setPaused(false, false);
        for (uint256 i = 0; i < 4; ++i) {
            address caller = calls[i] == market.cancelTrade.selector ? BUYER : SELLER;
            refuses(
                caller,
                abi.encodeWithSelector(calls[i], 1),
                _wrongStatus(1, IOfferBoard.TradeStatus.Rejected)
            );
            refuses(
                caller,
                abi.encodeWithSelector(calls[i], 2),
                _wrongStatus(2, IOfferBoard.TradeStatus.Cancelled)
            );
        }
    }

    /* DELIVER */

    function test_Deliver_MovesEnergyAndMoneyInParts() public {
        _accepted(1_000, 1_000);
        _discharge(700);
        equal(market.deliverable(1), 700, "metered");
        vm.prank(SELLER);
        market.deposit(100, 0);
        uint256 wallet = energyToken.balanceOf(SELLER);
        _deliver(1, 300);
        equal(wallet - energyToken.balanceOf(SELLER), 200, "the balance first, then the wallet");
        equalBalance(SELLER, 0, uint256(PRICE) * 300, "paid for the part");
        equalBalance(BUYER, 300, CASH - uint256(PRICE) * 1_000, "energy for the part, the rest in escrow");
        equal(market.trade(1).deliveredWh, 300, "delivered");
        equal(market.promised(BATTERY), 700, "owed");
        equal(market.reputation(SELLER).deliveredWh, 0, "a trade that is not over does not count yet");
        equal(market.deliverable(1), 400, "metered and not counted");

        _discharge(400);
        market.setPaused(true, true);
        _deliver(1, 700);
        check(market.trade(1).status == IOfferBoard.TradeStatus.Completed, "completed");
        check(market.offer(1).status == IOfferBoard.OfferStatus.Completed, "and so the offer");
        equalBalance(SELLER, 0, uint256(PRICE) * 1_000, "paid in full");
        equalBalance(BUYER, 1_000, CASH - uint256(PRICE) * 1_000, "delivered in full");
        equal(market.promised(BATTERY), 0, "nothing owed");
        IOfferBoard.Reputation memory seen = market.reputation(SELLER);
        equal(seen.promisedWh, 1_000, "promised");
        equal(seen.deliveredWh, 1_000, "delivered");
        equal(market.deliverable(1), 0, "nothing more");
        refuses(OTHER, _delivers(1, 1), _wrongStatus(1, IOfferBoard.TradeStatus.Completed));
    }

    function test_Deliver_AnOfferIsCompletedOnlyWhenAllIsSoldAndDelivered() public {
        _accepted(1_000, 400);
        _request(1, 600);
        _discharge(400);
        _deliver(1, 400);
        check(market.offer(1).status == IOfferBoard.OfferStatus.Active, "600 Wh are unsold");
        _accept(2);
        // Sold out and being delivered, it is not over when its time is.
        vm.warp(market.offer(1).availableTo + 1);
        check(market.offer(1).status == IOfferBoard.OfferStatus.Active, "being delivered");
        _discharge(600);
        _deliver(2, 600);
        check(market.offer(1).status == IOfferBoard.OfferStatus.Completed, "all delivered");
    }

    function test_Deliver_WhenTheAmountIsWrong_Reverts() public {
        _offer(1_000);
        _request(1, 1_000);
        refuses(OTHER, _delivers(1, 1), _wrongStatus(1, IOfferBoard.TradeStatus.Pending));
        _accept(1);
        _discharge(2_000);
        refuses(OTHER, _delivers(1, 0), abi.encodeWithSelector(IOfferBoard.AmountTooSmall.selector, 0, 1));
        refuses(
            OTHER,
            _delivers(1, 1_001),
            abi.encodeWithSelector(IOfferBoard.DeliveryNotMetered.selector, 1, 1_001, 1_000)
        );
        _deliver(1, 400);
        refuses(
            OTHER,
            _delivers(1, 1_001),
            abi.encodeWithSelector(IOfferBoard.DeliveryNotMetered.selector, 1, 1_001, 600)
        );
        refuses(OTHER, _delivers(0, 1), abi.encodeWithSelector(IOfferBoard.UnknownTrade.selector, 0));
        refuses(OTHER, _delivers(2, 1), abi.encodeWithSelector(IOfferBoard.UnknownTrade.selector, 2));
    }

    function test_Deliver_WhenItIsTooEarlyOrTooLate_Reverts() public {
        uint40 from = time() + 3_000;
        _send(SELLER, _createBetween(from, from + DAY));
        _request(1, 100);
        _accept(1);
        _discharge(100);
        refuses(
            OTHER,
            _delivers(1, 1),
            abi.encodeWithSelector(IOfferBoard.NotDeliverableYet.selector, 1, from)
        );
        equal(market.deliverable(1), 0, "too early");
        vm.warp(from);
        _refusesUnmetered(1, 1, 0);
        _discharge(100);
        _deliver(1, 1);
        uint40 deliverBy = from + DAY + 7_200;
        vm.warp(deliverBy);
        _deliver(1, 1);
        vm.warp(deliverBy + 1);
        refuses(
            OTHER,
            _delivers(1, 1),
            abi.encodeWithSelector(IOfferBoard.DeliveryTooLate.selector, 1, deliverBy)
        );
        equal(market.deliverable(1), 0, "too late");
    }

    function test_Deliver_WhenTheExportWasNotMeteredSinceAcceptance_Reverts() public {
        _discharge(500);
        _accepted(1_000, 1_000);
        _refusesUnmetered(1, 1, 0);
        _discharge(300);
        _refusesUnmetered(1, 301, 300);
        _deliver(1, 300);
        _refusesUnmetered(1, 1, 0);
    }

    function test_Deliver_CountsEachWattHourOnce() public {
        // Two trades of two offers on one battery, accepted together; one export serves one of them.
        _accepted(1_000, 1_000);
        _offer(1_000);
        _request(2, 1_000);
        _accept(2);
        _discharge(1_400);
        equal(market.deliverable(1), 1_000, "of two that end together, what was asked for first");
        equal(market.deliverable(2), 400, "the rest");
        _deliver(2, 400);
        _deliver(1, 600);
        _refusesUnmetered(2, 1, 0);
        _discharge(100);
        _refusesUnmetered(2, 501, 100);
        _deliver(1, 400);
        _deliver(2, 500);
        equal(market.trade(2).deliveredWh, 500, "what was left of it");
        _discharge(1_000);
        equal(market.deliverable(2), 500, "no more than it is about");
    }

    /// @dev Attack: a stranger hands over 1 Wh of a later trade, so that an earlier one cannot count what was metered for
    ///      it.
    function test_Attack_OneWattHourOfALaterTradeTakesNothingFromAnEarlierOne() public {
        _accepted(4_000, 1_000);
        _discharge(1_000);
        _request(1, 1_000);
        _accept(2);
        _discharge(1);
        equal(market.deliverable(2), 1, "what came after the first was metered");
        _deliver(2, 1);
        equal(market.deliverable(1), 1_000, "metered for it, whatever is delivered to others");
        _discharge(500);
        equal(market.deliverable(2), 500, "and the second goes on");
        _deliver(1, 1_000);
        _deliver(2, 500);
    }

    /// @dev What is put right counts for nothing that was promised, in either direction.
    function test_Attack_ACorrectionDeliversNothing() public {
        _accepted(1_000, 1_000);
        _discharge(300);
        _correct(600);
        equal(market.deliverable(1), 300, "what is put right was not discharged for it");
        _correct(-500);
        equal(market.deliverable(1), 300, "nor does it take back what was");
        _deliver(1, 300);
        _discharge(700);
        equal(market.deliverable(1), 700, "and what follows counts as ever");
        _deliver(1, 700);
    }

    function _correct(int64 exportWh) private {
        converter.proposeCorrection(BATTERY, exportWh, 0, "evidence");
        vm.prank(SELLER);
        converter.acceptCorrection(BATTERY, exportWh, 0, "evidence");
    }

    /// @dev Attack: a stranger gives the urgent trade's export to one that has time.
    function test_Attack_NobodyChoosesForWhichTradeExportCounts() public {
        uint40 now_ = time();
        _send(SELLER, _createBetween(now_, now_ + 7 days));
        _send(SELLER, _createBetween(now_, now_ + 2_000));
        _send(SELLER, _createBetween(now_, now_ + 4_000));
        for (uint256 id = 1; id <= 3; ++id) {
            _request(id, 100);
            _accept(id);
        }
        _discharge(150);
        _refusesUnmetered(1, 1, 0);
        equal(market.deliverable(2), 100, "the earliest deadline first");
        equal(market.deliverable(3), 50, "then the next");
        _deliver(3, 50);
        _discharge(100);
        equal(market.deliverable(3), 50, "then the next");
        equal(market.deliverable(1), 50, "then the last");
        _deliver(2, 100);
    }

    /// @dev A stop of settlement moves the deadlines of those that were accepted before it.
    function test_Deliver_DeadlinesThatWereExtendedCountAsTheyAre() public {
        uint40 now_ = time();
        _send(SELLER, _createBetween(now_, now_ + 2_000));
        _send(SELLER, _createBetween(now_, now_ + 3_000));
        _request(1, 100);
        _request(2, 100);
        _accept(1);
        market.setPaused(false, true);
        vm.warp(now_ + 800);
        market.setPaused(false, false);
        _send(SELLER, _createBetween(now_, now_ + 2_500));
        _request(3, 100);
        _accept(2);
        _accept(3);
        _discharge(150);
        // 2,500 s, 2,000 s extended to 2,800 s, 3,000 s
        equal(market.deliverable(3), 100, "the earliest");
        equal(market.deliverable(1), 50, "the next");
        equal(market.deliverable(2), 0, "the last");
    }

    /// @dev Attack: a reservation is filled with what was exported before it began.
    function test_Attack_AReservationIsNotFilledByEarlierExport() public {
        uint40 from = time() + 3_000;
        _send(SELLER, _createBetween(from, from + 3_600));
        _request(1, 100);
        _accept(1);
        _discharge(100);
        vm.warp(from);
        settle(BATTERY, _exported, STORED);
        equal(market.deliverable(1), 0, "nothing of the time before");
        _discharge(60);
        equal(market.deliverable(1), 60, "all of its own");
        _deliver(1, 60);
    }

    /// @dev Attack: the meter is silent until the reserved time has begun.
    function test_Attack_AReportFromBeforeAReservationCountsWhatTheConnectionCarriesSince() public {
        registry.setRating(BATTERY, 1_000, 1_000);
        vm.warp(time() + 60);
        settle(BATTERY, 0, STORED);
        uint40 from = time() + 3_600;
        _send(SELLER, _createBetween(from, from + 3_600));
        _request(1, 100);
        _accept(1);
        vm.warp(from + 60);
        // 1 kW in a minute, ten percent and 2 Wh more
        _exported = 800;
        settle(BATTERY, 800, STORED);
        equal(market.deliverable(1), 20, "of an hour and a minute, the minute");
    }

    /// @dev The meter's clock is a little behind the chain's: more seems to flow than the connection carries.
    /// @dev Attack: what was metered until the time began is settled only after it.
    function test_Attack_AReservationIsNotFilledByALateReportOfEarlierExport() public {
        uint40 from = time() + 3_000;
        _send(SELLER, _createBetween(from, from + 3_600));
        _request(1, 100);
        _accept(1);
        vm.warp(from + 600);
        Report[] memory reports = new Report[](1);
        reports[0] = Report(BATTERY, 100, 0, STORED, from, 1);
        converter.settle(reports);
        equal(market.deliverable(1), 0, "nothing of the time before, whenever it is settled");
        reports[0] = Report(BATTERY, 160, 0, STORED, from + 60, 1);
        converter.settle(reports);
        equal(market.deliverable(1), 60, "all of its own");
    }

    function test_Deliver_AReportThatBeganJustBeforeTheTimeCountsWhole() public {
        registry.setRating(BATTERY, 1_000, 1_000);
        vm.warp(time() + 60);
        settle(BATTERY, 0, STORED);
        uint40 from = time() + 119;
        _send(SELLER, _createBetween(from, from + 3_600));
        _request(1, 100);
        _accept(1);
        vm.warp(from + 120);
        _exported = 70;
        settle(BATTERY, 70, STORED);
        equal(market.deliverable(1), 70, "all of it");
    }

    function test_Deliver_WhatIsMeteredAfterTheDeadlineCountsForOthers() public {
        uint40 now_ = time();
        _send(SELLER, _createBetween(now_, now_ + 1));
        _send(SELLER, _createBetween(now_, now_ + DAY));
        _request(1, 100);
        _request(2, 100);
        _accept(1);
        _accept(2);
        vm.warp(now_ + 1 + 7_200);
        _exported = 30;
        settle(BATTERY, 30, STORED);
        equal(market.deliverable(1), 30, "on the last second");
        _discharge(40);
        equal(market.deliverable(2), 40, "later, for the one that has time");
        _send(OTHER, abi.encodeCall(market.closeTrade, (1)));
        _discharge(100);
        equal(market.deliverable(2), 100, "no more than it is about");
    }

    /// @dev The register that the meter begins anew is no export.
    function test_Deliver_ANewEpochCountsFromItsBaseline() public {
        _accepted(1_000, 1_000);
        _discharge(300);
        Report memory closing;
        converter.proposeEpoch(BATTERY, closing);
        vm.prank(SELLER);
        converter.acceptEpoch(BATTERY, closing);
        _settleSecondEpoch(50_000);
        equal(market.deliverable(1), 300, "a baseline exports nothing");
        _settleSecondEpoch(50_200);
        equal(market.deliverable(1), 500, "and it goes on");
    }

    function test_CountExport_IsTheConvertersAlone_AndAsksForWhatIsOpen() public {
        refuses(
            SELLER,
            abi.encodeCall(market.countExport, (BATTERY, 1, 0, 1, 1)),
            abi.encodeWithSelector(IAccounts.OnlyConverter.selector, SELLER)
        );
        vm.expectRevert(abi.encodeWithSelector(IEnergyConverter.OnlyMarket.selector, SELLER));
        vm.prank(SELLER);
        converter.watchExport(BATTERY);
        check(!_isWatched(), "nothing is open");
        _accepted(1_000, 1_000);
        check(_isWatched(), "its export is counted");
        _discharge(1_000);
        check(_isWatched(), "as long as a trade is open");
        _deliver(1, 1_000);
        _discharge(0);
        check(!_isWatched(), "and no longer");
    }

    function _isWatched() private view returns (bool watched) {
        return converter.registersWord(BATTERY).delivering();
    }

    function _settleSecondEpoch(uint64 exportWh) private {
        vm.warp(time() + 900);
        Report[] memory reports = new Report[](1);
        reports[0] = Report(BATTERY, exportWh, 0, STORED, time(), 2);
        converter.settle(reports);
    }

    function test_Deliver_WhenTheSellerHasNoEnergy_Reverts() public {
        _accepted(1_000, 1_000);
        _discharge(1_000);
        vm.prank(SELLER);
        energyToken.transfer(OTHER, 1_000);
        refuses(
            OTHER,
            _delivers(1, 100),
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, SELLER, 0, 100)
        );
        equal(market.deliverable(1), 1_000, "nothing was counted");
    }

    /* CLOSE A TRADE */

    function test_CloseTrade_APendingOneLapses() public {
        _offer(1_000);
        _request(1, 1_000);
        bytes memory close = abi.encodeCall(market.closeTrade, (1));
        uint40 answerBy = market.trade(1).answerBy;
        vm.warp(answerBy);
        refuses(SELLER, close, abi.encodeWithSelector(IOfferBoard.NotClosableYet.selector, 1, answerBy + 1));
        vm.warp(answerBy + 1);
        market.setPaused(true, true);
        _send(OTHER, close);
        check(market.trade(1).status == IOfferBoard.TradeStatus.Lapsed, "lapsed");
        equalBalance(BUYER, 0, CASH, "refunded");
        equal(market.reputation(SELLER).promisedWh, 0, "nothing was promised");
        refuses(OTHER, close, _wrongStatus(1, IOfferBoard.TradeStatus.Lapsed));
        _refusesUnknownTrades(OTHER, market.closeTrade.selector);
    }

    function test_CloseTrade_AnAcceptedOneExpiresAfterItsDeadline() public {
        _accepted(1_000, 1_000);
        _discharge(300);
        _deliver(1, 300);
        bytes memory close = abi.encodeCall(market.closeTrade, (1));
        uint40 deliverBy = market.trade(1).deliverBy;
        vm.warp(deliverBy);
        refuses(BUYER, close, abi.encodeWithSelector(IOfferBoard.NotClosableYet.selector, 1, deliverBy + 1));
        vm.warp(deliverBy + 1);
        _send(BUYER, close);
        check(market.trade(1).status == IOfferBoard.TradeStatus.Expired, "expired");
        equalBalance(BUYER, 300, CASH - uint256(PRICE) * 300, "O3: refunded without the seller");
        equal(market.promised(BATTERY), 0, "promised no more");
        IOfferBoard.Reputation memory seen = market.reputation(SELLER);
        equal(seen.promisedWh, 1_000, "counts against the seller");
        equal(seen.deliveredWh, 300, "counts for the seller");
        check(market.offer(1).status == IOfferBoard.OfferStatus.Expired, "the offer was not completed");
        refuses(BUYER, close, _wrongStatus(1, IOfferBoard.TradeStatus.Expired));
    }

    function test_CloseTrade_TheSellerMayCloseEarly_AndTheOfferIsNeverCompleted() public {
        _accepted(1_000, 400);
        _request(1, 600);
        _accept(2);
        _send(SELLER, abi.encodeCall(market.closeTrade, (1)));
        equalBalance(BUYER, 0, CASH - uint256(PRICE) * 600, "refunded");
        equal(market.promised(BATTERY), 600, "the other is still owed");
        _discharge(600);
        _deliver(2, 600);
        check(market.offer(1).status == IOfferBoard.OfferStatus.Active, "not everything sold was delivered");
        equal(market.offer(1).remainingWh, 0, "what was not delivered is not offered again");
    }

    /* RATE */

    function test_Rate_EachSideOnce() public {
        _accepted(1_000, 1_000);
        refuses(BUYER, _rates(1, 0), abi.encodeWithSelector(IOfferBoard.InvalidStars.selector, 0));
        refuses(BUYER, _rates(1, 6), abi.encodeWithSelector(IOfferBoard.InvalidStars.selector, 6));
        refuses(BUYER, _rates(2, 5), abi.encodeWithSelector(IOfferBoard.UnknownTrade.selector, 2));
        refuses(BUYER, _rates(1, 5), abi.encodeWithSelector(IOfferBoard.NotRatable.selector, 1, BUYER));
        _discharge(1_000);
        _deliver(1, 1_000);
        refuses(OTHER, _rates(1, 5), abi.encodeWithSelector(IOfferBoard.NotTradeParty.selector, 1, OTHER));
        _send(BUYER, _rates(1, 5));
        refuses(BUYER, _rates(1, 1), abi.encodeWithSelector(IOfferBoard.AlreadyRated.selector, 1, BUYER));
        _send(SELLER, _rates(1, 3));
        refuses(SELLER, _rates(1, 1), abi.encodeWithSelector(IOfferBoard.AlreadyRated.selector, 1, SELLER));
        equal(market.reputation(SELLER).stars, 5, "of the seller");
        equal(market.reputation(SELLER).ratings, 1, "of the seller");
        equal(market.reputation(BUYER).stars, 3, "of the buyer");
        check(market.trade(1).status == IOfferBoard.TradeStatus.Completed, "O2: final");
    }

    function test_Rate_AnExpiredTradeOnlyByTheBuyer() public {
        _accepted(1_000, 1_000);
        _send(SELLER, abi.encodeCall(market.closeTrade, (1)));
        refuses(SELLER, _rates(1, 1), abi.encodeWithSelector(IOfferBoard.NotRatable.selector, 1, SELLER));
        _send(BUYER, _rates(1, 1));
        equal(market.reputation(SELLER).ratings, 1, "rated");
    }

    function test_Rate_MoreStarsThanFit_Reverts() public {
        _accepted(1_000, 1_000);
        _discharge(1_000);
        _deliver(1, 1_000);
        bytes32 slot = keccak256(abi.encode(SELLER, ACCOUNTS));
        uint256 word = uint256(vm.load(address(market), slot));
        equal(word >> 192, 0, "no stars");
        vm.store(address(market), slot, bytes32(word | (uint256(type(uint32).max - 4) << 192)));
        refuses(BUYER, _rates(1, 5), abi.encodeWithSelector(IOfferBoard.TooManyStars.selector, SELLER));
        _send(BUYER, _rates(1, 4));
    }

    /* PAUSES AND SETTINGS */

    function test_Pause_ExtendsTheDeliveryByAsLongAsItLasts() public {
        _accepted(1_000, 500);
        uint40 deliverBy = market.trade(1).deliverBy;
        vm.warp(deliverBy - 10);
        market.setPaused(false, true);
        vm.warp(deliverBy + 5_000);
        equal(market.trade(1).deliverBy, deliverBy + 5_010, "while it lasts");
        refuses(
            BUYER,
            abi.encodeCall(market.closeTrade, (1)),
            abi.encodeWithSelector(IOfferBoard.NotClosableYet.selector, 1, deliverBy + 5_011)
        );
        market.setPaused(true, true);
        equal(market.trade(1).deliverBy, deliverBy + 5_010, "pausing twice is one pause");
        _discharge(100);
        _deliver(1, 100);
        uint40 paused = time() - (deliverBy - 10);
        market.setPaused(false, false);
        equal(market.trade(1).deliverBy, deliverBy + paused, "afterwards");

        // A second pause adds to the first, for this trade; for one accepted between them only the second counts.
        settle(BATTERY, _exported, STORED);
        _offer(1_000);
        _request(2, 500);
        _accept(2);
        uint40 second = market.trade(2).deliverBy;
        equal(second, time() + DAY + 7_200, "no pause yet");
        market.setPaused(false, true);
        vm.warp(time() + 77);
        market.setPaused(false, false);
        vm.warp(time() + 11);
        equal(market.trade(1).deliverBy, deliverBy + paused + 77, "both");
        equal(market.trade(2).deliverBy, second + 77, "the second");
    }

    function test_Pause_DoesNotReopenADeadlineThatHadPassed() public {
        _accepted(1_000, 1_000);
        _discharge(1_000);
        uint40 deliverBy = market.trade(1).deliverBy;
        vm.warp(deliverBy + 1);
        market.setPaused(false, true);
        vm.warp(deliverBy + 100_000);
        refuses(
            OTHER,
            _delivers(1, 1),
            abi.encodeWithSelector(IOfferBoard.DeliveryTooLate.selector, 1, deliverBy + 99_999)
        );
        _send(BUYER, abi.encodeCall(market.closeTrade, (1)));
    }

    /// @dev Attack: a pause without end keeps accepted escrow for ever.
    function test_Pause_ExtendsByNoMoreThanSevenDays() public {
        _accepted(1_000, 1_000);
        uint40 deliverBy = market.trade(1).deliverBy;
        market.setPaused(false, true);
        vm.warp(deliverBy + 7 days);
        equal(market.trade(1).deliverBy, deliverBy + 7 days, "no longer");
        refuses(BUYER, abi.encodeCall(market.closeTrade, (1)), _notClosableYet(deliverBy + 7 days + 1));
        vm.warp(deliverBy + 7 days + 1);
        _send(BUYER, abi.encodeCall(market.closeTrade, (1)));
        equalBalance(BUYER, 0, CASH, "O3: refunded while paused");
    }

    /// @dev The clock's snapshot has 24 bits.
    function test_Pause_TheClockComesRound() public {
        market.setPaused(false, true);
        vm.warp(time() + (1 << 24) - 100);
        market.setPaused(false, false);
        settle(BATTERY, 0, STORED);
        _accepted(1_000, 1_000);
        uint40 deliverBy = market.trade(1).deliverBy;
        market.setPaused(false, true);
        vm.warp(time() + 300);
        equal(market.trade(1).deliverBy, deliverBy + 300, "counted over the wrap");
    }

    /// @dev Attack: settlement is stopped, and the seller defaults although the export is metered later.
    function test_Stop_OfTheLastReporterExtendsTheDelivery() public {
        address other = address(0x4E90);
        converter.setReporter(other, true);
        _accepted(1_000, 1_000);
        uint40 deliverBy = market.trade(1).deliverBy;
        uint40 began = time();
        converter.pauseReporter(other, true);
        vm.warp(began + 100);
        equal(market.trade(1).deliverBy, deliverBy, "one works");
        converter.setReporter(address(this), false);
        vm.warp(began + 200);
        equal(market.trade(1).deliverBy, deliverBy + 100, "none works");
        // The board stops as well, and goes on first: it is one clock.
        market.setPaused(false, true);
        vm.warp(began + 300);
        market.setPaused(false, false);
        vm.warp(deliverBy + 1_000);
        uint40 stopped = deliverBy + 1_000 - began - 100;
        refuses(BUYER, abi.encodeCall(market.closeTrade, (1)), _notClosableYet(deliverBy + stopped + 1));
        converter.setReporter(address(this), true);
        vm.warp(time() + 50);
        equal(market.trade(1).deliverBy, deliverBy + stopped, "until it goes on");
        _exported = 1_000;
        settle(BATTERY, 1_000, STORED);
        _deliver(1, 1_000);
    }

    function test_Stop_AReporterThatWaitsForSilenceIsNone() public {
        _accepted(1_000, 1_000);
        uint40 deliverBy = market.trade(1).deliverBy;
        address device = create("DeviceReporter", abi.encode(registry, converter, uint40(1 days)));
        converter.setReporter(device, true);
        converter.pauseReporter(address(this), true);
        vm.warp(time() + 70);
        equal(market.trade(1).deliverBy, deliverBy + 70, "settlement is stopped");
        converter.pauseReporter(address(this), false);
        converter.setReporter(device, false);
        vm.warp(time() + 70);
        equal(market.trade(1).deliverBy, deliverBy + 70, "it goes on");
        refuses(
            SELLER,
            abi.encodeCall(market.waitForSettlement, (true)),
            abi.encodeWithSelector(IAccounts.OnlyConverter.selector, SELLER)
        );
        vm.prank(address(converter));
        market.waitForSettlement(false);
        equal(market.trade(1).deliverBy, deliverBy + 70, "told twice, it is the same");
    }

    /// @dev Attack: the guardian pauses the committee, and sellers default because a reporter that nobody configured
    ///      counts as one that works.
    function test_Stop_AReporterThatWaitsForARequestIsNone() public {
        address functions = create("FunctionsReporter", abi.encode(access, OTHER, registry, converter));
        converter.setReporter(functions, true);
        _accepted(1_000, 1_000);
        uint40 deliverBy = market.trade(1).deliverBy;
        uint40 began = time();
        converter.pauseReporter(address(this), true);
        vm.warp(deliverBy + 1);
        refuses(OTHER, abi.encodeCall(market.closeTrade, (1)), _notClosableYet(2 * deliverBy + 2 - began));
    }

    /// @dev A suspension, a lower trust and a ban of unsigned settlement each stop one meter's settlement.
    function test_Stop_OfTheMeterExtendsTheDelivery() public {
        _accepted(1_000, 1_000);
        uint40 deliverBy = market.trade(1).deliverBy;
        vm.warp(deliverBy - 10);
        registry.suspend(BATTERY);
        vm.warp(deliverBy + 500);
        equal(market.trade(1).deliverBy, deliverBy + 510, "while it lasts");
        refuses(BUYER, abi.encodeCall(market.closeTrade, (1)), _notClosableYet(deliverBy + 511));
        equal(market.deliverable(1), 0, "nothing is metered yet");
        registry.resume(BATTERY);
        vm.warp(deliverBy + 505);
        equal(market.trade(1).deliverBy, deliverBy + 510, "by as long as it lasted");
        registry.setTrust(BATTERY, IMeterRegistry.TrustClass.C);
        vm.warp(deliverBy + 605);
        registry.setTrust(BATTERY, IMeterRegistry.TrustClass.A);
        equal(market.trade(1).deliverBy, deliverBy + 610, "a lower trust as well");
        vm.warp(deliverBy + 610);
        _exported = 1_000;
        settle(BATTERY, 1_000, STORED);
        equal(market.deliverable(1), 1_000, "until the last second");
        _deliver(1, 400);
        vm.warp(deliverBy + 611);
        refuses(
            OTHER,
            _delivers(1, 1),
            abi.encodeWithSelector(IOfferBoard.DeliveryTooLate.selector, 1, deliverBy + 610)
        );
        _send(BUYER, abi.encodeCall(market.closeTrade, (1)));
    }

    function test_Stop_OfTheMeterExtendsByNoMoreThanSevenDays_AndReopensNothing() public {
        _accepted(2_000, 1_000);
        _request(1, 1_000);
        _accept(2);
        uint40 deliverBy = market.trade(1).deliverBy;
        vm.warp(deliverBy);
        registry.suspend(BATTERY);
        vm.warp(deliverBy + 7 days + 1);
        equal(market.trade(1).deliverBy, deliverBy + 7 days, "no longer");
        _send(BUYER, abi.encodeCall(market.closeTrade, (1)));
        registry.resume(BATTERY);
        vm.warp(time() + 3 hours);
        registry.suspend(BATTERY);
        vm.warp(time() + 3 hours);
        equal(market.trade(2).deliverBy, deliverBy + 7 days, "all stops together");
        _send(BUYER, abi.encodeCall(market.closeTrade, (2)));
    }

    /// @dev Attack: the meter is settled again, and before it can catch up everything else stops.
    function test_Stop_AfterTheMetersOwnIsAdded() public {
        _accepted(1_000, 500);
        uint40 deliverBy = market.trade(1).deliverBy;
        vm.warp(deliverBy - 100);
        market.setPaused(false, true);
        vm.warp(deliverBy - 90);
        market.setPaused(false, false);
        registry.suspend(BATTERY);
        vm.warp(deliverBy + 4 hours - 90);
        // Both at once count once.
        market.setPaused(false, true);
        vm.warp(deliverBy + 5 hours - 90);
        registry.resume(BATTERY);
        vm.warp(deliverBy + 6 hours - 90);
        market.setPaused(false, false);
        equal(market.trade(1).deliverBy, deliverBy + 6 hours + 10, "from the first stop to the last");
        vm.warp(deliverBy + 6 hours);
        converter.pauseReporter(address(this), true);
        vm.warp(deliverBy + 9 hours);
        refuses(OTHER, abi.encodeCall(market.closeTrade, (1)), _notClosableYet(deliverBy + 9 hours + 11));
        converter.pauseReporter(address(this), false);
        vm.warp(deliverBy + 9 hours + 10);
        refuses(OTHER, abi.encodeCall(market.closeTrade, (1)), _notClosableYet(deliverBy + 9 hours + 11));
        vm.warp(deliverBy + 9 hours + 11);
        _send(OTHER, abi.encodeCall(market.closeTrade, (1)));
    }

    /// @dev Attack: a deadline has passed, then the meter is suspended and everything else paused, in either order.
    function test_Stop_AfterTheDeadline_ReopensNothing() public {
        _accepted(2_000, 500);
        _request(1, 500);
        _accept(2);
        uint40 deliverBy = market.trade(1).deliverBy;
        vm.warp(deliverBy + 60);
        registry.suspend(BATTERY);
        vm.warp(deliverBy + 100);
        market.setPaused(false, true);
        vm.warp(deliverBy + 200);
        equal(market.trade(1).deliverBy, deliverBy + 140, "each second once");
        _send(BUYER, abi.encodeCall(market.closeTrade, (1)));
        registry.resume(BATTERY);
        vm.warp(deliverBy + 5 hours);
        registry.suspend(BATTERY);
        vm.warp(deliverBy + 6 hours);
        market.setPaused(false, false);
        vm.warp(deliverBy + 7 hours);
        equal(market.trade(2).deliverBy, deliverBy + 7 hours - 60, "as much too late as before");
        _send(BUYER, abi.encodeCall(market.closeTrade, (2)));
    }

    /// @dev What had stopped before the acceptance does not count, what lasts on does from then on.
    function test_Stop_OfTheMeterBeforeTheAcceptance() public {
        _offer(1_000);
        _request(1, 500);
        registry.suspend(BATTERY);
        vm.warp(time() + 100);
        market.setPaused(false, true);
        vm.warp(time() + 200);
        market.setPaused(false, false);
        vm.warp(time() + 50);
        _accept(1);
        uint40 deliverBy = market.trade(1).deliverBy;
        equal(deliverBy, market.trade(1).availableTo + 2 hours, "none of it counts");
        vm.warp(time() + 70);
        registry.resume(BATTERY);
        vm.warp(time() + 1_000);
        equal(market.trade(1).deliverBy, deliverBy + 70, "what lasted on does");
    }

    function test_Stop_OfUnsignedSettlementExtendsTheDelivery() public {
        registry.setUnsignedSettlement(true);
        registry.setTrust(BATTERY, IMeterRegistry.TrustClass.C);
        _accepted(1_000, 1_000);
        uint40 deliverBy = market.trade(1).deliverBy;
        equal(deliverBy, market.trade(1).availableTo + 2 hours, "settled");
        vm.warp(deliverBy - 10);
        registry.setUnsignedSettlement(false);
        registry.setUnsignedSettlement(false);
        vm.warp(deliverBy + 100);
        equal(market.trade(1).deliverBy, deliverBy + 110, "while it lasts");
        // Suspended and everything else paused meanwhile, it is the same clock.
        registry.suspend(BATTERY);
        market.setPaused(false, true);
        vm.warp(deliverBy + 200);
        registry.setUnsignedSettlement(true);
        vm.warp(deliverBy + 300);
        equal(market.trade(1).deliverBy, deliverBy + 310, "still suspended");
        registry.resume(BATTERY);
        vm.warp(deliverBy + 400);
        equal(market.trade(1).deliverBy, deliverBy + 410, "still paused");
        market.setPaused(false, false);
        vm.warp(deliverBy + 409);
        equal(market.trade(1).deliverBy, deliverBy + 410, "until it is settled again");
        registry.setUnsignedSettlement(false);
        vm.warp(deliverBy + 500);
        registry.setUnsignedSettlement(true);
        equal(market.trade(1).deliverBy, deliverBy + 501, "and once more");
        registry.setTrust(BATTERY, IMeterRegistry.TrustClass.B);
        equal(market.trade(1).deliverBy, deliverBy + 501, "with trust it goes on from there");
        equal(market.stopsSoFar(), 300, "the market's own clock");
    }

    function test_Accept_WhenTheBatteryWasMoved_Reverts() public {
        _offer(1_000);
        _request(1, 500);
        registry.setCell(BATTERY, OTHER_CELL);
        refuses(
            SELLER,
            abi.encodeCall(market.acceptTrade, (1)),
            abi.encodeWithSelector(IOfferBoard.CellMismatch.selector, CELL, OTHER_CELL)
        );
        registry.setCell(BATTERY, CELL);
        _accept(1);
    }

    /// @dev Attack: the seller moves the end before the request is mined, and binds the buyer's escrow for a week.
    function test_Request_WhenTheEndMoved_Reverts() public {
        _offer(1_000);
        uint40 seen = market.offer(1).availableTo;
        vm.prank(SELLER);
        market.updateOffer(1, 1_000, PRICE, seen + 5 days);
        refuses(
            BUYER,
            abi.encodeCall(market.requestTrade, (1, 1_000, PRICE, seen)),
            abi.encodeWithSelector(IOfferBoard.EndMoved.selector, 1, seen, seen + 5 days)
        );
        _request(1, 1_000);
        equal(market.trade(1).deliverBy, seen + 5 days + 2 hours, "as the buyer saw it");
    }

    function test_Settings_AreTheManagersAlone() public {
        bytes memory unauthorized = abi.encodeWithSelector(
            IAccessManaged.AccessManagedUnauthorized.selector,
            SELLER
        );
        refuses(SELLER, abi.encodeCall(market.setPaused, (true, true)), unauthorized);
        refuses(SELLER, abi.encodeCall(market.setMinimumPrice, (1)), unauthorized);
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(market.setPaused, (true, true));
        refuses(SELLER, abi.encodeCall(market.multicall, (calls)), unauthorized);
        market.setMinimumPrice(PRICE);
        equal(market.minimumPrice(), PRICE, "minimum price");
        market.setPaused(true, false);
        (bool bookPaused, bool boardPaused) = market.paused();
        check(bookPaused && !boardPaused, "paused");
        equal(market.registry(), address(registry), "registry");
        equal(market.converter(), address(converter), "converter");
        equal(market.energyToken(), address(energyToken), "ETK");
        equal(market.rupiahToken(), address(rupiahToken), "IDRS");
    }

    function test_Settings_TheBoardMayStartPaused() public {
        market = IEnergyMarket(
            create(
                "EnergyMarket",
                abi.encode(access, registry, converter, energyToken, rupiahToken, PRICE, true)
            )
        );
        (bool bookPaused, bool boardPaused) = market.paused();
        check(!bookPaused && boardPaused, "only the board is paused");
        refuses(SELLER, _create(100, PRICE), abi.encodeWithSelector(IOfferBoard.BoardPaused.selector));
    }

    /* SHORTHAND */

    function _offer(uint32 wattHours) private returns (uint256) {
        uint40 now_ = time();
        vm.prank(SELLER);
        return market.createOffer(BATTERY, wattHours, PRICE, CELL, now_, now_ + DAY);
    }

    function _request(uint256 offerId, uint32 wattHours) private returns (uint256) {
        IOfferBoard.Offer memory seen = market.offer(offerId);
        vm.prank(BUYER);
        return market.requestTrade(offerId, wattHours, seen.price, seen.availableTo);
    }

    function _accept(uint256 tradeId) private {
        vm.prank(SELLER);
        market.acceptTrade(tradeId);
    }

    /// @dev Trade 1 of offer 1, accepted.
    function _accepted(uint32 offeredWh, uint32 wattHours) private {
        _offer(offeredWh);
        _request(1, wattHours);
        _accept(1);
    }

    function _deliver(uint256 tradeId, uint32 wattHours) private {
        vm.prank(OTHER);
        market.deliver(tradeId, wattHours);
    }

    /// @dev The battery exports, and 15 minutes later its meter says so.
    function _discharge(uint64 wattHours) private {
        _report(wattHours, 0, _stored);
    }

    function _report(uint64 exportWh, uint64 importWh, uint64 storedWh) private {
        vm.warp(time() + 900);
        _exported += exportWh;
        _stored = storedWh;
        settle(BATTERY, _exported, importWh, storedWh);
    }

    function _sellBattery() private {
        vm.prank(SELLER);
        registry.transferMeter(BATTERY, OTHER);
        vm.prank(OTHER);
        registry.acceptMeter(BATTERY, 0);
    }

    function _refusesToTakeOver(uint256 promisedWh) private {
        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.MeterPromised.selector, BATTERY, promisedWh));
        vm.prank(OTHER);
        registry.acceptMeter(BATTERY, 0);
    }

    function _send(address sender, bytes memory call) private {
        vm.prank(sender);
        (bool done, ) = address(market).call(call);
        check(done, "the call is accepted");
    }

    function _create(uint32 wattHours, uint40 price) private view returns (bytes memory) {
        uint40 now_ = time();
        return abi.encodeCall(market.createOffer, (BATTERY, wattHours, price, CELL, now_, now_ + DAY));
    }

    function _createBetween(uint40 from, uint40 to) private view returns (bytes memory) {
        return abi.encodeCall(market.createOffer, (BATTERY, 100, PRICE, CELL, from, to));
    }

    function _update(uint256 offerId, uint32 remainingWh) private view returns (bytes memory) {
        return abi.encodeCall(market.updateOffer, (offerId, remainingWh, PRICE, time() + DAY));
    }

    /// @dev Until the end that the offer has, or would have.
    function _requests(uint256 offerId, uint32 wattHours, uint40 price) private view returns (bytes memory) {
        bool known = offerId != 0 && offerId <= market.offerCount();
        uint40 end = known ? market.offer(offerId).availableTo : time() + DAY;
        return abi.encodeCall(market.requestTrade, (offerId, wattHours, price, end));
    }

    function _delivers(uint256 tradeId, uint32 wattHours) private view returns (bytes memory) {
        return abi.encodeCall(market.deliver, (tradeId, wattHours));
    }

    function _rates(uint256 tradeId, uint8 stars) private view returns (bytes memory) {
        return abi.encodeCall(market.rateTrade, (tradeId, stars));
    }

    function _exceeds(uint256 promisedWh, uint256 coveredWh) private pure returns (bytes memory) {
        return
            abi.encodeWithSelector(IOfferBoard.PromiseExceedsStored.selector, BATTERY, promisedWh, coveredWh);
    }

    function _notActive(uint256 offerId, IOfferBoard.OfferStatus status) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IOfferBoard.OfferNotActive.selector, offerId, status);
    }

    function _wrongStatus(
        uint256 tradeId,
        IOfferBoard.TradeStatus status
    ) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IOfferBoard.WrongTradeStatus.selector, tradeId, status);
    }

    function _notClosableYet(uint40 closableAt) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IOfferBoard.NotClosableYet.selector, 1, closableAt);
    }

    function _refusesPeriod(uint40 from, uint40 to, uint40 earliest) private {
        uint40 latest = time() + 7 days;
        refuses(
            SELLER,
            _createBetween(from, to),
            abi.encodeWithSelector(IOfferBoard.InvalidPeriod.selector, from, to, earliest, latest)
        );
    }

    function _refusesUnknownOffer(address sender, bytes memory call, uint256 offerId) private {
        refuses(sender, call, abi.encodeWithSelector(IOfferBoard.UnknownOffer.selector, offerId));
    }

    /// @dev 0, one too many, and an id with stray high bits.
    function _refusesUnknownTrades(address sender, bytes4 selector) private {
        uint256[3] memory unknown = [0, market.tradeCount() + 1, (1 << 32) + 1];
        for (uint256 i = 0; i < 3; ++i) {
            refuses(
                sender,
                abi.encodeWithSelector(selector, unknown[i]),
                abi.encodeWithSelector(IOfferBoard.UnknownTrade.selector, unknown[i])
            );
        }
    }

    function _refusesUnmetered(uint256 tradeId, uint32 wattHours, uint256 meteredWh) private {
        refuses(
            OTHER,
            _delivers(tradeId, wattHours),
            abi.encodeWithSelector(IOfferBoard.DeliveryNotMetered.selector, tradeId, wattHours, meteredWh)
        );
    }
}
