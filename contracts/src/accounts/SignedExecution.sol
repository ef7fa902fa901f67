// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC7821} from "@openzeppelin/contracts/account/extensions/draft-ERC7821.sol";
import {ERC7579Utils, Execution} from "@openzeppelin/contracts/account/utils/draft-ERC7579Utils.sol";
import {NoncesKeyed} from "@openzeppelin/contracts/utils/NoncesKeyed.sol";
import {ERC7739} from "@openzeppelin/contracts/utils/cryptography/signers/draft-ERC7739.sol";

/// @title Calls that an account's signer signed and anyone may submit
/// @notice ERC-7821 with `opData` = nonce 256 | deadline 48 | signature, packed. All calls succeed, or nothing
///         happened: a failed attempt uses no nonce up.
abstract contract SignedExecution is ERC7821, ERC7739, NoncesKeyed {
    /// @notice The mode of ERC-7821 for a batch with `opData`.
    bytes32 public constant SIGNED_BATCH = bytes32(bytes10(0x01000000000078210001));
    // solhint-disable gas-small-strings
    bytes32 private constant CALL = keccak256("Call(address to,uint256 value,bytes data)");
    bytes32 private constant EXECUTE = keccak256(
        "Execute(Call[] calls,uint256 nonce,uint48 deadline)Call(address to,uint256 value,bytes data)"
    );
    // solhint-enable gas-small-strings
    /// @dev Nonce and deadline.
    uint256 private constant HEAD = 38;

    event Executed(uint256 indexed nonce, address indexed submitter);

    error InvalidSignature();
    error DeadlinePassed(uint48 deadline);

    receive() external payable virtual {}

    /// @notice Run calls: signed ones for anyone, others for the account itself.
    /// @dev Reverts with `DeadlinePassed`, `InvalidAccountNonce`, `InvalidSignature`, `AccountUnauthorized`,
    ///      `UnsupportedExecutionMode`, or as the first call that fails.
    /// @param mode `SIGNED_BATCH`, or a mode of ERC-7821 without `opData`
    /// @param executionData abi.encode(calls, opData)
    function execute(bytes32 mode, bytes calldata executionData) public payable virtual override {
        bytes calldata signed = _signedPart(mode, executionData);
        if (signed.length == 0) return super.execute(mode, executionData);

        uint256 nonce = uint256(bytes32(signed[:32]));
        uint48 deadline = uint48(bytes6(signed[32:HEAD]));
        if (block.timestamp > deadline) revert DeadlinePassed(deadline);
        _useCheckedNonce(address(this), nonce);
        bytes32 hash = executionHash(ERC7579Utils.decodeBatch(executionData), nonce, deadline);
        if (!_rawSignatureValidation(hash, signed[HEAD:])) revert InvalidSignature();

        emit Executed(nonce, msg.sender);
        ERC7579Utils.execBatch(executionData, ERC7579Utils.EXECTYPE_DEFAULT);
    }

    /// @inheritdoc ERC7821
    function supportsExecutionMode(bytes32 mode) public view virtual override returns (bool) {
        return mode == SIGNED_BATCH || super.supportsExecutionMode(mode);
    }

    /// @notice What a signer signs for `calls` (EIP-712); a call to zero goes to the account itself.
    /// @param nonce `nonces(address(this), key)`: 192 bits of the key, 64 of its count
    /// @param deadline Last second at which the calls may run
    function executionHash(
        Execution[] calldata calls,
        uint256 nonce,
        uint48 deadline
    ) public view returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](calls.length);
        for (uint256 i; i < calls.length; ++i) {
            hashes[i] = keccak256(
                abi.encode(CALL, calls[i].target, calls[i].value, keccak256(calls[i].callData))
            );
        }
        return
            _hashTypedDataV4(
                keccak256(abi.encode(EXECUTE, keccak256(abi.encodePacked(hashes)), nonce, deadline))
            );
    }

    /// @dev The second of the two that `executionData` holds; nothing in a mode that has none.
    function _signedPart(
        bytes32 mode,
        bytes calldata executionData
    ) private pure returns (bytes calldata signed) {
        if (mode != SIGNED_BATCH) return executionData[:0];
        uint256 offset = uint256(bytes32(executionData[32:64]));
        uint256 start = offset + 32;
        return executionData[start:start + uint256(bytes32(executionData[offset:start]))];
    }
}
