// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {Faucet} from "../../../contracts/src/tokens/Faucet.sol";
import {IRupiahToken} from "../../../contracts/src/tokens/IRupiahToken.sol";
import {RupiahToken} from "../../../contracts/src/tokens/RupiahToken.sol";
import {Check} from "../Vm.sol";

/// @notice The branches of RupiahToken.tree.
contract RupiahTokenTest is Check {
    uint256 private constant START = 1_800_000_000;
    uint64 private constant IDRS_ISSUER = 2;

    RupiahToken private token;
    IAccessManager private access;
    address private alice = address(0xA11CE);
    address private stranger = address(0x5EED);

    function setUp() public {
        vm.warp(START);
        access = IAccessManager(create("MarketAccess", abi.encode(address(this))));
        token = RupiahToken(create("RupiahToken", abi.encode(access)));
        token.deposit(alice, 1_000e6, "transfer 1");
    }

    function test_DepositMints() public {
        vm.expectEmit(address(token));
        emit IRupiahToken.Deposited(alice, 5, "transfer 2");
        token.deposit(alice, 5, "transfer 2");
        equal(token.balanceOf(alice), 1_000e6 + 5, "minted");
        equal(token.decimals(), 6, "decimals");
    }

    function test_RevertsWhen_DepositingNothing() public {
        vm.expectRevert(abi.encodeWithSelector(IRupiahToken.ZeroAmount.selector));
        token.deposit(alice, 0, "transfer 2");
    }

    function test_RevertsWhen_TheTransferWasMinted() public {
        vm.expectRevert(
            abi.encodeWithSelector(IRupiahToken.BankReferenceUsed.selector, bytes32("transfer 1"))
        );
        token.deposit(stranger, 1, "transfer 1");
    }

    function test_RevertsWhen_AStrangerIssuesOrPays() public {
        bytes memory refusal = abi.encodeWithSelector(
            IAccessManaged.AccessManagedUnauthorized.selector,
            stranger
        );
        vm.expectRevert(refusal);
        vm.prank(stranger);
        token.deposit(stranger, 1, "transfer 2");
        uint256 id = request(10);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        token.payWithdrawal(id);
    }

    function test_ARequestHoldsTheTokensUntilPaid() public {
        vm.expectEmit(address(token));
        emit IRupiahToken.WithdrawalRequested(1, alice, 400e6, "account 7");
        uint256 id = request(400e6);
        equal(token.balanceOf(alice), 600e6, "handed in");
        equal(token.balanceOf(address(token)), 400e6, "held");
        equal(token.totalSupply(), 1_000e6, "still in existence");

        vm.expectEmit(address(token));
        emit IRupiahToken.WithdrawalPaid(1, alice, 400e6);
        token.payWithdrawal(id);
        equal(token.totalSupply(), 600e6, "burned");
        check(token.withdrawal(id).status == IRupiahToken.WithdrawalStatus.Paid, "paid");

        bytes memory refusal = closed(id, IRupiahToken.WithdrawalStatus.Paid);
        vm.expectRevert(refusal);
        token.payWithdrawal(id);
        vm.expectRevert(refusal);
        vm.prank(alice);
        token.cancelWithdrawal(id);
    }

    function test_AnUnpaidRequestIsCancelledAfterThreeDays_AndTakenBackADayLater() public {
        uint256 id = request(400e6);
        vm.expectRevert(
            abi.encodeWithSelector(IRupiahToken.WithdrawalNotCancellableYet.selector, id, START + 3 days)
        );
        vm.prank(alice);
        token.cancelWithdrawal(id);
        refusesReclaim(id, IRupiahToken.WithdrawalStatus.Requested);

        vm.warp(START + 3 days);
        vm.expectRevert(abi.encodeWithSelector(IRupiahToken.NotWithdrawalOwner.selector, id, stranger));
        vm.prank(stranger);
        token.cancelWithdrawal(id);
        vm.expectEmit(address(token));
        emit IRupiahToken.WithdrawalCancelAnnounced(id, alice, uint40(START + 4 days));
        vm.prank(alice);
        token.cancelWithdrawal(id);
        equal(token.withdrawal(id).reclaimableAt, START + 4 days, "a day's notice");
        equal(token.balanceOf(alice), 600e6, "not yet returned");
        vm.expectRevert(closed(id, IRupiahToken.WithdrawalStatus.Cancelling));
        vm.prank(alice);
        token.cancelWithdrawal(id);

        vm.warp(START + 4 days - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IRupiahToken.WithdrawalNotReclaimableYet.selector, id, START + 4 days)
        );
        vm.prank(alice);
        token.reclaimWithdrawal(id);
        vm.warp(START + 4 days);
        vm.expectRevert(abi.encodeWithSelector(IRupiahToken.NotWithdrawalOwner.selector, id, stranger));
        vm.prank(stranger);
        token.reclaimWithdrawal(id);
        vm.expectEmit(address(token));
        emit IRupiahToken.WithdrawalCancelled(id, alice, 400e6);
        vm.prank(alice);
        token.reclaimWithdrawal(id);
        equal(token.balanceOf(alice), 1_000e6, "returned");

        vm.expectRevert(closed(id, IRupiahToken.WithdrawalStatus.Cancelled));
        token.payWithdrawal(id);
        refusesReclaim(id, IRupiahToken.WithdrawalStatus.Cancelled);
    }

    function test_Attack_APaymentUnderWayIsNotPaidTwice() public {
        uint256 id = request(400e6);
        vm.warp(START + 3 days);
        // The bank has sent the rupiah; before the issuer's transaction is mined, the holder cancels.
        vm.prank(alice);
        token.cancelWithdrawal(id);
        vm.warp(START + 4 days);
        token.payWithdrawal(id);
        equal(token.totalSupply(), 600e6, "burned");
        refusesReclaim(id, IRupiahToken.WithdrawalStatus.Paid);
        equal(token.balanceOf(alice), 600e6, "the rupiah, not the tokens too");
    }

    function test_ALateRequestCanStillBePaid() public {
        uint256 id = request(400e6);
        vm.warp(START + 30 days);
        token.payWithdrawal(id);
        equal(token.totalSupply(), 600e6, "paid late");
    }

    function test_RevertsWhen_TheRequestIsUnknownOrEmpty() public {
        vm.expectRevert(abi.encodeWithSelector(IRupiahToken.UnknownWithdrawal.selector, 1));
        token.payWithdrawal(1);
        vm.expectRevert(abi.encodeWithSelector(IRupiahToken.UnknownWithdrawal.selector, 0));
        token.cancelWithdrawal(0);
        vm.expectRevert(abi.encodeWithSelector(IRupiahToken.UnknownWithdrawal.selector, 2));
        token.reclaimWithdrawal(2);
        vm.expectRevert(abi.encodeWithSelector(IRupiahToken.ZeroAmount.selector));
        token.requestWithdrawal(0, "account 7");
    }

    function testFuzz_SupplyIsWhatWasIssuedLessWhatWasPaid(uint64[8] calldata amounts, uint8 paid) public {
        uint256 expected = 1_000e6;
        for (uint256 i = 0; i < 8; ++i) {
            uint128 amount = uint128(amounts[i]) + 1;
            token.deposit(alice, amount, bytes32(i + 1));
            uint256 id = request(amount);
            expected += amount;
            if ((paid >> i) & 1 == 0) continue;
            token.payWithdrawal(id);
            expected -= amount;
        }
        equal(token.totalSupply(), expected, "supply");
        equal(
            token.balanceOf(alice) + token.balanceOf(address(token)),
            expected,
            "held by alice and the contract"
        );
    }

    function testFuzz_ThePermitWorksOnce(uint256 key, uint128 amount) public {
        key = 1 + (key % (2 ** 255));
        address holder = vm.addr(key);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
                ),
                holder,
                stranger,
                amount,
                0,
                START
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(
            key,
            keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash))
        );
        token.permit(holder, stranger, amount, START, v, r, s);
        equal(token.allowance(holder, stranger), amount, "allowed");
        (bool again, ) = address(token).call(
            abi.encodeCall(token.permit, (holder, stranger, amount, START, v, r, s))
        );
        check(!again, "a permit is used once");
    }

    function test_TheFaucetGivesWithinItsRange() public {
        Faucet faucet = Faucet(create("Faucet", abi.encode(token)));
        access.setTargetFunctionRole(address(token), selectors(), IDRS_ISSUER);
        access.grantRole(IDRS_ISSUER, address(faucet), 0);
        vm.prank(stranger);
        faucet.draw(10_000_000e6);
        vm.prank(stranger);
        faucet.draw(1);
        equal(token.balanceOf(stranger), 10_000_000e6 + 1, "drawn twice");

        for (uint256 i = 0; i < 2; ++i) {
            uint128 amount = i == 0 ? 0 : 10_000_000e6 + 1;
            vm.expectRevert(
                abi.encodeWithSelector(Faucet.DrawOutOfRange.selector, amount, uint128(10_000_000e6))
            );
            faucet.draw(amount);
        }
    }

    function closed(uint256 id, IRupiahToken.WithdrawalStatus status) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IRupiahToken.WithdrawalClosed.selector, id, status);
    }

    function refusesReclaim(uint256 id, IRupiahToken.WithdrawalStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(IRupiahToken.WithdrawalNotCancelling.selector, id, status));
        vm.prank(alice);
        token.reclaimWithdrawal(id);
    }

    function request(uint128 amount) private returns (uint256) {
        vm.prank(alice);
        return token.requestWithdrawal(amount, "account 7");
    }

    function selectors() private pure returns (bytes4[] memory list) {
        list = new bytes4[](1);
        list[0] = IRupiahToken.deposit.selector;
    }
}
