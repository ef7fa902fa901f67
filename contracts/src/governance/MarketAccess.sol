// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

/// @title Who may change which setting
/// @notice One manager for every contract. It can change settings and pause; it can move nobody's tokens or balances.
///
/// | role              | may                                                                            |
/// |-------------------|--------------------------------------------------------------------------------|
/// | ADMIN (0)         | grant roles, bind functions to roles                                           |
/// | REGISTRAR         | register, rate, suspend and resume meters, announce epochs, propose keys       |
/// | IDRS_ISSUER       | mint IDRS for rupiah received, pay withdrawals                                 |
/// | MARKET_OPERATOR   | committee, reporters, rating caps, activation delay, the board's minimum price |
/// | GUARDIAN          | pause and resume placing, offering, requesting, accepting and settling         |
///
/// Each holder of a role has an execution delay, zero on a local chain: on a public one what changes money is announced
/// before it takes effect. A guardian has none.
contract MarketAccess is AccessManager {
    uint64 public constant REGISTRAR = 1;
    uint64 public constant IDRS_ISSUER = 2;
    uint64 public constant MARKET_OPERATOR = 3;
    uint64 public constant GUARDIAN = 4;

    constructor(address initialAdmin) AccessManager(initialAdmin) {}
}
