// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRupiahToken} from "./IRupiahToken.sol";

/// @title IDRS for nothing, on development chains
/// @notice Holds the issuer's role where no bank exists; the deployment refuses it on every other chain.
///
/// | slot | variable | bits, lowest first |
/// |------|----------|--------------------|
/// | 0    | `draws`  | 256                |
contract Faucet {
    /// @notice The most that one call gives, IDRS base units: 10,000,000 IDRS.
    uint128 public constant MOST = 10_000_000e6;

    IRupiahToken public immutable rupiahToken;
    /// @notice Calls so far; makes each bank reference unique.
    uint256 public draws;

    error DrawOutOfRange(uint128 amount, uint128 most);

    constructor(address rupiahToken_) {
        rupiahToken = IRupiahToken(rupiahToken_);
    }

    /// @notice Give the caller `amount` IDRS base units, 1 to `MOST`.
    function draw(uint128 amount) external {
        if (amount == 0 || amount > MOST) revert DrawOutOfRange(amount, MOST);

        bytes32 bankReference = keccak256(abi.encode(address(this), ++draws));
        rupiahToken.deposit(msg.sender, amount, bankReference);
    }
}
