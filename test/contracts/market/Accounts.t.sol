// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IAccounts, IOrderBook, Side, TimeInForce} from "../../../contracts/src/market/IEnergyMarket.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {MarketFixture} from "./MarketFixture.sol";

/// @notice The branches of Accounts.tree.
contract AccountsTest is MarketFixture {
    uint256 private constant KEY = 0xA11CE;
    address private constant BOB = address(0xB0B);
    /// @dev The storage slot of the number of accounts.
    uint256 private constant ACCOUNT_COUNT = 1;

    address private _alice;

    function setUp() public {
        deploySystem();
        _alice = vm.addr(KEY);
        giveEnergy(_alice, 1_000);
        giveMoney(_alice, 1e12);
        approveAll(_alice);
    }

    function test_Deposit_MovesTheTokens() public {
        vm.prank(_alice);
        market.deposit(300, 1e9);
        equalBalance(_alice, 300, 1e9, "in the balance");
        vm.prank(_alice);
        market.deposit(0, 1);
        vm.prank(_alice);
        market.deposit(1, 0);
        equalBalance(_alice, 301, 1e9 + 1, "either alone");
        equal(energyToken.balanceOf(_alice), 699, "out of the wallet");
        equal(rupiahToken.balanceOf(address(market)), 1e9 + 1, "held");
    }

    function test_Deposit_WhenNothingMoves_Reverts() public {
        bytes memory nothing = abi.encodeWithSelector(IAccounts.NothingToMove.selector);
        refuses(_alice, abi.encodeCall(market.deposit, (0, 0)), nothing);
        refuses(_alice, abi.encodeCall(market.withdraw, (0, 0)), nothing);
    }

    function test_Deposit_WhenTheMarketWouldHoldTooMuch_Reverts() public {
        fund(BOB, 0, type(uint128).max - 10);
        vm.prank(_alice);
        market.deposit(0, 10);
        refuses(
            _alice,
            abi.encodeCall(market.deposit, (0, 1)),
            abi.encodeWithSelector(IAccounts.BalanceOverflow.selector, _alice)
        );
        equalBalance(_alice, 0, 10, "unchanged");
    }

    function test_Deposit_WhenThereAreTooManyAccounts_RevertsForNewcomersOnly() public {
        vm.prank(_alice);
        market.deposit(1, 0);
        equal(uint256(vm.load(address(market), bytes32(ACCOUNT_COUNT))), 1, "one account");
        vm.store(address(market), bytes32(ACCOUNT_COUNT), bytes32(uint256(type(uint32).max)));
        bytes memory deposit = abi.encodeCall(market.deposit, (1, 0));
        refuses(BOB, deposit, abi.encodeWithSelector(IAccounts.TooManyAccounts.selector));
        vm.prank(_alice);
        market.deposit(1, 0);
    }

    function test_DepositFor_MovesTheCallersTokensIntoTheAccountsBalance() public {
        vm.expectEmit(address(market));
        emit IAccounts.Deposited(BOB, 300, 1e9);
        vm.prank(_alice);
        market.depositFor(BOB, 300, 1e9);
        equalBalance(BOB, 300, 1e9, "a newcomer's balance");
        equalBalance(_alice, 0, 0, "not the caller's");
        equal(energyToken.balanceOf(_alice), 700, "out of the caller's wallet");
        equal(rupiahToken.balanceOf(_alice), 1e12 - 1e9, "out of the caller's wallet");
        refuses(
            _alice,
            abi.encodeCall(market.withdraw, (1, 0)),
            abi.encodeWithSelector(IAccounts.InsufficientBalance.selector, _alice, 0, 0)
        );
        vm.prank(BOB);
        market.withdraw(300, 1e9);
        equal(energyToken.balanceOf(BOB), 300, "the account's to withdraw");
    }

    function test_DepositFor_WhenTheAccountIsZero_Reverts() public {
        refuses(
            _alice,
            abi.encodeCall(market.depositFor, (address(0), 1, 1)),
            abi.encodeWithSelector(IAccounts.ZeroAccount.selector)
        );
    }

    function test_DepositFor_WhenNothingMoves_Reverts() public {
        refuses(
            _alice,
            abi.encodeCall(market.depositFor, (BOB, 0, 0)),
            abi.encodeWithSelector(IAccounts.NothingToMove.selector)
        );
    }

    function test_DepositFor_NeverTakesFromTheAccountsWallet() public {
        refuses(
            BOB,
            abi.encodeCall(market.depositFor, (_alice, 1, 0)),
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(market), 0, 1)
        );
        giveMoney(BOB, type(uint128).max - 1e12);
        approveAll(BOB);
        vm.prank(BOB);
        market.depositFor(_alice, 0, type(uint128).max - 1e12);
        giveMoney(BOB, 1e12 + 1);
        refuses(
            BOB,
            abi.encodeCall(market.depositFor, (_alice, 0, 1e12 + 1)),
            abi.encodeWithSelector(IAccounts.BalanceOverflow.selector, BOB)
        );
        equal(rupiahToken.balanceOf(_alice), 1e12, "the account's wallet is as it was");
    }

    function testFuzz_DepositFor_AddsExactlyWhatWasPaid(uint128 energyWh, uint128 idrs, uint8 whom) public {
        energyWh %= 1_001;
        idrs %= 1e12 + 1;
        if (energyWh == 0 && idrs == 0) idrs = 1;
        address account = address(uint160(0xC0FFEE + (whom % 3)));
        fund(account, 7, 9);
        vm.prank(_alice);
        market.depositFor(account, energyWh, idrs);
        equalBalance(account, 7 + uint256(energyWh), 9 + uint256(idrs), "exactly that more");
        equal(energyToken.balanceOf(_alice), 1_000 - uint256(energyWh), "exactly that less");
        equal(rupiahToken.balanceOf(address(market)), 9 + uint256(idrs), "B2: held");
    }

    function test_Withdraw_MovesTheTokensWhilePaused() public {
        fund(BOB, 500, 1e9);
        market.setPaused(true, true);
        vm.prank(BOB);
        market.withdraw(200, 1e9);
        equalBalance(BOB, 300, 0, "out of the balance");
        equal(energyToken.balanceOf(BOB), 200, "in the wallet");
        equal(rupiahToken.balanceOf(BOB), 1e9, "in the wallet");
    }

    function test_Withdraw_WhenTheBalanceLacksEither_Reverts() public {
        fund(BOB, 500, 1e9);
        bytes memory lacks = abi.encodeWithSelector(IAccounts.InsufficientBalance.selector, BOB, 500, 1e9);
        refuses(BOB, abi.encodeCall(market.withdraw, (501, 0)), lacks);
        refuses(BOB, abi.encodeCall(market.withdraw, (0, 1e9 + 1)), lacks);
        vm.prank(BOB);
        market.placeOrder(Side.Ask, 1_400, 300, TimeInForce.GTC, 0);
        refuses(
            BOB,
            abi.encodeCall(market.withdraw, (201, 0)),
            abi.encodeWithSelector(IAccounts.InsufficientBalance.selector, BOB, 200, 1e9)
        );
        refuses(
            address(0xBAD),
            abi.encodeCall(market.withdraw, (1, 0)),
            abi.encodeWithSelector(IAccounts.InsufficientBalance.selector, address(0xBAD), 0, 0)
        );
    }

    /* PERMIT AND MULTICALL */

    function test_Permit_AndMulticall_TradeInOneTransaction() public {
        _revoke();
        bytes[] memory calls = new bytes[](3);
        calls[0] = _permit(address(energyToken), 400);
        calls[1] = abi.encodeCall(market.placeOrder, (Side.Ask, 1_400, 300, TimeInForce.GTC, 0));
        calls[2] = abi.encodeCall(market.deposit, (100, 0));
        vm.prank(_alice);
        bytes[] memory results = market.multicall(calls);
        (uint256 orderId, ) = abi.decode(results[1], (uint256, uint32));
        (address owner, , , uint32 openWh) = market.openOrder(orderId);
        check(owner == _alice && openWh == 300, "the sender's order");
        equalBalance(_alice, 100, 0, "the sender's deposit");
    }

    function test_Permit_WhenSomebodyUsedItFirst_DoesNothing() public {
        _revoke();
        bytes memory permit = _permit(address(rupiahToken), 1e9);
        (address token, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) = abi.decode(
            _withoutSelector(permit),
            (address, uint256, uint256, uint8, bytes32, bytes32)
        );
        ERC20Permit(token).permit(_alice, address(market), value, deadline, v, r, s);
        _send(_alice, permit);
        equal(rupiahToken.allowance(_alice, address(market)), 1e9, "allowed");
        // When the allowance is spent, the used permit is an error again.
        vm.prank(_alice);
        market.deposit(0, 1);
        (bool done, ) = _try(_alice, permit);
        check(!done, "not enough is allowed");
    }

    function test_Permit_WhenTheSignatureIsWrong_Reverts() public {
        _revoke();
        bytes memory permit = _permit(address(energyToken), 400);
        (bool done, bytes memory reason) = _try(BOB, permit);
        check(!done && bytes4(reason) == ERC20Permit.ERC2612InvalidSigner.selector, "another's");
        vm.warp(time() + 3_601);
        (done, reason) = _try(_alice, permit);
        check(!done && bytes4(reason) == ERC20Permit.ERC2612ExpiredSignature.selector, "expired");
        equal(energyToken.allowance(_alice, address(market)), 0, "nothing allowed");
    }

    function test_Permit_WhenTheTokenIsAnother_Reverts() public {
        address token = address(registry);
        refuses(
            _alice,
            abi.encodeCall(market.permit, (token, 1, time(), 27, 0, 0)),
            abi.encodeWithSelector(IAccounts.UnsupportedToken.selector, token)
        );
    }

    function test_Multicall_WhenOneCallReverts_NothingHappened() public {
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(market.deposit, (100, 0));
        calls[1] = abi.encodeCall(market.cancelOrder, (7));
        refuses(
            _alice,
            abi.encodeCall(market.multicall, (calls)),
            abi.encodeWithSelector(IOrderBook.OrderNotOpen.selector, 7)
        );
        equalBalance(_alice, 0, 0, "nothing happened");
    }

    /* THE CONVERTER'S DRAW */

    function test_DrawEnergy_WhenTheCallerIsNotTheConverter_Reverts() public {
        refuses(
            _alice,
            abi.encodeCall(market.drawEnergy, (_alice, 1)),
            abi.encodeWithSelector(IAccounts.OnlyConverter.selector, _alice)
        );
    }

    function test_DrawEnergy_TakesWhatIsFree() public {
        fund(BOB, 500, 0);
        vm.prank(BOB);
        market.placeOrder(Side.Ask, 1_400, 300, TimeInForce.GTC, 0);
        equal(_draw(BOB, 50), 50, "a part");
        equal(_draw(BOB, type(uint256).max), 150, "all that is free");
        equal(_draw(BOB, 1), 0, "never what is in orders");
        equal(_draw(address(0xBAD), 1), 0, "nothing of a stranger's");
        equalBalance(BOB, 0, 0, "drawn");
    }

    function test_DrawEnergy_AnImportIsBurnedFromTheWalletThenTheFreeBalance() public {
        bytes32 home = "home-1";
        addMeter(home, _alice, IMeterRegistry.MeterKind.Consumer, 0);
        vm.warp(time() + 60);
        settle(home, 0, 0, 0);
        vm.prank(_alice);
        market.deposit(700, 0);
        vm.prank(_alice);
        market.placeOrder(Side.Ask, 1_400, 200, TimeInForce.GTC, 0);

        vm.warp(time() + 900);
        settle(home, 0, 400, 0);
        equal(energyToken.balanceOf(_alice), 0, "the wallet first");
        equalBalance(_alice, 400, 0, "then the free balance");
        equal(energyToken.balanceOf(address(market)), 600, "B1: burned from what is held");

        vm.warp(time() + 900);
        settle(home, 0, 1_400, 0);
        equalBalance(_alice, 0, 0, "all that is free");
        equal(energyToken.balanceOf(address(market)), 200, "never orders");
        (, , uint64 debtWh, , , ) = converter.settled(home);
        equal(debtWh, 600, "the rest is debt");
    }

    function test_Donations_LeaveEveryBalanceAsItWas() public {
        fund(BOB, 500, 1e9);
        vm.prank(_alice);
        energyToken.transfer(address(market), 1_000);
        equalBalance(BOB, 500, 1e9, "unchanged");
        vm.prank(BOB);
        market.withdraw(500, 1e9);
        equal(energyToken.balanceOf(address(market)), 1_000, "B1: donations only make it more");
    }

    function test_Pull_WithoutAllowance_RevertsWithTheTokensError() public {
        _revoke();
        refuses(
            _alice,
            abi.encodeCall(market.deposit, (1, 0)),
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(market), 0, 1)
        );
    }

    /* SHORTHAND */

    function _revoke() private {
        vm.prank(_alice);
        energyToken.approve(address(market), 0);
        vm.prank(_alice);
        rupiahToken.approve(address(market), 0);
    }

    function _permit(address token, uint256 value) private view returns (bytes memory) {
        uint256 deadline = time() + 3_600;
        bytes32 permit = keccak256(
            abi.encode(
                keccak256(
                    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
                ),
                _alice,
                address(market),
                value,
                ERC20Permit(token).nonces(_alice),
                deadline
            )
        );
        bytes32 digest = keccak256(
            abi.encodePacked("\x19\x01", ERC20Permit(token).DOMAIN_SEPARATOR(), permit)
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest);
        return abi.encodeCall(market.permit, (token, value, deadline, v, r, s));
    }

    function _draw(address account, uint256 wattHours) private returns (uint256 drawnWh) {
        vm.prank(address(converter));
        drawnWh = market.drawEnergy(account, wattHours);
        // As the converter does at once, so that what is held stays what is owed.
        vm.prank(address(converter));
        energyToken.burn(address(market), drawnWh);
    }

    function _try(address sender, bytes memory call) private returns (bool done, bytes memory answer) {
        vm.prank(sender);
        return address(market).call(call);
    }

    function _send(address sender, bytes memory call) private {
        (bool done, ) = _try(sender, call);
        check(done, "the call is accepted");
    }

    function _withoutSelector(bytes memory call) private pure returns (bytes memory arguments) {
        arguments = new bytes(call.length - 4);
        for (uint256 i = 0; i < arguments.length; ++i) arguments[i] = call[i + 4];
    }
}
