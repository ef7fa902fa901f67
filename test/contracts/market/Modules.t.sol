// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccounts, IModules, Side, TimeInForce} from "../../../contracts/src/market/IEnergyMarket.sol";
import {MarketFixture} from "./MarketFixture.sol";

/// @notice The branches of Modules.tree.
contract ModulesTest is MarketFixture {
    address private constant ALICE = address(0xA11CE);
    address private constant BOB = address(0xB0B);
    address private constant MODULE = address(0x30D);
    address private constant OTHER = address(0x07E);
    uint256 private constant ACCOUNT_COUNT = 1;
    uint32 private _alice;
    uint32 private _bob;

    function setUp() public {
        deploySystem();
        fund(ALICE, 1_000, 1e9);
        fund(BOB, 500, 5e8);
        _alice = numberOf(ALICE);
        _bob = numberOf(BOB);
    }

    function test_Authorize_Nobody_Reverts() public {
        refuses(
            ALICE,
            abi.encodeCall(market.authorizeModule, (address(0), true)),
            abi.encodeWithSelector(IModules.ZeroModule.selector)
        );
    }

    function test_Authorize_WhenThereAreTooManyAccounts_RevertsForNewcomersOnly() public {
        vm.store(address(market), bytes32(ACCOUNT_COUNT), bytes32(uint256(type(uint32).max)));
        authorize(ALICE, true);
        refuses(
            address(0xE3),
            abi.encodeCall(market.authorizeModule, (MODULE, true)),
            abi.encodeWithSelector(IAccounts.TooManyAccounts.selector)
        );
    }

    function test_Authorize_IsOfOneAccountAndOneModule_UntilTakenBack() public {
        vm.expectEmit(address(market));
        emit IModules.ModuleAuthorized(ALICE, MODULE, true);
        authorize(ALICE, true);
        check(isAuthorized(ALICE, MODULE), "said so");
        check(!isAuthorized(ALICE, OTHER) && !isAuthorized(BOB, MODULE), "nobody else");

        taken(OTHER, entry(_alice, 1, 1));
        equalBalance(ALICE, 1_000, 1e9, "another module gets nothing");
        authorize(ALICE, false);
        check(!isAuthorized(ALICE, MODULE), "no longer");
        taken(MODULE, entry(_alice, 1, 1));
        equalBalance(ALICE, 1_000, 1e9, "nor this one");
    }

    function test_Authorize_OpensAnAccount() public {
        vm.prank(OTHER);
        vm.expectEmit(address(market));
        emit IAccounts.AccountOpened(OTHER, 3);
        market.authorizeModule(MODULE, true);
        equal(numberOf(OTHER), 3, "numbered");
        equal(numberOf(address(0xE3)), 0, "who never had one has no number");
    }

    function test_Take_MovesIntoTheModulesOwnBalance() public {
        authorize(ALICE, true);
        uint256[] memory wanted = new uint256[](3);
        wanted[0] = entry(_alice, 400, 700);
        wanted[1] = entry(_bob, 1, 1);
        wanted[2] = entry(9_999, 1, 1);
        uint256[] memory got = new uint256[](3);
        (got[0], got[1], got[2]) = (wanted[0], entry(_bob, 0, 0), entry(9_999, 0, 0));
        vm.expectEmit(address(market));
        emit IModules.Taken(MODULE, got);
        vm.prank(MODULE);
        uint256[] memory said = market.take(wanted);
        equal(said[0], got[0], "from who authorised it");
        equal(said[1], got[1], "nothing from who did not");
        equal(said[2], got[2], "nothing from nobody");
        equalBalance(ALICE, 600, 1e9 - 700, "gone there");
        equalBalance(BOB, 500, 5e8, "untouched");
        equalBalance(MODULE, 400, 700, "come here");
    }

    function test_Take_IsClampedHalfByHalf() public {
        authorize(ALICE, true);
        equal(taken(MODULE, entry(_alice, 5_000, 1)), entry(_alice, 1_000, 1), "energy");
        equal(taken(MODULE, entry(_alice, 1, 2e9)), entry(_alice, 0, 1e9 - 1), "money");
        equal(taken(MODULE, entry(_alice, 1, 1)), entry(_alice, 0, 0), "nothing is left");
        equalBalance(MODULE, 1_000, 1e9, "all of it");
    }

    function test_Take_OfAnAccountNamedTwice_IsNoMoreThanItHas() public {
        authorize(ALICE, true);
        uint256[] memory wanted = new uint256[](2);
        wanted[0] = entry(_alice, 800, 0);
        wanted[1] = entry(_alice, 800, 0);
        vm.prank(MODULE);
        uint256[] memory got = market.take(wanted);
        equal(got[0], entry(_alice, 800, 0), "first");
        equal(got[1], entry(_alice, 200, 0), "second");
        equalBalance(MODULE, 1_000, 0, "together");
    }

    function test_Take_LeavesWhatOrdersHold() public {
        authorize(ALICE, true);
        vm.prank(ALICE);
        market.placeOrder(Side.Ask, 1_500, 900, TimeInForce.GTC, 0);
        equal(taken(MODULE, entry(_alice, 1_000, 0)), entry(_alice, 100, 0), "only what is free");
    }

    function test_Take_OfAnAccountThatIsTheModule_MovesNothing() public {
        vm.prank(ALICE);
        market.authorizeModule(ALICE, true);
        equal(taken(ALICE, entry(_alice, 300, 300)), entry(_alice, 300, 300), "from itself to itself");
        equalBalance(ALICE, 1_000, 1e9, "nothing is won");
    }

    function test_Give_MovesFromTheGiver() public {
        uint256[] memory gifts = new uint256[](3);
        gifts[0] = entry(_bob, 400, 700);
        gifts[1] = entry(0, 0, 0);
        gifts[2] = entry(_bob, 600, 1e9 - 700);
        vm.expectEmit(address(market));
        emit IModules.Given(ALICE, gifts);
        vm.prank(ALICE);
        market.give(gifts);
        equalBalance(ALICE, 0, 0, "all of it");
        equalBalance(BOB, 1_500, 5e8 + 1e9, "there");
    }

    function test_Give_MoreThanTheGiverHas_Reverts() public {
        bytes memory short = abi.encodeWithSelector(
            IAccounts.InsufficientBalance.selector,
            ALICE,
            1_000,
            1e9
        );
        refuses(ALICE, giving(entry(_bob, 1_001, 0)), short);
        refuses(ALICE, giving(entry(_bob, 0, 1e9 + 1)), short);
        uint256[] memory gifts = new uint256[](2);
        (gifts[0], gifts[1]) = (entry(_bob, 600, 0), entry(_bob, 600, 0));
        refuses(ALICE, abi.encodeCall(market.give, (gifts)), short);
        refuses(
            OTHER,
            giving(entry(_bob, 1, 0)),
            abi.encodeWithSelector(IAccounts.InsufficientBalance.selector, OTHER, 0, 0)
        );
        equalBalance(BOB, 500, 5e8, "nothing moved");
    }

    function test_Give_ToNobody_Reverts() public {
        refuses(ALICE, giving(entry(0, 1, 0)), abi.encodeWithSelector(IModules.UnknownAccount.selector, 0));
        refuses(ALICE, giving(entry(3, 0, 1)), abi.encodeWithSelector(IModules.UnknownAccount.selector, 3));
    }

    function test_Give_ToOneself_ChangesNothing() public {
        vm.prank(ALICE);
        market.give(one(entry(_alice, 1_000, 1e9)));
        equalBalance(ALICE, 1_000, 1e9, "as before");
        // Nor is what does not exist won that way, however large the numbers.
        uint256[] memory gifts = new uint256[](2);
        gifts[0] = entry(_alice, type(uint96).max, type(uint128).max - 1e9);
        gifts[1] = entry(_bob, 1_001, 0);
        vm.prank(ALICE);
        (bool done, ) = address(market).call(abi.encodeCall(market.give, (gifts)));
        check(!done, "refused");
    }

    function test_CreditEnergy_IsTheConvertersAlone() public {
        refuses(
            ALICE,
            abi.encodeCall(market.creditEnergy, (ALICE, 1)),
            abi.encodeWithSelector(IAccounts.OnlyConverter.selector, ALICE)
        );
        vm.expectEmit(address(market));
        emit IAccounts.EnergyCredited(ALICE, 7);
        vm.prank(address(converter));
        market.creditEnergy(ALICE, 7);
        equalBalance(ALICE, 1_007, 1e9, "credited");
    }

    /// @notice M1: whatever modules take and give, balances add up to what they added up to.
    function testFuzz_M1_NothingIsMadeOrLost(uint256 seed) public {
        authorize(ALICE, seed % 3 != 0);
        authorize(BOB, seed % 5 != 0);
        for (uint256 i = 0; i < 12; ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            uint256[] memory entries = new uint256[](1 + (word % 4));
            for (uint256 j = 0; j < entries.length; ++j) {
                uint256 part = uint256(keccak256(abi.encode(word, j)));
                entries[j] = entry(uint32(part % 5), (part >> 8) % 700, (part >> 40) % 7e8);
            }
            vm.prank(MODULE);
            if (word % 2 == 0) market.take(entries);
            else if (word % 7 == 0) {
                (bool done, ) = address(market).call(abi.encodeCall(market.give, (entries)));
                done;
            }
            (uint128 a, uint128 x) = market.tradingBalance(ALICE);
            (uint128 b, uint128 y) = market.tradingBalance(BOB);
            (uint128 c, uint128 z) = market.tradingBalance(MODULE);
            equal(uint256(a) + b + c, 1_500, "M1: energy");
            equal(uint256(x) + y + z, 15e8, "M1: money");
        }
    }

    function authorize(address account, bool allowed) private {
        vm.prank(account);
        market.authorizeModule(MODULE, allowed);
    }

    function taken(address module, uint256 wanted) private returns (uint256) {
        vm.prank(module);
        return market.take(one(wanted))[0];
    }

    function giving(uint256 gift) private pure returns (bytes memory) {
        return abi.encodeCall(IModules.give, (one(gift)));
    }

    function numberOf(address account) private view returns (uint32 number) {
        (number, ) = market.accountOf(account, MODULE);
    }

    function isAuthorized(address account, address module) private view returns (bool authorized) {
        (, authorized) = market.accountOf(account, module);
    }

    function entry(uint32 number, uint256 energyWh, uint256 idrs) private pure returns (uint256) {
        return (uint256(number) << 224) | (idrs << 96) | energyWh;
    }

    function one(uint256 word) private pure returns (uint256[] memory words) {
        words = new uint256[](1);
        words[0] = word;
    }
}
