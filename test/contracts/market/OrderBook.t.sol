// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Side, TimeInForce} from "../../../contracts/src/market/IEnergyMarket.sol";
import {MarketFixture} from "./MarketFixture.sol";

contract OrderBookTest is MarketFixture {
    address private constant ALICE = address(0xA11CE);
    address private constant BOB = address(0xB0B);

    function setUp() public {
        deploySystem();
        fund(ALICE, 1_000_000, 1e15);
        fund(BOB, 1_000_000, 1e15);
    }

    function test_PlaceOrder_WhenTheTakerCrosses_PaysTheMakerAtItsPrice() public {
        vm.prank(ALICE);
        (uint256 orderId, ) = market.placeOrder(Side.Ask, 1_400, 1_000, TimeInForce.GTC, 10);
        vm.prank(BOB);
        (, uint32 filledWh) = market.placeOrder(Side.Bid, 1_500, 400, TimeInForce.GTC, 10);
        equal(filledWh, 400, "filled");
        (, , , uint32 openWh) = market.openOrder(orderId);
        equal(openWh, 600, "open");
        (, uint128 cash) = market.tradingBalance(ALICE);
        equal(cash, 1e15 + 400 * 1_400_000, "maker paid");
        (, cash) = market.tradingBalance(BOB);
        equal(cash, 1e15 - 400 * 1_400_000, "taker pays the maker's price");
    }
}
