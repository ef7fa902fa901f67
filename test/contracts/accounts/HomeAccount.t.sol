// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Account} from "@openzeppelin/contracts/account/Account.sol";
import {Execution} from "@openzeppelin/contracts/account/utils/draft-ERC7579Utils.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {HomeAccountFactory} from "../../../contracts/src/accounts/HomeAccountFactory.sol";
import {IHomeAccount} from "../../../contracts/src/accounts/IHomeAccount.sol";
import {SignedExecution} from "../../../contracts/src/accounts/SignedExecution.sol";
import {DeviceKey} from "../metering/DeviceKey.sol";
import {AccountFixture, Household, Target} from "./AccountFixture.sol";
import {Passkey} from "./Passkey.sol";

/// @notice Knows one key by name: a verifier as ERC-7913 has it.
contract Verifier {
    function verify(bytes calldata key, bytes32 hash, bytes calldata proof) external pure returns (bytes4) {
        bool right = keccak256(proof) == keccak256(abi.encode(key, hash));
        return right ? this.verify.selector : bytes4(0xffffffff);
    }
}

/// @notice The branches of HomeAccount.tree.
contract HomeAccountTest is AccountFixture {
    uint256 private constant WALLET_KEY = 0xA11CE;

    /* CREATION */

    function test_AnAddressFollowsFromTheKey_WhoeverCreatesIt() public {
        (bytes32 x, bytes32 y) = Passkey.publicKey(SECOND);
        address expected = _factory.accountOf(x, y);
        check(expected.code.length == 0, "not there yet");
        vm.expectEmit(address(_factory));
        emit HomeAccountFactory.AccountCreated(expected, idOf(SECOND), x, y);
        vm.prank(STRANGER);
        equal(_factory.create(x, y), expected, "created");
        Household made = Household(expected);
        check(made.isSigner(idOf(SECOND)), "its passkey signs");
        check(!made.isSigner(idOf(FIRST)), "no other does");
        equal(made.signerCount(), 1, "signers");
        check(keccak256(made.firstSigner()) == idOf(SECOND), "first signer");
        vm.prank(RELAY);
        equal(_factory.create(x, y), expected, "again: the same");
    }

    function test_NoAccountOfWhatIsNoKey() public {
        vm.expectRevert(
            abi.encodeWithSelector(HomeAccountFactory.InvalidPasskey.selector, bytes32("x"), bytes32("y"))
        );
        _factory.create(bytes32("x"), bytes32("y"));
    }

    function test_TheFirstTouchCreatesAndActs_AlsoWhereSomebodyCreatedItBefore() public {
        (bytes32 x, bytes32 y) = Passkey.publicKey(SECOND);
        _account = Household(_factory.accountOf(x, y));
        for (uint256 nth = 1; nth <= 2; ++nth) {
            // Before the account is there, what is signed is known all the same: its address and the domain are.
            bytes memory data = nth == 1 ? _signedBeforehand(touch()) : signed(SECOND, touch());
            vm.prank(RELAY);
            _factory.createAndExecute(x, y, SIGNED, data);
            equal(_target.calls(), nth, "calls");
        }
        equal(_target.caller(), address(_account), "in the account's name");
    }

    function _signedBeforehand(Execution[] memory calls) private returns (bytes memory data) {
        uint256 before = vm.snapshotState();
        (bytes32 x, bytes32 y) = Passkey.publicKey(SECOND);
        _factory.create(x, y);
        data = signed(SECOND, calls);
        vm.revertToState(before);
    }

    function test_TheSharedCodeIsNobodysAccount() public {
        Household shared = Household(_factory.implementation());
        check(!shared.isSigner(idOf(FIRST)), "no passkey signs for it");
        equal(shared.guardian(), address(0), "nobody guards it");
        vm.expectRevert(abi.encodeWithSelector(IHomeAccount.NotAnnounced.selector, idOf(FIRST), 0));
        shared.recover(Passkey.signer(FIRST));
    }

    /* SIGNED CALLS */

    function test_AnyoneSubmitsWhatASignerSigned() public {
        bytes memory data = signed(FIRST, touch());
        vm.expectEmit(address(_account));
        emit SignedExecution.Executed(uint256(FIRST) << 64, STRANGER);
        vm.prank(STRANGER);
        _account.execute(SIGNED, data);
        equal(_target.caller(), address(_account), "caller");
    }

    function test_NothingHappensTwice() public {
        bytes memory data = signed(FIRST, touch());
        submit(data);
        vm.expectRevert(
            abi.encodeWithSelector(
                Nonces.InvalidAccountNonce.selector,
                address(_account),
                (uint256(FIRST) << 64) + 1
            )
        );
        submit(data);
    }

    /// @notice Who submits chooses the number that is told beside a signature: it has to be the one that was signed.
    function test_WhatIsSignedUnderOneNumberIsGoodUnderNoOther() public {
        bytes32 hash = _account.executionHash(touch(), 0, DEADLINE);
        bytes memory signature = Passkey.signature(FIRST, Passkey.assertion(FIRST, hash));
        submit(encoded(touch(), 0, DEADLINE, signature));
        uint256[2] memory free = [uint256(1), uint256(1) << 64];
        for (uint256 i; i < free.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(SignedExecution.InvalidSignature.selector));
            submit(encoded(touch(), free[i], DEADLINE, signature));
        }
        equal(_target.calls(), 1, "once");
    }

    function test_AllCallsOrNone_AndAFailureUsesNoNonceUp() public {
        Execution[] memory calls = new Execution[](2);
        calls[0] = touch()[0];
        calls[1] = callOf(address(_target), abi.encodeCall(_target.refuse, ()))[0];
        refused(calls, abi.encodeWithSelector(Target.Refused.selector, 1));
        equal(_target.calls(), 0, "undone");
        act(touch());
        equal(_target.calls(), 1, "with the same nonce");
    }

    function test_NotAfterItsDeadline() public {
        uint48 deadline = START + 10;
        bytes32 hash = _account.executionHash(touch(), 0, deadline);
        bytes memory data = encoded(
            touch(),
            0,
            deadline,
            Passkey.signature(FIRST, Passkey.assertion(FIRST, hash))
        );
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(SignedExecution.DeadlinePassed.selector, deadline));
        submit(data);
        vm.warp(deadline);
        submit(data);
        equal(_target.calls(), 1, "in its last second");
    }

    function test_OrdersOfOneBlockDoNotWaitForEachOther() public {
        for (uint192 lane = 7; lane > 4; --lane) {
            uint256 nonce = uint256(lane) << 64;
            bytes32 hash = _account.executionHash(touch(), nonce, DEADLINE);
            submit(
                encoded(touch(), nonce, DEADLINE, Passkey.signature(FIRST, Passkey.assertion(FIRST, hash)))
            );
        }
        equal(_target.calls(), 3, "in any order");
    }

    function test_ACallToZeroGoesToTheAccountItself() public {
        act(callOf(address(0), abi.encodeCall(_account.setGuardian, (GUARDIAN))));
        equal(_account.guardian(), GUARDIAN, "guardian");
    }

    function test_WhoSignsNothingDoesNothing() public {
        bytes memory unsigned = abi.encode(touch(), bytes(""));
        bytes memory plain = abi.encode(touch());
        bytes memory reason = abi.encodeWithSelector(Account.AccountUnauthorized.selector, STRANGER);
        vm.expectRevert(reason);
        vm.prank(STRANGER);
        _account.execute(SIGNED, unsigned);
        vm.expectRevert(reason);
        vm.prank(STRANGER);
        _account.execute(PLAIN, plain);
        check(_account.supportsExecutionMode(SIGNED) && _account.supportsExecutionMode(PLAIN), "modes");
        check(!_account.supportsExecutionMode(bytes32(bytes1(0x02))), "no other");
    }

    function test_TheAccountItselfMayRunPlainCalls() public {
        act(own(abi.encodeCall(_account.execute, (PLAIN, abi.encode(touch())))));
        equal(_target.calls(), 1, "calls");
    }

    function test_EtherComesAndGoes() public {
        (bool done, ) = address(_account).call{value: 5}("");
        check(done, "received");
        Execution[] memory calls = touch();
        calls[0].value = 5;
        act(calls);
        equal(address(_target).balance, 5, "sent on");
    }

    function test_ItMayHoldCertificates() public {
        check(_account.supportsInterface(type(IERC1155Receiver).interfaceId), "says so");
        check(
            _account.onERC1155Received(RELAY, RELAY, 1, 1, "") == IERC1155Receiver.onERC1155Received.selector,
            "takes them"
        );
    }

    /* WHAT IS NO SIGNATURE */

    function test_NoLieOfAnAuthenticatorIsASignature() public {
        bytes32 hash = _account.executionHash(touch(), 0, DEADLINE);
        Passkey.Assertion memory good = Passkey.assertion(FIRST, hash);
        uint256 highS = DeviceKey.ORDER - uint256(good.s);

        _isNone(FIRST, Passkey.assertion(FIRST, hash, "webauthn.create", Passkey.FLAGS), "a registration");
        _isNone(FIRST, Passkey.assertion(FIRST, hash, "webauthn.get", 0x19), "not verified");
        _isNone(FIRST, Passkey.assertion(FIRST, hash, "webauthn.get", 0x1c), "not present");
        _isNone(FIRST, Passkey.assertion(FIRST, hash, "webauthn.get", 0x15), "backed up, not eligible");
        _isNone(FIRST, Passkey.assertion(FIRST, keccak256("other")), "another challenge");
        _isNone(SECOND, Passkey.assertion(SECOND, hash), "somebody else's passkey");
        _isNone(FIRST, Passkey.assertion(SECOND, hash), "somebody else's under this one's name");
        good.s = bytes32(highS);
        _isNone(FIRST, good, "the higher s");
        good.s = bytes32(DeviceKey.ORDER - highS);
        good.challengeIndex = 0;
        _isNone(FIRST, good, "a challenge elsewhere");
        good.challengeIndex = 23;
        bytes memory whole = Passkey.signature(FIRST, good);
        submit(encoded(touch(), 0, DEADLINE, whole));
        equal(_target.calls(), 1, "whole it is one");
    }

    function test_NoPieceOfASignatureIsOne() public {
        bytes32 hash = _account.executionHash(touch(), 0, DEADLINE);
        bytes memory whole = Passkey.signature(FIRST, Passkey.assertion(FIRST, hash));
        uint256[5] memory lengths = [uint256(0), 1, 40, 65, 66];
        for (uint256 i; i < lengths.length; ++i) {
            bytes memory piece = new bytes(lengths[i]);
            for (uint256 j; j < lengths[i]; ++j) piece[j] = whole[j];
            vm.expectRevert(abi.encodeWithSelector(SignedExecution.InvalidSignature.selector));
            submit(encoded(touch(), 0, DEADLINE, piece));
        }
    }

    function test_WhatIsSignedForOneAccountOrCallIsNotForAnother() public {
        (bytes32 x, bytes32 y) = Passkey.publicKey(SECOND);
        Household other = Household(_factory.create(x, y));
        act(own(abi.encodeCall(_account.addSigner, (Passkey.signer(SECOND)))));
        bytes memory mine = signed(SECOND, touch());
        vm.expectRevert(abi.encodeWithSelector(SignedExecution.InvalidSignature.selector));
        other.execute(SIGNED, mine);

        bytes32 hash = _account.executionHash(touch(), 0, DEADLINE);
        bytes memory signature = Passkey.signature(FIRST, Passkey.assertion(FIRST, hash));
        vm.expectRevert(abi.encodeWithSelector(SignedExecution.InvalidSignature.selector));
        submit(encoded(touch(), 0, DEADLINE - 1, signature));
        Execution[] memory calls = touch();
        calls[0].value = 1;
        vm.expectRevert(abi.encodeWithSelector(SignedExecution.InvalidSignature.selector));
        submit(encoded(calls, 0, DEADLINE, signature));
    }

    /// @notice The hash written down once more, for this chain and for another one.
    function test_WhatIsSignedForAnotherChainIsNotForThisOne() public {
        check(_hash(block.chainid) == _account.executionHash(touch(), 0, DEADLINE), "this chain's");
        bytes32 elsewhere = _hash(block.chainid + 1);
        bytes memory signature = Passkey.signature(FIRST, Passkey.assertion(FIRST, elsewhere));
        vm.expectRevert(abi.encodeWithSelector(SignedExecution.InvalidSignature.selector));
        submit(encoded(touch(), 0, DEADLINE, signature));
    }

    function _hash(uint256 chainId) private view returns (bytes32) {
        Execution[] memory calls = touch();
        bytes32 call = keccak256(
            abi.encode(
                keccak256("Call(address to,uint256 value,bytes data)"),
                calls[0].target,
                0,
                keccak256(calls[0].callData)
            )
        );
        bytes32 kind = keccak256(
            "Execute(Call[] calls,uint256 nonce,uint48 deadline)Call(address to,uint256 value,bytes data)"
        );
        bytes32 content = keccak256(abi.encode(kind, keccak256(abi.encode(call)), 0, DEADLINE));
        return keccak256(abi.encodePacked(hex"1901", _separator(chainId), content));
    }

    function _isNone(uint256 privateKey, Passkey.Assertion memory made, string memory what) private {
        bytes memory data = encoded(touch(), 0, DEADLINE, Passkey.signature(privateKey, made));
        vm.prank(RELAY);
        (bool done, bytes memory answer) = address(_account).call(
            abi.encodeCall(_account.execute, (SIGNED, data))
        );
        check(!done && bytes4(answer) == SignedExecution.InvalidSignature.selector, what);
    }

    /* SIGNERS */

    function test_ASecondPhoneSignsAtOnce() public {
        vm.expectEmit(address(_account));
        emit IHomeAccount.SignerAdded(idOf(SECOND), Passkey.signer(SECOND));
        act(own(abi.encodeCall(_account.addSigner, (Passkey.signer(SECOND)))));
        equal(_account.signerCount(), 2, "signers");
        submit(signed(SECOND, touch()));
        equal(_target.calls(), 1, "calls");
    }

    function test_AnOrdinaryWalletSignsAsWell_AndAVerifiersKey() public {
        bytes memory wallet = abi.encodePacked(vm.addr(WALLET_KEY));
        act(own(abi.encodeCall(_account.addSigner, (wallet))));
        bytes32 hash = _account.executionHash(touch(), 0, DEADLINE);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(WALLET_KEY, hash);
        submit(encoded(touch(), 0, DEADLINE, abi.encodePacked(uint8(20), wallet, r, s, v)));
        equal(_target.calls(), 1, "a wallet");

        bytes memory key = abi.encodePacked(address(new Verifier()), "name");
        act(own(abi.encodeCall(_account.addSigner, (key))));
        hash = _account.executionHash(touch(), 1, DEADLINE);
        bytes memory proof = abi.encode(bytes("name"), hash);
        submit(encoded(touch(), 1, DEADLINE, abi.encodePacked(uint8(key.length), key, proof)));
        equal(_target.calls(), 2, "a verifier's key");
    }

    function test_NobodyIsAddedWhoCouldNeverSign() public {
        bytes[6] memory never = [
            bytes(""),
            abi.encodePacked(address(0)),
            abi.encodePacked(address(_account)),
            abi.encode(bytes32("x"), bytes32("y")),
            abi.encodePacked(STRANGER, "no verifier"),
            new bytes(256)
        ];
        for (uint256 i; i < never.length; ++i) {
            refused(
                own(abi.encodeCall(_account.addSigner, (never[i]))),
                abi.encodeWithSelector(IHomeAccount.InvalidSigner.selector, never[i])
            );
        }
        refused(
            own(abi.encodeCall(_account.addSigner, (Passkey.signer(FIRST)))),
            abi.encodeWithSelector(IHomeAccount.SignerExists.selector, idOf(FIRST))
        );
    }

    function test_ASignerGoesADayAfterThatWasSaid() public {
        act(own(abi.encodeCall(_account.addSigner, (Passkey.signer(SECOND)))));
        uint40 from = START + _account.CHANGE_DELAY();
        vm.expectEmit(address(_account));
        emit IHomeAccount.RemovalAnnounced(idOf(FIRST), from);
        submit(signed(SECOND, own(abi.encodeCall(_account.removeSigner, (idOf(FIRST))))));
        equal(_account.removableFrom(idOf(FIRST)), from, "from");

        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(IHomeAccount.NotAnnounced.selector, idOf(FIRST), from));
        _account.completeRemoval(idOf(FIRST));
        vm.warp(from);
        act(touch());
        equal(_target.calls(), 1, "signs until then");

        vm.expectEmit(address(_account));
        emit IHomeAccount.SignerRemoved(idOf(FIRST));
        vm.prank(STRANGER);
        _account.completeRemoval(idOf(FIRST));
        check(!_account.isSigner(idOf(FIRST)), "gone");
        refused(touch(), abi.encodeWithSelector(SignedExecution.InvalidSignature.selector));
        vm.expectRevert(abi.encodeWithSelector(IHomeAccount.NotAnnounced.selector, idOf(FIRST), 0));
        _account.completeRemoval(idOf(FIRST));
    }

    function test_WhoIsToGoMayRefuse_SoThatAThiefRemovesNobody() public {
        act(own(abi.encodeCall(_account.addSigner, (Passkey.signer(SECOND)))));
        submit(signed(SECOND, own(abi.encodeCall(_account.removeSigner, (idOf(FIRST))))));
        vm.expectEmit(address(_account));
        emit IHomeAccount.RemovalRefused(idOf(FIRST));
        act(own(abi.encodeCall(_account.keepSigner, (idOf(FIRST)))));
        vm.warp(START + 2 days);
        vm.expectRevert(abi.encodeWithSelector(IHomeAccount.NotAnnounced.selector, idOf(FIRST), 0));
        _account.completeRemoval(idOf(FIRST));
        refused(
            own(abi.encodeCall(_account.keepSigner, (idOf(FIRST)))),
            abi.encodeWithSelector(IHomeAccount.NotAnnounced.selector, idOf(FIRST), 0)
        );
    }

    function test_TheLastSignerStays_AlsoWhereTwoRemovalsRace() public {
        refused(
            own(abi.encodeCall(_account.removeSigner, (idOf(FIRST)))),
            abi.encodeWithSelector(IHomeAccount.LastSigner.selector, idOf(FIRST))
        );
        act(own(abi.encodeCall(_account.addSigner, (Passkey.signer(SECOND)))));
        act(own(abi.encodeCall(_account.removeSigner, (idOf(FIRST)))));
        act(own(abi.encodeCall(_account.removeSigner, (idOf(SECOND)))));
        vm.warp(START + 1 days);
        _account.completeRemoval(idOf(SECOND));
        vm.expectRevert(abi.encodeWithSelector(IHomeAccount.LastSigner.selector, idOf(FIRST)));
        _account.completeRemoval(idOf(FIRST));
        act(touch());
        equal(_target.calls(), 1, "it still signs");
        refused(
            own(abi.encodeCall(_account.removeSigner, (idOf(SECOND)))),
            abi.encodeWithSelector(IHomeAccount.UnknownSigner.selector, idOf(SECOND))
        );
    }

    /// @dev Attack: a stolen device lets a program in before it is removed.
    function test_WithASignerEveryPermissionGoes() public {
        act(own(abi.encodeCall(_account.addSigner, (Passkey.signer(SECOND)))));
        bytes4 selector = _target.touch.selector;
        Execution[] memory allows = own(
            abi.encodeCall(_account.allowCall, (RELAY, address(_target), selector, type(uint40).max))
        );
        submit(signed(SECOND, allows));
        act(own(abi.encodeCall(_account.removeSigner, (idOf(SECOND)))));
        vm.warp(START + 1 days);
        equal(_account.allowedUntil(RELAY, address(_target), selector), type(uint40).max, "until it went");
        _account.completeRemoval(idOf(SECOND));
        equal(_account.allowedUntil(RELAY, address(_target), selector), 0, "gone with it");
        vm.expectRevert(_notAllowed(RELAY, selector));
        vm.prank(RELAY);
        _account.callAllowed(address(_target), abi.encodeCall(_target.touch, ()));
        act(allows);
        vm.prank(RELAY);
        _account.callAllowed(address(_target), abi.encodeCall(_target.touch, ()));
        equal(_target.calls(), 1, "those who stayed allow it anew");
    }

    function test_OneWhoWentMayComeBack() public {
        act(own(abi.encodeCall(_account.addSigner, (Passkey.signer(SECOND)))));
        act(own(abi.encodeCall(_account.removeSigner, (idOf(SECOND)))));
        vm.warp(START + 1 days);
        _account.completeRemoval(idOf(SECOND));
        act(own(abi.encodeCall(_account.addSigner, (Passkey.signer(SECOND)))));
        submit(signed(SECOND, touch()));
        equal(_target.calls(), 1, "calls");
    }

    /* GUARDIAN AND RECOVERY */

    function test_TheFirstGuardianIsNamedAtOnce_AnotherADayLater() public {
        vm.expectEmit(address(_account));
        emit IHomeAccount.GuardianChanged(GUARDIAN);
        act(own(abi.encodeCall(_account.setGuardian, (GUARDIAN))));
        equal(_account.guardian(), GUARDIAN, "at once");

        uint40 from = START + 1 days;
        vm.expectEmit(address(_account));
        emit IHomeAccount.GuardianAnnounced(STRANGER, from);
        act(own(abi.encodeCall(_account.setGuardian, (STRANGER))));
        equal(_account.guardian(), GUARDIAN, "not yet");
        (address next, uint40 when) = _account.nextGuardian();
        equal(next, STRANGER, "next");
        equal(when, from, "from");
        vm.expectRevert(
            abi.encodeWithSelector(
                IHomeAccount.NotAnnounced.selector,
                bytes32(uint256(uint160(STRANGER))),
                from
            )
        );
        _account.completeGuardian();
        vm.warp(from);
        _account.completeGuardian();
        equal(_account.guardian(), STRANGER, "a day later");
        vm.expectRevert(abi.encodeWithSelector(IHomeAccount.NotAnnounced.selector, bytes32(0), 0));
        _account.completeGuardian();
    }

    function test_AChangeOfGuardianIsRefused_AndNobodyMayBeOne() public {
        act(own(abi.encodeCall(_account.setGuardian, (GUARDIAN))));
        act(own(abi.encodeCall(_account.setGuardian, (address(0)))));
        vm.expectEmit(address(_account));
        emit IHomeAccount.GuardianRefused(address(0));
        act(own(abi.encodeCall(_account.keepGuardian, ())));
        refused(
            own(abi.encodeCall(_account.keepGuardian, ())),
            abi.encodeWithSelector(IHomeAccount.NotAnnounced.selector, bytes32(0), 0)
        );
        act(own(abi.encodeCall(_account.setGuardian, (address(0)))));
        vm.warp(START + 1 days - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IHomeAccount.NotAnnounced.selector, bytes32(0), START + 1 days)
        );
        _account.completeGuardian();
        equal(_account.guardian(), GUARDIAN, "not in the day that a device takes to go as well");
        vm.warp(START + 1 days);
        _account.completeGuardian();
        equal(_account.guardian(), address(0), "nobody");
        vm.expectRevert(abi.encodeWithSelector(IHomeAccount.OnlyGuardian.selector, GUARDIAN));
        vm.prank(GUARDIAN);
        _account.proposeRecovery(idOf(SECOND));
        address[2] memory none = [address(_account), address(0)];
        for (uint256 i; i < 2; ++i) {
            refused(
                own(abi.encodeCall(_account.setGuardian, (none[i]))),
                abi.encodeWithSelector(IHomeAccount.InvalidGuardian.selector, none[i])
            );
        }
    }

    function test_TheGuardianBringsAnAccountBack_ThreeDaysLater() public {
        _guarded();
        act(own(abi.encodeCall(_account.addSigner, (abi.encodePacked(vm.addr(WALLET_KEY))))));
        act(
            own(
                abi.encodeCall(
                    _account.allowCall,
                    (RELAY, address(_target), _target.touch.selector, 2 ** 40 - 1)
                )
            )
        );
        uint40 from = START + _account.RECOVERY_DELAY();
        vm.expectEmit(address(_account));
        emit IHomeAccount.RecoveryProposed(idOf(SECOND), from);
        _propose(SECOND);
        (bytes32 signerId, uint40 when) = _account.recovery();
        check(signerId == idOf(SECOND) && when == from, "proposed");

        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(IHomeAccount.NotAnnounced.selector, idOf(SECOND), from));
        _account.recover(Passkey.signer(SECOND));
        vm.warp(from);
        vm.expectRevert(abi.encodeWithSelector(IHomeAccount.NotAnnounced.selector, idOf(FIRST), 0));
        _account.recover(Passkey.signer(FIRST));
        vm.expectEmit(address(_account));
        emit IHomeAccount.Recovered(idOf(SECOND), 1);
        vm.prank(STRANGER);
        _account.recover(Passkey.signer(SECOND));

        equal(_account.signerCount(), 1, "one signer");
        equal(_account.epoch(), 1, "epoch");
        check(!_account.isSigner(idOf(FIRST)), "not the first");
        check(!_account.isSigner(keccak256(abi.encodePacked(vm.addr(WALLET_KEY)))), "nor the wallet");
        refused(touch(), abi.encodeWithSelector(SignedExecution.InvalidSignature.selector));
        vm.expectRevert(_notAllowed(RELAY, _target.touch.selector));
        vm.prank(RELAY);
        _account.callAllowed(address(_target), abi.encodeCall(_target.touch, ()));
        submit(signed(SECOND, touch()));
        equal(_target.calls(), 1, "the new one acts");
        equal(_account.guardian(), GUARDIAN, "still guarded");
        vm.expectRevert(abi.encodeWithSelector(IHomeAccount.NotAnnounced.selector, idOf(SECOND), 0));
        _account.recover(Passkey.signer(SECOND));
    }

    function test_AnySignerRefusesARecovery() public {
        _guarded();
        _propose(SECOND);
        vm.expectEmit(address(_account));
        emit IHomeAccount.RecoveryRefused(idOf(SECOND));
        act(own(abi.encodeCall(_account.refuseRecovery, ())));
        vm.warp(START + 4 days);
        vm.expectRevert(abi.encodeWithSelector(IHomeAccount.NotAnnounced.selector, idOf(SECOND), 0));
        _account.recover(Passkey.signer(SECOND));
        refused(
            own(abi.encodeCall(_account.refuseRecovery, ())),
            abi.encodeWithSelector(IHomeAccount.NotAnnounced.selector, bytes32(0), 0)
        );
    }

    function test_AnotherProposalWaitsAnew_AndAGuardianWhoWentProposesNothing() public {
        _guarded();
        _propose(SECOND);
        act(own(abi.encodeCall(_account.setGuardian, (STRANGER))));
        vm.warp(START + 2 days);
        _propose(SECOND);
        vm.warp(START + 3 days);
        vm.expectRevert(
            abi.encodeWithSelector(IHomeAccount.NotAnnounced.selector, idOf(SECOND), START + 5 days)
        );
        _account.recover(Passkey.signer(SECOND));
        _account.completeGuardian();
        vm.warp(START + 6 days);
        vm.expectRevert(abi.encodeWithSelector(IHomeAccount.NotAnnounced.selector, idOf(SECOND), 0));
        _account.recover(Passkey.signer(SECOND));
    }

    function test_ARecoveryDropsWhatWasAnnounced_AndTheFirstPasskeyMayComeBack() public {
        _guarded();
        act(own(abi.encodeCall(_account.addSigner, (Passkey.signer(SECOND)))));
        act(own(abi.encodeCall(_account.removeSigner, (idOf(SECOND)))));
        act(own(abi.encodeCall(_account.setGuardian, (STRANGER))));
        _propose(SECOND);
        vm.warp(START + 3 days);
        _account.recover(Passkey.signer(SECOND));
        vm.expectRevert(abi.encodeWithSelector(IHomeAccount.NotAnnounced.selector, idOf(SECOND), 0));
        _account.completeRemoval(idOf(SECOND));
        vm.expectRevert(abi.encodeWithSelector(IHomeAccount.NotAnnounced.selector, bytes32(0), 0));
        _account.completeGuardian();
        submit(signed(SECOND, own(abi.encodeCall(_account.addSigner, (Passkey.signer(FIRST))))));
        act(touch());
        equal(_target.calls(), 1, "calls");
    }

    function test_WhatCouldNeverSignIsNoRecovery() public {
        _guarded();
        vm.prank(GUARDIAN);
        _account.proposeRecovery(keccak256("nothing"));
        vm.warp(START + 3 days);
        vm.expectRevert(abi.encodeWithSelector(IHomeAccount.InvalidSigner.selector, bytes("nothing")));
        _account.recover("nothing");
        act(touch());
        equal(_target.calls(), 1, "the household signs as before");
    }

    function test_OnlyTheAccountItselfChangesItself() public {
        bytes[7] memory acts = [
            abi.encodeCall(_account.addSigner, (Passkey.signer(SECOND))),
            abi.encodeCall(_account.removeSigner, (idOf(FIRST))),
            abi.encodeCall(_account.keepSigner, (idOf(FIRST))),
            abi.encodeCall(_account.setGuardian, (STRANGER)),
            abi.encodeCall(_account.keepGuardian, ()),
            abi.encodeCall(_account.refuseRecovery, ()),
            abi.encodeCall(_account.allowCall, (STRANGER, address(_target), bytes4(0), 1))
        ];
        for (uint256 i; i < acts.length; ++i) {
            vm.prank(STRANGER);
            (bool done, bytes memory answer) = address(_account).call(acts[i]);
            check(
                !done &&
                    keccak256(answer) ==
                        keccak256(abi.encodeWithSelector(IHomeAccount.OnlySelf.selector, STRANGER)),
                "only the account"
            );
        }
        vm.expectRevert(abi.encodeWithSelector(IHomeAccount.OnlyGuardian.selector, STRANGER));
        vm.prank(STRANGER);
        _account.proposeRecovery(idOf(SECOND));
    }

    function _guarded() private {
        act(own(abi.encodeCall(_account.setGuardian, (GUARDIAN))));
    }

    function _propose(uint256 privateKey) private {
        vm.prank(GUARDIAN);
        _account.proposeRecovery(idOf(privateKey));
    }

    /* PERMISSIONS */

    function test_WhoIsAllowedCallsOneFunction_ThroughASecond() public {
        uint40 until = START + 100;
        vm.expectEmit(address(_account));
        emit IHomeAccount.CallAllowed(RELAY, address(_target), _target.touch.selector, until);
        act(
            own(abi.encodeCall(_account.allowCall, (RELAY, address(_target), _target.touch.selector, until)))
        );
        equal(_account.allowedUntil(RELAY, address(_target), _target.touch.selector), until, "until");
        bytes memory data = abi.encodeCall(_target.touch, ());
        vm.warp(until);
        vm.prank(RELAY);
        bytes memory answer = _account.callAllowed(address(_target), data);
        equal(abi.decode(answer, (uint256)), 1, "what it returned");
        equal(_target.caller(), address(_account), "in the account's name");

        vm.expectRevert(_notAllowed(STRANGER, _target.touch.selector));
        vm.prank(STRANGER);
        _account.callAllowed(address(_target), data);
        vm.expectRevert(_notAllowed(RELAY, _target.refuse.selector));
        vm.prank(RELAY);
        _account.callAllowed(address(_target), abi.encodeCall(_target.refuse, ()));
        vm.expectRevert(_notAllowed(RELAY, bytes4(bytes3(_target.touch.selector))));
        vm.prank(RELAY);
        _account.callAllowed(address(_target), abi.encodePacked(bytes3(_target.touch.selector)));
        vm.warp(until + 1);
        vm.expectRevert(_notAllowed(RELAY, _target.touch.selector));
        vm.prank(RELAY);
        _account.callAllowed(address(_target), data);
    }

    function test_AnyoneMayBeAllowed_AndThatIsTakenBack() public {
        _allowAnyone(_target.touch.selector, START + 100);
        vm.prank(STRANGER);
        _account.callAllowed(address(_target), abi.encodeCall(_target.touch, ()));
        _allowAnyone(_target.touch.selector, 0);
        vm.expectRevert(_notAllowed(STRANGER, _target.touch.selector));
        vm.prank(STRANGER);
        _account.callAllowed(address(_target), abi.encodeCall(_target.touch, ()));
    }

    function test_WhatFailsFailsAsItsTargetDoes() public {
        _allowAnyone(_target.refuse.selector, START + 100);
        vm.expectRevert(abi.encodeWithSelector(Target.Refused.selector, 0));
        _account.callAllowed(address(_target), abi.encodeCall(_target.refuse, ()));
    }

    function test_NoPermissionReachesTheAccountItself() public {
        refused(
            own(
                abi.encodeCall(
                    _account.allowCall,
                    (RELAY, address(_account), _account.setGuardian.selector, START + 100)
                )
            ),
            abi.encodeWithSelector(
                IHomeAccount.NotAllowed.selector,
                RELAY,
                address(_account),
                _account.setGuardian.selector
            )
        );
    }

    function test_AnAllowedTargetThatCallsBackGetsNoFurther() public {
        _allowAnyone(_target.touch.selector, START + 100);
        _target.tell(address(_account), abi.encodeCall(_account.setGuardian, (STRANGER)));
        vm.expectRevert(abi.encodeWithSelector(IHomeAccount.OnlySelf.selector, address(_target)));
        _account.callAllowed(address(_target), abi.encodeCall(_target.touch, ()));
        _target.tell(
            address(_account),
            abi.encodeCall(_account.callAllowed, (address(_target), abi.encodeCall(_target.refuse, ())))
        );
        vm.expectRevert(_notAllowed(address(_target), _target.refuse.selector));
        _account.callAllowed(address(_target), abi.encodeCall(_target.touch, ()));
        bytes memory data = signed(FIRST, touch());
        _target.tell(address(_account), abi.encodeCall(_account.execute, (SIGNED, data)));
        vm.expectRevert(
            abi.encodeWithSelector(
                Nonces.InvalidAccountNonce.selector,
                address(_account),
                (uint256(FIRST) << 64) + 2
            )
        );
        submit(data);
    }

    function _allowAnyone(bytes4 selector, uint40 until) private {
        act(own(abi.encodeCall(_account.allowCall, (address(0), address(_target), selector, until))));
    }

    function _notAllowed(address executor, bytes4 selector) private view returns (bytes memory) {
        return abi.encodeWithSelector(IHomeAccount.NotAllowed.selector, executor, address(_target), selector);
    }

    /* SIGNING IN (ERC-1271, ERC-7739) */

    function test_ItSignsForTheAccountAndSaysThatItDoes() public view {
        check(
            _account.isValidSignature(
                0x7739773977397739773977397739773977397739773977397739773977397739,
                ""
            ) == bytes4(0x77390001),
            "nested typed data"
        );
        bytes32 message = keccak256("hello");
        bytes32 nested = keccak256(
            abi.encodePacked(
                hex"1901",
                _separator(block.chainid),
                keccak256(abi.encode(keccak256("PersonalSign(bytes prefixed)"), message))
            )
        );
        bytes memory signature = Passkey.signature(FIRST, Passkey.assertion(FIRST, nested));
        check(_account.isValidSignature(message, signature) == bytes4(0x1626ba7e), "valid");
        check(_account.isValidSignature(keccak256("other"), signature) == bytes4(0xffffffff), "no other");
        bytes memory bare = Passkey.signature(FIRST, Passkey.assertion(FIRST, message));
        check(
            _account.isValidSignature(message, bare) == bytes4(0xffffffff),
            "not what another account with this passkey could have signed"
        );
    }

    function _separator(uint256 chainId) private view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256(
                        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                    ),
                    keccak256("EnerLink"),
                    keccak256("1"),
                    chainId,
                    address(_account)
                )
            );
    }
}
