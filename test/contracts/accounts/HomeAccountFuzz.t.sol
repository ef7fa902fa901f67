// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccountFixture} from "./AccountFixture.sol";
import {Passkey} from "./Passkey.sol";

/// @notice What must hold after anything that signers, the guardian and strangers do, compared with a plain model.
contract HomeAccountFuzzTest is AccountFixture {
    uint256 private constant SIGNERS = 3;
    uint256 private constant STEPS = 60;

    struct Model {
        bool[SIGNERS] signs;
        uint40[SIGNERS] goes;
        address guardian;
        address next;
        uint40 nextFrom;
        uint256 proposed;
        uint40 recoverFrom;
        uint32 epoch;
    }

    Model private _model;
    uint256 private _seed;

    /// @dev Signers 0 and 1 are passkeys, 2 is a wallet, which only the model's own account acts for.
    function _signer(uint256 index) private pure returns (bytes memory) {
        return index < 2 ? Passkey.signer(index + 1) : abi.encodePacked(address(0xA11CE));
    }

    function _id(uint256 index) private pure returns (bytes32) {
        return keccak256(_signer(index));
    }

    function _random(uint256 below) private returns (uint256) {
        _seed = uint256(keccak256(abi.encode(_seed)));
        return _seed % below;
    }

    function testFuzz_SignersGuardianAndRecoveryAreTheModels(uint256 seed) public {
        _seed = seed;
        _model.signs[0] = true;
        _model.proposed = SIGNERS;
        for (uint256 step; step < STEPS; ++step) {
            vm.warp(time() + _random(18 hours));
            _step(_random(10), _random(SIGNERS));
            _compare();
        }
    }

    function _step(uint256 what, uint256 who) private {
        bool due;
        if (what == 0) {
            due = !_model.signs[who];
            _asItself(abi.encodeCall(_account.addSigner, (_signer(who))), due);
            if (due) _model.signs[who] = true;
        } else if (what == 1) {
            due = _model.signs[who] && _count() > 1;
            _asItself(abi.encodeCall(_account.removeSigner, (_id(who))), due);
            if (due) _model.goes[who] = time() + 1 days;
        } else if (what == 2) {
            due = _model.goes[who] != 0;
            _asItself(abi.encodeCall(_account.keepSigner, (_id(who))), due);
            _model.goes[who] = 0;
        } else if (what == 3) {
            uint40 goes = _model.goes[who];
            due = goes != 0 && time() >= goes && _model.signs[who] && _count() > 1;
            _asStranger(abi.encodeCall(_account.completeRemoval, (_id(who))), due);
            if (due) (_model.signs[who], _model.goes[who]) = (false, 0);
        } else if (what < 7) {
            _guard(what, who);
        } else {
            _recover(what, who);
        }
    }

    function _guard(uint256 what, uint256 who) private {
        bool due;
        address guardian =
            who == 0
                ? address(0)
                : who == 1
                    ? GUARDIAN
                    : STRANGER;
        if (what == 4) {
            due = guardian != _model.guardian;
            _asItself(abi.encodeCall(_account.setGuardian, (guardian)), due);
            if (!due) return;
            if (_model.guardian == address(0)) _model.guardian = guardian;
            else (_model.next, _model.nextFrom) = (guardian, time() + 1 days);
        } else if (what == 5) {
            due = _model.nextFrom != 0;
            _asItself(abi.encodeCall(_account.keepGuardian, ()), due);
            _model.nextFrom = 0;
        } else {
            due = _model.nextFrom != 0 && time() >= _model.nextFrom;
            _asStranger(abi.encodeCall(_account.completeGuardian, ()), due);
            if (!due) return;
            (_model.guardian, _model.nextFrom, _model.recoverFrom) = (_model.next, 0, 0);
        }
    }

    function _recover(uint256 what, uint256 who) private {
        bool due;
        if (what == 7) {
            due = _model.guardian == GUARDIAN;
            _call(GUARDIAN, abi.encodeCall(_account.proposeRecovery, (_id(who))), due);
            if (due) (_model.proposed, _model.recoverFrom) = (who, time() + 3 days);
        } else if (what == 8) {
            due = _model.recoverFrom != 0;
            _asItself(abi.encodeCall(_account.refuseRecovery, ()), due);
            _model.recoverFrom = 0;
        } else {
            due = _model.recoverFrom != 0 && time() >= _model.recoverFrom && _model.proposed == who;
            _asStranger(abi.encodeCall(_account.recover, (_signer(who))), due);
            if (!due) return;
            for (uint256 i; i < SIGNERS; ++i) (_model.signs[i], _model.goes[i]) = (i == who, 0);
            (_model.recoverFrom, _model.nextFrom) = (0, 0);
            ++_model.epoch;
        }
    }

    function _count() private view returns (uint256 count) {
        for (uint256 i; i < SIGNERS; ++i) if (_model.signs[i]) ++count;
    }

    function _asItself(bytes memory data, bool due) private {
        _call(address(_account), data, due);
    }

    function _asStranger(bytes memory data, bool due) private {
        _call(STRANGER, data, due);
    }

    function _call(address caller, bytes memory data, bool due) private {
        vm.prank(caller);
        (bool done, ) = address(_account).call(data);
        check(done == due, due ? "was to happen" : "was to be refused");
    }

    function _compare() private view {
        for (uint256 i; i < SIGNERS; ++i) {
            check(_account.isSigner(_id(i)) == _model.signs[i], "who signs");
            equal(_account.removableFrom(_id(i)), _model.goes[i], "who goes");
        }
        equal(_account.signerCount(), _count(), "signers");
        check(_count() > 0, "somebody always signs");
        equal(_account.guardian(), _model.guardian, "guardian");
        (, uint40 from) = _account.nextGuardian();
        equal(from, _model.nextFrom, "the next guardian");
        (, from) = _account.recovery();
        equal(from, _model.recoverFrom, "recovery");
        equal(_account.epoch(), _model.epoch, "epoch");
    }
}
