// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {SignedExecution} from "./SignedExecution.sol";

/// @title Makes households' accounts, at addresses that follow from their first passkey
/// @notice Who makes an account is nothing to it: its address and its signer follow from the key alone.
contract HomeAccountFactory {
    /// @notice The code that all accounts share.
    address public immutable implementation;

    event AccountCreated(address indexed account, bytes32 indexed signerId, bytes32 x, bytes32 y);

    /// @notice No point of P-256.
    error InvalidPasskey(bytes32 x, bytes32 y);

    constructor(address implementation_) {
        implementation = implementation_;
    }

    /// @notice Create a passkey's account where it is not there yet, and run its first signed calls. Anyone.
    /// @dev Reverts with `InvalidPasskey`, or as `HomeAccount.execute` does.
    /// @param x The passkey's public key on P-256
    /// @param y The passkey's public key on P-256
    function createAndExecute(bytes32 x, bytes32 y, bytes32 mode, bytes calldata executionData) external {
        SignedExecution(payable(create(x, y))).execute(mode, executionData);
    }

    /// @notice Create a passkey's account where it is not there yet. Anyone.
    /// @dev Reverts with `InvalidPasskey`.
    function create(bytes32 x, bytes32 y) public returns (address account) {
        account = accountOf(x, y);
        if (account.code.length != 0) return account;
        if (!P256.isValidPublicKey(x, y)) revert InvalidPasskey(x, y);
        bytes memory signer = abi.encode(x, y);
        Clones.cloneDeterministicWithImmutableArgs(implementation, signer, bytes32(0));

        emit AccountCreated(account, keccak256(signer), x, y);
    }

    /// @notice A passkey's account, whether it is there yet or not.
    function accountOf(bytes32 x, bytes32 y) public view returns (address) {
        return
            Clones.predictDeterministicAddressWithImmutableArgs(implementation, abi.encode(x, y), bytes32(0));
    }
}
