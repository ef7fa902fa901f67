// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IOrderBook, Side, TimeInForce} from "../../../contracts/src/market/IEnergyMarket.sol";
import {MarketFixture} from "./MarketFixture.sol";

/// @notice The branches of OrderBook.tree.
contract OrderBookTest is MarketFixture {
    address private constant ALICE = address(0xA11CE);
    address private constant BOB = address(0xB0B);
    address private constant CAROL = address(0xCA401);
    uint128 private constant ENERGY = 1_000_000;
    uint128 private constant CASH = 1e15;
    uint128 private constant TICK = 1_000;

    function setUp() public {
        deploySystem();
        fund(ALICE, ENERGY, CASH);
        fund(BOB, ENERGY, CASH);
        fund(CAROL, ENERGY, CASH);
    }

    /* PLACE: REFUSED */

    function test_Place_WhenTheBookIsPaused_Reverts() public {
        market.setPaused(true, false);
        refuses(ALICE, _place(Side.Ask, 1_400, 100), abi.encodeWithSelector(IOrderBook.BookPaused.selector));
        market.setPaused(false, true);
        _ask(ALICE, 1_400, 100);
    }

    function test_Place_WhenTheTickIs0_Reverts() public {
        refuses(ALICE, _place(Side.Bid, 0, 100), abi.encodeWithSelector(IOrderBook.InvalidTick.selector, 0));
    }

    function test_Place_WhenTheAmountIsBelow100Wh_Reverts() public {
        refuses(
            ALICE,
            _place(Side.Bid, 1, 99),
            abi.encodeWithSelector(IOrderBook.OrderTooSmall.selector, 99, 100)
        );
        _bid(ALICE, 1, 100);
    }

    function test_Place_WhenNothingCoversTheOrder_RevertsWithTheTokensError() public {
        refuses(
            ALICE,
            _place(Side.Ask, 1, uint32(ENERGY) + 7),
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, ALICE, 0, 7)
        );
        address poor = address(0xBAD);
        refuses(
            poor,
            _place(Side.Bid, 2, 100),
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector,
                address(market),
                0,
                200_000
            )
        );
    }

    function test_Place_WhenOnlyBalanceAndWalletCoverIt_PullsWhatTheBalanceLacks() public {
        giveEnergy(ALICE, 1_000);
        giveMoney(BOB, 1_000);

        _ask(ALICE, 2_000, uint32(ENERGY) + 400);
        equalBalance(ALICE, 0, CASH, "asks all and 400 Wh of the wallet");
        equal(energyToken.balanceOf(ALICE), 600, "the wallet keeps the rest");

        // A bid that is filled below its limit keeps the surplus in the balance.
        vm.prank(BOB);
        market.withdraw(0, CASH - 2_000 * TICK * 100 + 1);
        giveMoney(BOB, 1_000);
        uint256 wallet = rupiahToken.balanceOf(BOB);
        _bid(BOB, 2_001, 100);
        equal(wallet - rupiahToken.balanceOf(BOB), TICK * 100 + 1, "pulls up to its limit");
        equalBalance(BOB, ENERGY + 100, TICK * 100, "pays the maker's price");
    }

    /* PLACE: NOTHING CROSSES */

    function test_Place_WhenNothingCrosses_GtcAndPostOnlyRest() public {
        _ask(ALICE, 1_500, 100);
        (uint256 first, uint32 filledWh) = _order(BOB, Side.Bid, 1_499, 200, TimeInForce.GTC, 0);
        equal(filledWh, 0, "nothing filled");
        equal(first, _id(Side.Bid, 1_499, 0, 0), "order id");
        (uint256 second, ) = _order(BOB, Side.Bid, 1_499, 300, TimeInForce.PostOnly, 0);
        equal(second, _id(Side.Bid, 1_499, 0, 1), "the next in the queue");
        equalBalance(BOB, ENERGY, CASH - 500 * 1_499 * TICK, "limit costs are set aside");
    }

    function test_Place_WhenNothingCrosses_IocReturnsEverything() public {
        (uint256 orderId, uint32 filledWh) = _order(BOB, Side.Bid, 1_499, 200, TimeInForce.IOC, 10);
        equal(orderId, 0, "nothing rests");
        equal(filledWh, 0, "nothing filled");
        equalBalance(BOB, ENERGY, CASH, "all returned");
        equal(market.bestPrice(Side.Bid), 0, "no bid");
    }

    function test_Place_WhenNothingCrosses_FokReverts() public {
        refuses(
            BOB,
            abi.encodeCall(market.placeOrder, (Side.Bid, 1_499, 200, TimeInForce.FOK, 10)),
            abi.encodeWithSelector(IOrderBook.FillOrKillUnfilled.selector, 200, 0)
        );
    }

    function test_Place_WhenTheBoundIsStale_LooksOnceAndRests() public {
        // The best ask was taken, then the one behind it cancelled: the bound still says 1,400.
        uint256 behind = _askBehindATakenOne();
        _cancel(ALICE, behind);
        check(_staleBound(Side.Ask), "stale");
        (uint256 orderId, uint32 filledWh) = _order(BOB, Side.Bid, 1_500, 100, TimeInForce.PostOnly, 0);
        check(filledWh == 0 && _open(orderId) == 100, "rests: nothing crosses");
        check(!_staleBound(Side.Ask), "the bound is right again");
        _ask(CAROL, 1_501, 100);
        check(!_staleBound(Side.Ask), "a new best ask is its own bound");
        (, filledWh) = _order(BOB, Side.Bid, 1_501, 100, TimeInForce.FOK, 1);
        equal(filledWh, 100, "and is found");
    }

    function test_Place_WhenTheBoundIsStale_FillsWhatIsBehind() public {
        uint256 behind = _askBehindATakenOne();
        check(_staleBound(Side.Ask), "stale");
        (, uint32 filledWh) = _order(BOB, Side.Bid, 1_450, 100, TimeInForce.IOC, 10);
        equal(filledWh, 0, "nothing at 1,450");
        check(!_staleBound(Side.Ask), "the bound moved to the next price");
        (, filledWh) = _order(BOB, Side.Bid, 1_460, 100, TimeInForce.IOC, 10);
        equal(filledWh, 100, "at the bound itself");
        equal(_open(behind), 0, "taken");
    }

    function test_Place_WhenTheBoundIsStale_OnTheBidSide() public {
        uint256 best = _bid(ALICE, 1_400, 100);
        _bid(BOB, 1_300, 100);
        _cancel(ALICE, best);
        check(_staleBound(Side.Bid), "stale");
        _ask(CAROL, 1_350, 100);
        check(!_staleBound(Side.Bid), "the bound is right again");
        (, uint32 filledWh) = _order(CAROL, Side.Ask, 1_300, 100, TimeInForce.FOK, 1);
        equal(filledWh, 100, "at the bound itself");
    }

    function test_Place_WhenABandIsEmptied_TheBoundsHideNothing() public {
        // Both ends of the ticks, where a bound of 0 means nothing and everything.
        _ask(ALICE, 65_535, 100);
        _bid(BOB, 1, 100);
        check(!_staleBound(Side.Ask) && !_staleBound(Side.Bid), "exact");
        (, uint32 filledWh) = _order(CAROL, Side.Bid, 65_535, 100, TimeInForce.FOK, 1);
        equal(filledWh, 100, "the worst ask is found");
        (, filledWh) = _order(CAROL, Side.Ask, 1, 100, TimeInForce.FOK, 1);
        equal(filledWh, 100, "the worst bid is found");
    }

    /* PLACE: CROSSES */

    function test_Place_WhenItCrosses_FillsBestPriceThenOldestAndPaysMakersTheirPrice() public {
        _ask(ALICE, 1_410, 100);
        uint256 oldest = _ask(BOB, 1_400, 100);
        uint256 newer = _ask(ALICE, 1_400, 100);
        (uint256 orderId, uint32 filledWh) = _order(CAROL, Side.Bid, 1_405, 150, TimeInForce.GTC, 10);
        equal(orderId, 0, "all filled");
        equal(filledWh, 150, "filled");
        equal(_open(oldest), 0, "the oldest first");
        equal(_open(newer), 50, "then part of the next, in its place");
        equalBalance(BOB, ENERGY - 100, CASH + 100 * 1_400 * TICK, "maker paid at once");
        equalBalance(ALICE, ENERGY - 200, CASH + 50 * 1_400 * TICK, "maker paid for its part");
        equalBalance(CAROL, ENERGY + 150, CASH - 150 * 1_400 * TICK, "taker pays the makers' price");
        equal(market.bestPrice(Side.Ask), 1_400, "best stays");
    }

    function test_Place_WhenAnAskCrosses_FillsTheHighestBid() public {
        _bid(ALICE, 1_390, 100);
        uint256 best = _bid(BOB, 1_400, 100);
        (, uint32 filledWh) = _order(CAROL, Side.Ask, 1_395, 100, TimeInForce.GTC, 10);
        equal(filledWh, 100, "filled");
        equal(_open(best), 0, "the highest bid");
        equalBalance(CAROL, ENERGY - 100, CASH + 100 * 1_400 * TICK, "the bid's price");
        equalBalance(BOB, ENERGY + 100, CASH - 100 * 1_400 * TICK, "energy at once");
    }

    function test_Place_WhenItCrosses_RestsOrReturnsWhatIsLeft() public {
        _ask(ALICE, 1_400, 100);
        (uint256 orderId, ) = _order(BOB, Side.Bid, 1_500, 200, TimeInForce.GTC, 10);
        equal(_open(orderId), 100, "100 Wh rest at the limit");
        equalBalance(BOB, ENERGY + 100, CASH - 100 * (1_400 + 1_500) * TICK, "set aside at the limit");

        _ask(ALICE, 1_600, 100);
        (orderId, ) = _order(CAROL, Side.Bid, 1_600, 199, TimeInForce.GTC, 10);
        equal(orderId, 0, "99 Wh do not rest");
        equalBalance(CAROL, ENERGY + 100, CASH - 100 * 1_600 * TICK, "and are returned");

        _ask(ALICE, 1_600, 100);
        (orderId, ) = _order(CAROL, Side.Bid, 1_600, 400, TimeInForce.IOC, 10);
        equal(orderId, 0, "IOC never rests");
        equalBalance(CAROL, ENERGY + 200, CASH - 200 * 1_600 * TICK, "and is returned");
    }

    function test_Place_WhenItCrosses_FokFillsAllOrReverts() public {
        _ask(ALICE, 1_400, 100);
        _ask(ALICE, 1_401, 100);
        refuses(
            BOB,
            abi.encodeCall(market.placeOrder, (Side.Bid, 1_401, 201, TimeInForce.FOK, 10)),
            abi.encodeWithSelector(IOrderBook.FillOrKillUnfilled.selector, 201, 200)
        );
        refuses(
            BOB,
            abi.encodeCall(market.placeOrder, (Side.Bid, 1_401, 200, TimeInForce.FOK, 1)),
            abi.encodeWithSelector(IOrderBook.FillOrKillUnfilled.selector, 200, 100)
        );
        (, uint32 filledWh) = _order(BOB, Side.Bid, 1_401, 200, TimeInForce.FOK, 2);
        equal(filledWh, 200, "all or nothing");
    }

    function test_Place_WhenItCrosses_PostOnlyReverts() public {
        _ask(ALICE, 1_400, 100);
        _bid(ALICE, 1_300, 100);
        refuses(
            BOB,
            abi.encodeCall(market.placeOrder, (Side.Bid, 1_400, 100, TimeInForce.PostOnly, 10)),
            abi.encodeWithSelector(IOrderBook.PostOnlyWouldCross.selector, 1_400, 1_400)
        );
        refuses(
            BOB,
            abi.encodeCall(market.placeOrder, (Side.Ask, 1_250, 100, TimeInForce.PostOnly, 10)),
            abi.encodeWithSelector(IOrderBook.PostOnlyWouldCross.selector, 1_250, 1_300)
        );
    }

    function test_Place_WhenTheStepsEndWhileItCrosses_ReturnsTheRest() public {
        _ask(ALICE, 1_400, 100);
        uint256 second = _ask(ALICE, 1_400, 100);
        (uint256 orderId, uint32 filledWh) = _order(BOB, Side.Bid, 1_400, 1_000, TimeInForce.GTC, 1);
        equal(orderId, 0, "nothing rests against a better order");
        equal(filledWh, 100, "keeps its fill");
        equalBalance(BOB, ENERGY + 100, CASH - 100 * 1_400 * TICK, "the rest is returned");
        (orderId, filledWh) = _order(BOB, Side.Bid, 1_400, 1_000, TimeInForce.GTC, 0);
        equal(orderId + filledWh, 0, "0 steps fill nothing and rest only if nothing crosses");
        equal(_open(second), 100, "untouched");
    }

    function test_Place_WhenTheStepsEndAsNothingCrosses_RestsTheRest() public {
        _ask(ALICE, 1_400, 100);
        (uint256 orderId, uint32 filledWh) = _order(BOB, Side.Bid, 1_400, 1_000, TimeInForce.GTC, 1);
        equal(filledWh, 100, "filled");
        equal(_open(orderId), 900, "rests");
    }

    function test_Place_CancelledEntriesCostAStepEach() public {
        _ask(ALICE, 1_400, 100);
        uint256[3] memory cancelled = [
            _ask(ALICE, 1_400, 100),
            _ask(ALICE, 1_400, 100),
            _ask(ALICE, 1_400, 100)
        ];
        _ask(ALICE, 1_400, 100);
        for (uint256 i = 0; i < 3; ++i) _cancel(ALICE, cancelled[i]);

        (, uint32 filledWh) = _order(BOB, Side.Bid, 1_400, 200, TimeInForce.GTC, 4);
        equal(filledWh, 100, "one fill and three cancelled entries");
        (, filledWh) = _order(BOB, Side.Bid, 1_400, 100, TimeInForce.GTC, 1);
        equal(filledWh, 100, "walked only once");
    }

    function test_Place_WhenTheMakerIsTheTaker_ConservesTheAccount() public {
        _ask(ALICE, 1_400, 500);
        _order(ALICE, Side.Bid, 1_500, 300, TimeInForce.GTC, 10);
        equalBalance(ALICE, ENERGY - 200, CASH, "B11: only what still rests is set aside");
        _order(ALICE, Side.Bid, 1_500, 300, TimeInForce.GTC, 10);
        equalBalance(ALICE, ENERGY, CASH - 100 * 1_500 * TICK, "B11: then the other way round");
        // An account that has all its money in the orders that it takes.
        address frank = address(0xF4A);
        fund(frank, 100, 100 * 2_000 * TICK);
        _ask(frank, 2_000, 100);
        _order(frank, Side.Bid, 2_000, 100, TimeInForce.FOK, 10);
        equalBalance(frank, 100, 100 * 2_000 * TICK, "B11: with nothing to spare");
    }

    function test_Place_WhenThePriceHasUsedItsLastIndexOrEpoch_Reverts() public {
        uint256 orderId = _ask(ALICE, 1_400, 100);
        bytes32 slot = _queueSlot(Side.Ask, 1_400);
        uint256 word = uint256(vm.load(address(market), slot));
        equal(word >> 192, 1, "head 0, tail 1");
        bytes memory full = abi.encodeWithSelector(IOrderBook.LevelFull.selector, Side.Ask, 1_400);

        vm.store(address(market), slot, bytes32(word | (uint256(type(uint32).max) << 192)));
        refuses(ALICE, _place(Side.Ask, 1_400, 100), full);

        // The last epoch but one: its order trades, and the price is not used again.
        uint256 epoch = type(uint32).max - 1;
        vm.store(address(market), slot, bytes32(word | (epoch << 128)));
        _order(BOB, Side.Bid, 1_400, 100, TimeInForce.FOK, 10);
        refuses(ALICE, _place(Side.Ask, 1_400, 100), full);
        equal(_open(orderId), 0, "gone");
        equal(market.bestPrice(Side.Ask), 0, "vacant");
    }

    /* CANCEL */

    function test_Cancel_WhenTheIdHasStrayBits_Reverts() public {
        uint256 orderId = _ask(ALICE, 1_400, 100);
        for (uint256 bit = 81; bit < 256; ++bit) {
            uint256 stray = orderId | (1 << bit);
            bytes memory invalid = abi.encodeWithSelector(IOrderBook.InvalidOrderId.selector, stray);
            refuses(ALICE, abi.encodeCall(market.cancelOrder, (stray)), invalid);
            refuses(ALICE, abi.encodeCall(market.openOrder, (stray)), invalid);
        }
    }

    function test_Cancel_WhenNotOpen_Reverts() public {
        uint256 orderId = _ask(ALICE, 1_400, 100);
        uint256[5] memory never = [
            0,
            orderId ^ (1 << 80),
            orderId ^ (1 << 64),
            orderId ^ (1 << 32),
            orderId ^ 1
        ];
        for (uint256 i = 0; i < 5; ++i) _refusesCancel(ALICE, never[i]);

        _cancel(ALICE, orderId);
        _refusesCancel(ALICE, orderId);
        orderId = _ask(ALICE, 1_400, 100);
        _bid(BOB, 1_400, 100);
        _refusesCancel(ALICE, orderId);
    }

    function test_Cancel_WhenItWasCancelledAmongOthers_Reverts() public {
        _ask(ALICE, 1_400, 100);
        uint256 middle = _ask(ALICE, 1_400, 200);
        _ask(CAROL, 1_400, 300);
        _cancel(ALICE, middle);
        _refusesCancel(ALICE, middle);
        (address owner, , , uint32 openWh) = market.openOrder(middle);
        check(owner == address(0) && openWh == 0, "B8: returned only once");
        equal(market.depth(Side.Ask, 1)[0].wattHours, 400, "the others stay");
    }

    function test_Cancel_WhenTheQueueHasEmptiedSince_Reverts() public {
        uint256 old = _ask(ALICE, 1_400, 100);
        _bid(BOB, 1_400, 100);
        uint256 standing = _ask(ALICE, 1_400, 300);
        equal(standing, _id(Side.Ask, 1_400, 1, 0), "B8: the same place in another epoch");
        _refusesCancel(ALICE, old);
        equal(_open(standing), 300, "untouched");
    }

    function test_Cancel_WhenItIsAnothers_Reverts() public {
        uint256 orderId = _ask(ALICE, 1_400, 100);
        bytes memory cancel = abi.encodeCall(market.cancelOrder, (orderId));
        refuses(BOB, cancel, abi.encodeWithSelector(IOrderBook.NotOrderOwner.selector, orderId, BOB));
        address stranger = address(0x574);
        refuses(
            stranger,
            cancel,
            abi.encodeWithSelector(IOrderBook.NotOrderOwner.selector, orderId, stranger)
        );
    }

    function test_Cancel_WhenTheBookIsPaused_Works() public {
        uint256 orderId = _bid(ALICE, 1_400, 100);
        market.setPaused(true, true);
        equal(_cancel(ALICE, orderId), 100, "returned");
        equalBalance(ALICE, ENERGY, CASH, "whole again");
        vm.prank(ALICE);
        market.withdraw(ENERGY, CASH);
    }

    function test_Cancel_InEveryPosition_ReturnsWhatIsOpenAndKeepsTheOthersOrder() public {
        for (uint256 position = 0; position < 6; ++position) {
            uint256[6] memory ids;
            for (uint32 i = 0; i < 6; ++i) ids[i] = _ask(ALICE, 1_400, 100 + i);
            equal(_cancel(ALICE, ids[position]), 100 + position, "returned");
            equalBalance(ALICE, ENERGY - 615 + 100 + position, CASH, "into the balance");
            for (uint256 i = 0; i < 6; ++i) {
                if (i == position) continue;
                _order(BOB, Side.Bid, 1_400, uint32(100 + i), TimeInForce.FOK, 2);
                equal(_open(ids[i]), 0, "the oldest that is left");
            }
            equal(market.bestPrice(Side.Ask), 0, "vacant");
            vm.prank(BOB);
            market.withdraw(uint128(515 - position), 0);
            fund(ALICE, uint128(515 - position), 0);
            (, uint128 cash) = market.tradingBalance(ALICE);
            vm.prank(ALICE);
            market.withdraw(0, cash - CASH);
        }
    }

    function test_Cancel_APartlyFilledHead_LeavesTheNextOrderWhole() public {
        uint256 head = _bid(ALICE, 1_400, 300);
        uint256 next = _bid(CAROL, 1_400, 300);
        _order(BOB, Side.Ask, 1_400, 120, TimeInForce.FOK, 10);
        equal(_cancel(ALICE, head), 180, "what was open");
        equalBalance(ALICE, ENERGY + 120, CASH - 120 * 1_400 * TICK, "paid for its fill only");
        equal(_open(next), 300, "whole");
        equal(market.depth(Side.Bid, 1)[0].wattHours, 300, "depth");
        (, uint32 filledWh) = _order(BOB, Side.Ask, 1_400, 300, TimeInForce.FOK, 1);
        equal(filledWh, 300, "in one step");
    }

    function test_Cancel_TheOnlyOrder_VacatesThePrice() public {
        uint256 orderId = _bid(ALICE, 1_400, 300);
        _cancel(ALICE, orderId);
        equal(market.bestPrice(Side.Bid), 0, "vacant");
        equal(_bid(ALICE, 1_400, 300), _id(Side.Bid, 1_400, 1, 0), "the next epoch");
    }

    /* VIEWS */

    function test_Views_OfAnEmptySide() public view {
        equal(market.bestPrice(Side.Bid), 0, "bid");
        equal(market.bestPrice(Side.Ask), 0, "ask");
        equal(market.depth(Side.Bid, 10).length + market.depth(Side.Ask, 10).length, 0, "levels");
    }

    function test_Views_DepthGivesNoMoreLevelsThanAskedFor() public {
        uint16[5] memory ticks = [1, 255, 256, 40_000, 65_535];
        for (uint256 i = 0; i < 5; ++i) _ask(ALICE, ticks[i], 100);
        for (uint256 levels = 0; levels <= 6; ++levels) {
            IOrderBook.Level[] memory depth = market.depth(Side.Ask, levels);
            equal(depth.length, levels < 5 ? levels : 5, "levels");
            for (uint256 i = 0; i < depth.length; ++i) equal(depth[i].tick, ticks[i], "best first");
        }
        equal(market.depth(Side.Ask, type(uint256).max).length, 5, "all");
    }

    function test_Views_AFullBandOf256Prices() public {
        for (uint256 side = 0; side < 2; ++side) {
            // The band is used before, full, emptied from one end, full again, emptied from the other.
            for (uint256 round = 0; round < 2; ++round) {
                uint256[] memory ids = new uint256[](256);
                for (uint16 i = 0; i < 256; ++i) {
                    (ids[i], ) = _order(ALICE, Side(side), 1_024 + i, 100, TimeInForce.PostOnly, 0);
                }
                equal(market.depth(Side(side), 1_000).length, 256, "B5: a full band is not an empty one");
                for (uint16 i = 0; i < 256; ++i) {
                    uint16 next = round == 0 ? i : 255 - i;
                    bool fromTheBest = (Side(side) == Side.Ask) == (round == 0);
                    uint16 best =
                        fromTheBest
                            ? next
                            : round == 0
                                ? 255
                                : 0;
                    equal(market.bestPrice(Side(side)), 1_024 + best, "B5: best price by scan");
                    _cancel(ALICE, ids[next]);
                }
                equal(market.bestPrice(Side(side)), 0, "B5: vacant");
            }
        }
    }

    function test_Views_AnOrderThatIsNotOpenHasNoOwner() public {
        uint256 orderId = _ask(ALICE, 1_400, 100);
        (address owner, Side side, uint16 tick, uint32 openWh) = market.openOrder(orderId);
        check(owner == ALICE && side == Side.Ask && tick == 1_400 && openWh == 100, "open");
        _cancel(ALICE, orderId);
        (owner, side, tick, openWh) = market.openOrder(orderId);
        check(owner == address(0) && side == Side.Ask && tick == 1_400 && openWh == 0, "cancelled");
    }

    /* B9, B10 */

    function test_B9_NoStateOfAMakerMakesATakerRevert() public {
        // A maker that emptied its balance, revoked its allowances and is a contract that refuses calls.
        address hermit = address(energyToken);
        giveEnergy(hermit, 100);
        vm.prank(hermit);
        energyToken.approve(address(market), 100);
        _ask(hermit, 1_400, 100);
        market.setPaused(false, true);
        _order(BOB, Side.Bid, 1_400, 100, TimeInForce.FOK, 1);
        equalBalance(hermit, 0, 100 * 1_400 * TICK, "paid");
    }

    function test_B10_GasIsBoundedByTheSteps() public {
        // The worst mixture: queues of dust, with cancelled entries between, over many prices of many bands.
        for (uint16 level = 0; level < 8; ++level) {
            uint16 tick = 1_000 + level * 256;
            uint256[6] memory ids;
            for (uint256 i = 0; i < 6; ++i) ids[i] = _ask(i % 2 == 0 ? ALICE : CAROL, tick, 100);
            _cancel(CAROL, ids[1]);
            _cancel(ALICE, ids[2]);
        }
        uint256 before = _gasOfTake(0);
        for (uint16 steps = 1; steps <= 24; ++steps) {
            uint256 state = vm.snapshotState();
            uint256 gas = _gasOfTake(steps);
            check(gas < before + 60_000 + 45_000 * uint256(steps), "B10: gas <= a + b x steps");
            vm.revertToState(state);
        }
    }

    function _gasOfTake(uint16 maxSteps) private returns (uint256) {
        vm.prank(BOB);
        uint256 before = gasleft();
        market.placeOrder(Side.Bid, 65_535, 1_000, TimeInForce.IOC, maxSteps);
        return before - gasleft();
    }

    /* SHORTHAND */

    /// @return behind The only ask, at 1,460, after one at 1,400 was taken
    function _askBehindATakenOne() private returns (uint256 behind) {
        _ask(ALICE, 1_400, 100);
        behind = _ask(ALICE, 1_460, 100);
        _order(BOB, Side.Bid, 1_400, 100, TimeInForce.FOK, 1);
    }

    function _order(
        address account,
        Side side,
        uint16 tick,
        uint32 wattHours,
        TimeInForce timeInForce,
        uint16 maxSteps
    ) private returns (uint256 orderId, uint32 filledWh) {
        vm.prank(account);
        return market.placeOrder(side, tick, wattHours, timeInForce, maxSteps);
    }

    function _ask(address account, uint16 tick, uint32 wattHours) private returns (uint256 orderId) {
        (orderId, ) = _order(account, Side.Ask, tick, wattHours, TimeInForce.GTC, 100);
    }

    function _bid(address account, uint16 tick, uint32 wattHours) private returns (uint256 orderId) {
        (orderId, ) = _order(account, Side.Bid, tick, wattHours, TimeInForce.GTC, 100);
    }

    function _cancel(address account, uint256 orderId) private returns (uint32) {
        vm.prank(account);
        return market.cancelOrder(orderId);
    }

    function _refusesCancel(address account, uint256 orderId) private {
        refuses(
            account,
            abi.encodeCall(market.cancelOrder, (orderId)),
            abi.encodeWithSelector(IOrderBook.OrderNotOpen.selector, orderId)
        );
    }

    function _open(uint256 orderId) private view returns (uint32 openWh) {
        (, , , openWh) = market.openOrder(orderId);
    }

    function _place(Side side, uint16 tick, uint32 wattHours) private view returns (bytes memory) {
        return abi.encodeCall(market.placeOrder, (side, tick, wattHours, TimeInForce.GTC, 100));
    }

    function _id(Side side, uint16 tick, uint32 epoch, uint32 index) private pure returns (uint256) {
        return (uint256(side) << 80) | (uint256(tick) << 64) | (uint256(epoch) << 32) | index;
    }
}
