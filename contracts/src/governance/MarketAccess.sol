// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

/// @title Who may change which setting
/// @notice One manager for every contract. Roles change settings and pause; no function that they may call moves
///         anybody's tokens or balances at will. What they let in does: a reporter has energy minted and burned by what
///         it reports, an issuer mints IDRS; the end of an epoch or of a membership
///         converts what was counted. `contracts/SECURITY.md` says what each role can still do.
///
/// | role              | delay | contract            | functions                                                 |
/// |-------------------|-------|---------------------|-----------------------------------------------------------|
/// | `REGISTRAR`       | 0 h   | `meterRegistry`     | `register`, `suspend`, `resume`, `remove`, `setRating`    |
/// | `REGISTRAR`       | 0 h   | `meterRegistry`     | `setCapacity`, `setCredit`, `setTrust`, `setCell`         |
/// | `REGISTRAR`       | 0 h   | `meterRegistry`     | `proposeKey`, `transferMeter`                             |
/// | `REGISTRAR`       | 0 h   | `energyConverter`   | `proposeEpoch`, `withdrawEpochProposal`, `declareEpoch`   |
/// | `REGISTRAR`       | 0 h   | `energyConverter`   | `proposeCorrection`, `withdrawCorrection`                 |
/// | `REGISTRAR`       | 0 h   | `slotPool`          | `admit`, `quit`                                           |
/// | `IDRS_ISSUER`     | 0 h   | `rupiahToken`       | `deposit`, `payWithdrawal`                                |
/// | `IDRS_ISSUER`     | 0 h   | `rupiahDesk`        | `postRate`, `withdrawRate`                                |
/// | `MARKET_OPERATOR` | 48 h  | `meterRegistry`     | `setRatingCap`, `setActivationDelay`                      |
/// | `MARKET_OPERATOR` | 48 h  | `meterRegistry`     | `setUnsignedSettlement`                                   |
/// | `MARKET_OPERATOR` | 48 h  | `energyConverter`   | `setReporter`                                             |
/// | `MARKET_OPERATOR` | 48 h  | `oracleCommittee`   | `setCommittee`                                            |
/// | `MARKET_OPERATOR` | 48 h  | `functionsReporter` | `configure`                                               |
/// | `MARKET_OPERATOR` | 48 h  | `energyMarket`      | `setMinimumPrice`                                         |
/// | `MARKET_OPERATOR` | 48 h  | `slotPool`          | `createCommunity`, `setFee`, `setSlotLength`              |
/// | `GUARDIAN`        | 0 h   | `energyConverter`   | `pauseReporter`                                           |
/// | `GUARDIAN`        | 0 h   | `energyMarket`      | `setPaused`                                               |
/// | `GUARDIAN`        | 0 h   | `rupiahDesk`        | `setPaused`                                               |
/// | `EQUIVOCATION`    | 0 h   | `meterRegistry`     | `recordEquivocation`                                      |
/// | `ADMIN` (0)       | 120 h | all                 | grant roles, bind functions to roles, everything else     |
///
/// The delay is that of a public network, between announcing a call here and making it; on a local chain nobody waits.
/// Another rating and a larger capacity wait for the registry's activation delay (24 h) instead, and an epoch that the
/// owner neither accepts nor refuses for seven days. An issuer acts at once, and mints each bank transfer once;
/// `RupiahDesk` holds the issuer's role too, and mints up to the caps that an issuer posts.
/// Until an announced call is made the guardian may cancel it; the admin's own only the admin.
/// `EQUIVOCATION` is held by the contract `EquivocationProof` alone, which anybody may call.
contract MarketAccess is AccessManager {
    uint64 public constant REGISTRAR = 1;
    uint64 public constant IDRS_ISSUER = 2;
    uint64 public constant MARKET_OPERATOR = 3;
    uint64 public constant GUARDIAN = 4;
    uint64 public constant EQUIVOCATION = 5;

    constructor(address initialAdmin) AccessManager(initialAdmin) {}
}
