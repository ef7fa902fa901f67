// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccounts, IOfferBoard, Side, TimeInForce} from "../../../contracts/src/market/IEnergyMarket.sol";
import {AttackFixture} from "./AttackFixture.sol";

/// @notice Ways to be paid for what was not delivered, to change a bargain once it is struck, or to stop others.
contract MarketAttacks is AttackFixture {
    bytes32 private constant BATTERY = "battery";
    uint40 private constant PRICE = 1_500_000;

    function setUp() public override {
        super.setUp();
        addBattery(BATTERY, MALLORY, 10_000, 10_000);
        approveAll(MALLORY);
        fund(ALICE, 0, 1e12);
        fund(BOB, 0, 1e12);
    }

    function test_Attack_TheSameExportDeliveredTwice() public {
        uint256 offerId = _offer(4_000);
        (uint256 first, uint256 second) = (_accepted(ALICE, offerId, 1_000), _accepted(BOB, offerId, 1_000));
        wait(60);
        settle(BATTERY, 1_000, 9_000);
        market.deliver(first, 1_000);
        repels(
            address(market),
            abi.encodeCall(market.deliver, (second, 1)),
            abi.encodeWithSelector(IOfferBoard.DeliveryNotMetered.selector, second, 1, 0)
        );
        // Energy bought back from the buyer is not exported by that.
        vm.prank(ALICE);
        market.withdraw(1_000, 0);
        vm.prank(ALICE);
        energyToken.transfer(MALLORY, 1_000);
        repels(
            address(market),
            abi.encodeCall(market.deliver, (second, 1_000)),
            abi.encodeWithSelector(IOfferBoard.DeliveryNotMetered.selector, second, 1_000, 0)
        );
    }

    /// @dev Before each delivery of all that was metered somebody delivers a Wh of it, until the deadline is over.
    function test_Attack_OneWattHourDeliveredBeforeTheRest() public {
        uint256 tradeId = _accepted(ALICE, _offer(4_000), 1_000);
        wait(60);
        settle(BATTERY, 500, 9_500);
        market.deliver(tradeId, 1);
        market.deliver(tradeId, 500);
        equal(market.trade(tradeId).deliveredWh, 500, "a part of what was bought");
        repels(
            address(market),
            abi.encodeCall(market.deliver, (tradeId, 500)),
            abi.encodeWithSelector(IOfferBoard.DeliveryNotMetered.selector, tradeId, 500, 0)
        );
        wait(60);
        settle(BATTERY, 1_000, 9_000);
        market.deliver(tradeId, 1);
        market.deliver(tradeId, 500);
        equal(market.trade(tradeId).deliveredWh, 1_000, "all of it");
        check(market.trade(tradeId).status == IOfferBoard.TradeStatus.Completed, "completed");
    }

    /// @dev The registrar would have the seller's reports refused, so that the trade runs out.
    function test_Attack_ARatingLoweredUnderAnAcceptedTrade() public {
        registry.setActivationDelay(1 days);
        uint256 tradeId = _accepted(ALICE, _offer(4_000), 4_000);
        registry.setRating(BATTERY, 0, 0);
        wait(1 hours);
        settle(BATTERY, 4_000, 6_000);
        market.deliver(tradeId, 4_000);
        check(market.trade(tradeId).status == IOfferBoard.TradeStatus.Completed, "delivered all the same");
    }

    /// @dev The registrar says that the battery holds next to nothing: what was accepted is delivered and paid, what was
    ///      asked for goes back to who asked, and the owner is free of what it offered.
    function test_Attack_ACapacityLoweredUnderAnAcceptedTrade() public {
        uint256 offerId = _offer(8_000);
        uint256 tradeId = _accepted(ALICE, offerId, 4_000);
        uint256 pending = _requested(BOB, offerId, 1_000);
        registry.setCapacity(BATTERY, 1);
        repels(
            address(market),
            abi.encodeCall(market.acceptTrade, (pending)),
            abi.encodeWithSelector(IOfferBoard.PromiseExceedsStored.selector, BATTERY, 8_000, 1)
        );
        wait(1 hours);
        settle(BATTERY, 4_000, 6_000);
        market.deliver(tradeId, 4_000);
        check(market.trade(tradeId).status == IOfferBoard.TradeStatus.Completed, "delivered all the same");
        (, uint128 earned) = market.tradingBalance(MALLORY);
        equal(earned, 4_000 * uint256(PRICE), "and paid in full");
        vm.prank(BOB);
        market.cancelTrade(pending);
        (, uint128 back) = market.tradingBalance(BOB);
        equal(back, 1e12, "the escrow is back");
        vm.prank(MALLORY);
        market.cancelOffer(offerId);
        equal(market.promised(BATTERY), 0, "nothing is promised");
        equal(
            market.reputation(MALLORY).deliveredWh,
            market.reputation(MALLORY).promisedWh,
            "nor was broken"
        );
    }

    function test_Attack_PromisesOfTwoOffersOnOneBattery() public {
        _offer(6_000);
        repels(
            address(market),
            _create(4_001),
            abi.encodeWithSelector(IOfferBoard.PromiseExceedsStored.selector, BATTERY, 10_001, 10_000)
        );
        uint256 second = _offer(4_000);
        // Nor by growing one, nor by accepting after the battery was emptied for somebody else.
        repels(
            address(market),
            abi.encodeCall(market.updateOffer, (second, 4_001, PRICE, time() + 1 days)),
            abi.encodeWithSelector(IOfferBoard.PromiseExceedsStored.selector, BATTERY, 10_001, 10_000)
        );
        uint256 tradeId = _requested(ALICE, second, 4_000);
        wait(60);
        settle(BATTERY, 3_000, 7_000);
        repels(
            address(market),
            abi.encodeCall(market.acceptTrade, (tradeId)),
            abi.encodeWithSelector(IOfferBoard.PromiseExceedsStored.selector, BATTERY, 10_000, 7_000)
        );
    }

    function test_Attack_AnOfferMovedUnderAnAcceptedTrade() public {
        uint256 offerId = _offer(4_000);
        uint40 end = time() + 1 days;
        uint256 pending = _requested(BOB, offerId, 1_000);
        uint256 tradeId = _accepted(ALICE, offerId, 1_000);
        vm.prank(MALLORY);
        market.updateOffer(offerId, 2_000, 4_000_000_000, time() + 60);
        bytes memory call = abi.encodeCall(
            market.requestTrade,
            (offerId, 1_000, PRICE, market.offer(offerId).availableTo)
        );
        vm.prank(ALICE);
        (bool done, bytes memory answer) = address(market).call(call);
        check(
            !done && bytes4(answer) == IOfferBoard.PriceMoved.selector,
            "a buyer names the price that they saw"
        );
        vm.prank(MALLORY);
        market.acceptTrade(pending);
        vm.prank(MALLORY);
        market.cancelOffer(offerId);

        wait(1 hours);
        settle(BATTERY, 2_000, 8_000);
        market.deliver(tradeId, 1_000);
        market.deliver(pending, 1_000);
        equal(market.trade(pending).availableTo, end, "the end that the buyer saw");
        equalBalance(MALLORY, 0, 2_000 * uint256(PRICE), "the price that the buyers saw");
        equalBalance(ALICE, 1_000, 1e12 - 1_000 * uint256(PRICE), "delivered at it");
    }

    function test_Attack_ADefaultProvokedByAPause() public {
        uint256 tradeId = _accepted(ALICE, _offer(1_000), 1_000);
        uint40 deliverBy = market.trade(tradeId).deliverBy;
        wait(60);
        market.setPaused(false, true);
        wait(3 days);
        check(time() > deliverBy, "the deadline would be over");
        bytes memory close = abi.encodeCall(market.closeTrade, (tradeId));
        vm.prank(ALICE);
        (bool done, bytes memory answer) = address(market).call(close);
        check(!done && bytes4(answer) == IOfferBoard.NotClosableYet.selector, "no default during the pause");
        market.setPaused(false, false);
        vm.prank(ALICE);
        (done, ) = address(market).call(close);
        check(!done, "nor right after it");
        settle(BATTERY, 1_000, 9_000);
        market.deliver(tradeId, 1_000);
        check(market.trade(tradeId).status == IOfferBoard.TradeStatus.Completed, "delivered in time");
    }

    function test_Attack_PausingToKeepOthersMoney() public {
        vm.prank(ALICE);
        (uint256 orderId, ) = market.placeOrder(Side.Bid, 1_000, 1_000, TimeInForce.GTC, 0);
        uint256 pending = _requested(ALICE, _offer(1_000), 1_000);
        market.setPaused(true, true);
        vm.prank(ALICE);
        market.cancelOrder(orderId);
        vm.prank(ALICE);
        market.cancelTrade(pending);
        vm.prank(ALICE);
        market.withdraw(0, 1e12);
        equal(
            rupiahToken.balanceOf(ALICE),
            1e12,
            "cancel, refund and withdraw work while everything is paused"
        );
    }

    function test_Attack_AnothersOrderOrBalance() public {
        vm.prank(ALICE);
        (uint256 orderId, ) = market.placeOrder(Side.Bid, 1_000, 1_000, TimeInForce.GTC, 0);
        vm.prank(MALLORY);
        (bool done, ) = address(market).call(abi.encodeCall(market.cancelOrder, (orderId)));
        check(!done, "an order is its owner's");
        repels(
            address(market),
            abi.encodeCall(market.withdraw, (0, 1)),
            abi.encodeWithSelector(IAccounts.InsufficientBalance.selector, MALLORY, 0, 0)
        );
        repels(
            address(market),
            abi.encodeCall(market.drawEnergy, (ALICE, 1)),
            abi.encodeWithSelector(IAccounts.OnlyConverter.selector, MALLORY)
        );
    }

    /* SHORTHAND */

    function _create(uint32 wattHours) private view returns (bytes memory) {
        return abi.encodeCall(market.createOffer, (BATTERY, wattHours, PRICE, CELL, time(), time() + 1 days));
    }

    function _offer(uint32 wattHours) private returns (uint256) {
        vm.prank(MALLORY);
        return market.createOffer(BATTERY, wattHours, PRICE, CELL, time(), time() + 1 days);
    }

    function _requested(address buyer, uint256 offerId, uint32 wattHours) private returns (uint256) {
        uint40 end = market.offer(offerId).availableTo;
        vm.prank(buyer);
        return market.requestTrade(offerId, wattHours, PRICE, end);
    }

    function _accepted(address buyer, uint256 offerId, uint32 wattHours) private returns (uint256 tradeId) {
        tradeId = _requested(buyer, offerId, wattHours);
        vm.prank(MALLORY);
        market.acceptTrade(tradeId);
    }
}
