// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {WebAuthn} from "@openzeppelin/contracts/utils/cryptography/WebAuthn.sol";
import {IHomeAccount} from "./IHomeAccount.sol";
import {SignedExecution} from "./SignedExecution.sol";

/// @title A household's account: its passkeys sign, anyone submits
/// @notice The first passkey is part of the account's code, and so of its address. It names no chain and no market, so
///         that it has one address everywhere and outlives a market.
/// @dev A signature is the signer's length (one byte), the signer, and its proof.
///
/// | slot | variable                          | bits, lowest first                 |
/// |------|-----------------------------------|------------------------------------|
/// | 4    | `_changed[epoch][signerId]`       | 8; not as the account was created  |
/// | 5    | `_removableFrom[epoch][signerId]` | 40                                 |
/// | 6    | `_allowedUntil[permission]`       | 40                                 |
/// | 7    | `guardian`                        | 160                                |
/// | 7    | `epoch`                           | 32                                 |
/// | 7    | `_others`                         | 16                                 |
/// | 7    | `_removals`                       | 32                                 |
/// | 8    | `recovery`                        | subject 256                        |
/// | 8    | `recovery` + 1                    | from 40                            |
/// | 10   | `_nextGuardian`                   | subject 256                        |
/// | 10   | `_nextGuardian` + 1               | from 40                            |
contract HomeAccount is IHomeAccount, SignedExecution, ERC1155Holder {
    /// @inheritdoc IHomeAccount
    uint40 public constant CHANGE_DELAY = 1 days;
    /// @inheritdoc IHomeAccount
    uint40 public constant RECOVERY_DELAY = 3 days;
    uint256 private constant PASSKEY = 64;
    uint256 private constant ADDRESS = 20;

    mapping(uint32 epoch => mapping(bytes32 signerId => bool)) private _changed;
    mapping(uint32 epoch => mapping(bytes32 signerId => uint40)) private _removableFrom;
    mapping(bytes32 permission => uint40) private _allowedUntil;
    /// @inheritdoc IHomeAccount
    address public guardian;
    /// @inheritdoc IHomeAccount
    uint32 public epoch;
    /// @dev Signers but one.
    uint16 private _others;
    /// @dev Signers removed so far: a permission is of those who could sign when it was granted.
    uint32 private _removals;
    /// @inheritdoc IHomeAccount
    Announcement public recovery;
    Announcement private _nextGuardian;

    modifier onlySelf() {
        if (msg.sender != address(this)) revert OnlySelf(msg.sender);
        _;
    }

    constructor() EIP712("EnerLink", "1") {}

    /* SIGNERS */

    /// @inheritdoc IHomeAccount
    function addSigner(bytes calldata signer) external onlySelf {
        _add(signer);
        ++_others;
    }

    /// @inheritdoc IHomeAccount
    function removeSigner(bytes32 signerId) external onlySelf {
        _checkRemovable(signerId);
        uint40 from = uint40(block.timestamp) + CHANGE_DELAY;
        _removableFrom[epoch][signerId] = from;

        emit RemovalAnnounced(signerId, from);
    }

    /// @inheritdoc IHomeAccount
    function keepSigner(bytes32 signerId) external onlySelf {
        if (_removableFrom[epoch][signerId] == 0) revert NotAnnounced(signerId, 0);
        delete _removableFrom[epoch][signerId];

        emit RemovalRefused(signerId);
    }

    /// @inheritdoc IHomeAccount
    function completeRemoval(bytes32 signerId) external {
        _checkDue(signerId, _removableFrom[epoch][signerId]);
        _checkRemovable(signerId);
        delete _removableFrom[epoch][signerId];
        --_others;
        ++_removals;
        _changed[epoch][signerId] = !_changed[epoch][signerId];

        emit SignerRemoved(signerId);
    }

    /* GUARDIAN */

    /// @inheritdoc IHomeAccount
    function setGuardian(address guardian_) external onlySelf {
        if (guardian_ == address(this) || guardian_ == guardian) revert InvalidGuardian(guardian_);
        if (guardian == address(0)) return _changeGuardian(guardian_);
        uint40 from = uint40(block.timestamp) + CHANGE_DELAY;
        _nextGuardian = Announcement(bytes32(uint256(uint160(guardian_))), from);

        emit GuardianAnnounced(guardian_, from);
    }

    /// @inheritdoc IHomeAccount
    function keepGuardian() external onlySelf {
        (address next, uint40 from) = nextGuardian();
        if (from == 0) revert NotAnnounced(0, 0);
        delete _nextGuardian;

        emit GuardianRefused(next);
    }

    /// @inheritdoc IHomeAccount
    function completeGuardian() external {
        (address next, uint40 from) = nextGuardian();
        _checkDue(_nextGuardian.subject, from);
        delete _nextGuardian;
        delete recovery;
        _changeGuardian(next);
    }

    /* RECOVERY */

    /// @inheritdoc IHomeAccount
    function proposeRecovery(bytes32 signerId) external {
        if (msg.sender != guardian) revert OnlyGuardian(msg.sender);
        uint40 from = uint40(block.timestamp) + RECOVERY_DELAY;
        recovery = Announcement(signerId, from);

        emit RecoveryProposed(signerId, from);
    }

    /// @inheritdoc IHomeAccount
    function refuseRecovery() external onlySelf {
        bytes32 signerId = recovery.subject;
        if (recovery.from == 0) revert NotAnnounced(signerId, 0);
        delete recovery;

        emit RecoveryRefused(signerId);
    }

    /// @inheritdoc IHomeAccount
    function recover(bytes calldata signer) external {
        bytes32 signerId = keccak256(signer);
        _checkDue(signerId, signerId == recovery.subject ? recovery.from : 0);
        delete recovery;
        delete _nextGuardian;
        _others = 0;
        uint32 next = ++epoch;
        _add(signer);

        emit Recovered(signerId, next);
    }

    /* PERMISSIONS */

    /// @inheritdoc IHomeAccount
    function allowCall(address executor, address target, bytes4 selector, uint40 until) external onlySelf {
        if (target == address(this)) revert NotAllowed(executor, target, selector);
        _allowedUntil[_permission(executor, target, selector)] = until;

        emit CallAllowed(executor, target, selector, until);
    }

    /// @inheritdoc IHomeAccount
    function callAllowed(address target, bytes calldata data) external returns (bytes memory) {
        bytes4 selector = bytes4(data);
        if (
            data.length < 4 ||
            (block.timestamp > allowedUntil(msg.sender, target, selector) &&
                block.timestamp > allowedUntil(address(0), target, selector))
        ) revert NotAllowed(msg.sender, target, selector);

        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory result) = target.call(data);
        if (!success) LowLevelCall.bubbleRevert(result);
        return result;
    }

    /* VIEWS */

    /// @inheritdoc IHomeAccount
    function firstSigner() public view returns (bytes memory signer) {
        return Clones.fetchCloneArgs(address(this));
    }

    /// @inheritdoc IHomeAccount
    function isSigner(bytes32 signerId) public view returns (bool) {
        uint32 current = epoch;
        bool first = current == 0 && signerId == keccak256(firstSigner());
        return first != _changed[current][signerId];
    }

    /// @inheritdoc IHomeAccount
    function signerCount() external view returns (uint256) {
        return uint256(_others) + 1;
    }

    /// @inheritdoc IHomeAccount
    function removableFrom(bytes32 signerId) external view returns (uint40) {
        return _removableFrom[epoch][signerId];
    }

    /// @inheritdoc IHomeAccount
    function nextGuardian() public view returns (address guardian_, uint40 from) {
        return (address(uint160(uint256(_nextGuardian.subject))), _nextGuardian.from);
    }

    /// @inheritdoc IHomeAccount
    function allowedUntil(address executor, address target, bytes4 selector) public view returns (uint40) {
        return _allowedUntil[_permission(executor, target, selector)];
    }

    /* INTERNAL */

    function _rawSignatureValidation(
        bytes32 hash,
        bytes calldata signature
    ) internal view virtual override returns (bool) {
        if (signature.length == 0) return false;
        uint256 end = 1 + uint256(uint8(signature[0]));
        if (signature.length < end) return false;
        bytes calldata signer = signature[1:end];
        bytes calldata proof = signature[end:];
        if (!isSigner(keccak256(signer))) return false;

        if (signer.length != PASSKEY) return SignatureChecker.isValidSignatureNow(signer, hash, proof);
        (bool decoded, WebAuthn.WebAuthnAuth calldata auth) = WebAuthn.tryDecodeAuth(proof);
        return
            decoded &&
            WebAuthn.verify(abi.encodePacked(hash), auth, bytes32(signer[:32]), bytes32(signer[32:]));
    }

    function _add(bytes calldata signer) private {
        if (!_canSign(signer)) revert InvalidSigner(signer);
        bytes32 signerId = keccak256(signer);
        if (isSigner(signerId)) revert SignerExists(signerId);
        _changed[epoch][signerId] = !_changed[epoch][signerId];

        emit SignerAdded(signerId, signer);
    }

    /// @dev Whoever is added may be the last one some day: what can never sign would lock the account.
    function _canSign(bytes calldata signer) private view returns (bool) {
        if (signer.length == PASSKEY)
            return P256.isValidPublicKey(bytes32(signer[:32]), bytes32(signer[32:]));
        if (signer.length < ADDRESS || signer.length > type(uint8).max) return false;
        address verifier = address(bytes20(signer[:ADDRESS]));
        if (signer.length > ADDRESS) return verifier.code.length != 0;
        return verifier != address(0) && verifier != address(this);
    }

    function _checkRemovable(bytes32 signerId) private view {
        if (!isSigner(signerId)) revert UnknownSigner(signerId);
        if (_others == 0) revert LastSigner(signerId);
    }

    function _checkDue(bytes32 subject, uint40 from) private view {
        if (from == 0 || block.timestamp < from) revert NotAnnounced(subject, from);
    }

    function _changeGuardian(address guardian_) private {
        guardian = guardian_;

        emit GuardianChanged(guardian_);
    }

    function _permission(address executor, address target, bytes4 selector) private view returns (bytes32) {
        return keccak256(abi.encode(epoch, _removals, executor, target, selector));
    }
}
